"""Live views of a run, one a file; they show plots and hold the state that controls change."""

import os
import socket
from pathlib import Path

from anomalylab.errors import ParameterError
from anomalylab.registry import unknown_name
from anomalylab.run_folder import Run

APPS = ("detect",)
HOST = "127.0.0.1"


def _quiet() -> None:
    """Let Bokeh accept plots that are as large as their frame, without a width of their own."""
    from bokeh.core.validation import silence
    from bokeh.core.validation.warnings import FIXED_SIZING_MODE

    silence(FIXED_SIZING_MODE)


def prepare_notebook() -> None:
    """Put the scripts of Panel and HoloViews into the notebook, so that no network is needed."""
    os.environ["PANEL_INLINE"] = "True"
    import panel as pn

    pn.extension(inline=True)
    _quiet()


def serve(app: str, folder: Path, *, port: int = 5006, show: bool = True) -> None:
    """Serve a live view on this machine until it is stopped.

    Parameters
    ----------
    app : {"detect"}
    folder : path
        A run folder; nothing else is read.
    port : int
    show : bool
        Open a browser window.

    Raises
    ------
    UnknownNameError
        If there is no such app.
    RunError
        If the folder holds no finished run.
    ParameterError
        If the port is taken.
    """
    if app not in APPS:
        unknown_name("app", app, APPS)
    run = Run(folder)
    _check_port(port)
    import panel as pn

    from anomalylab.apps.detect import DetectApp

    pn.extension(inline=False)
    _quiet()
    pn.serve(
        {app: lambda: DetectApp(run).page()},
        port=port,
        address=HOST,
        websocket_origin=[f"{HOST}:{port}", f"localhost:{port}"],
        show=show,
        title=f"{run.info['name']} · anomalylab",
    )


def _check_port(port: int) -> None:
    with socket.socket() as trial:
        if os.name != "nt":  # there it would let two servers share a port
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise ParameterError(
                f"cannot serve on port {port} ({error}); choose another with --port"
            ) from error

"""Live views, one a folder; they show plots and hold the state that controls change."""

import os
import socket
from pathlib import Path

from anomalylab.errors import ParameterError

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")


def _quiet() -> None:
    """Let Bokeh accept plots that are as large as their frame, without a width of their own."""
    from bokeh.core.validation import silence
    from bokeh.core.validation.warnings import FIXED_SIZING_MODE

    silence(FIXED_SIZING_MODE)


def prepare_notebook() -> None:
    """Put the scripts of Panel and HoloViews into the notebook, so that no network is needed.

    Each call puts them there, since a page that is opened anew has lost them while its kernel has
    not. Panel leaves them out itself once HoloViews was loaded by hand, perhaps from a network.
    """
    os.environ["PANEL_INLINE"] = "True"
    import holoviews as hv
    import panel as pn
    from panel.io.notebook import load_notebook

    are_left_out = hv.extension._loaded
    pn.extension(inline=True)
    if are_left_out:
        load_notebook(inline=True)
    _quiet()


def serve(
    app: str,
    folder: Path,
    *,
    data: Path | None = None,
    category: str = "",
    port: int = 5006,
    show: bool = True,
) -> None:
    """Serve a live view on this machine until it is stopped.

    Parameters
    ----------
    app : str
        One of :data:`anomalylab.apps.views.VIEWS` in any of its spellings, as ``"detect"``,
        ``"pc-space"`` or ``"twins"``.
    folder : path
        A run folder; for ``"twins"`` a folder of images.
    data : path, optional
        Folder of the images; where they were when the run was made if not given.
    category : str
        For ``"twins"``: product to take, of a folder that holds several.
    port : int
    show : bool
        Open a browser window.

    Raises
    ------
    UnknownNameError
        If there is no such app or product.
    RunError
        If the folder holds no finished run, a damaged one, one of another kind, or one without
        a live view.
    DatasetError
        If images that are needed, or a folder that is named, are not there.
    ParameterError
        If the port is taken, or a folder of images cannot be used.
    """
    from anomalylab.apps.views import view_spelled

    view = view_spelled(app)
    title, page = view.opened(folder, data, category)
    _check_port(port)
    import panel as pn

    from anomalylab.apps.kit.hosts import refuse_other_hosts
    from anomalylab.apps.kit.styles import page_style
    from anomalylab.apps.kit.trouble import guarded, handle

    pn.extension(inline=False, exception_handler=handle, raw_css=[page_style()])
    _quiet()
    server = pn.serve(
        {view.spellings[0]: guarded(page)},
        port=port,
        address=HOST,
        websocket_origin=[f"{name}:{port}" for name in NAMES],
        show=show,
        start=False,
        title=f"{title} · anomalylab",
    )
    refuse_other_hosts(server._tornado, NAMES)
    server.start()
    server.io_loop.start()


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

"""Live views of a run, one a file; they show plots and hold the state that controls change."""

import os
from pathlib import Path

from anomalylab.registry import unknown_name
from anomalylab.run_folder import Run

APPS = ("detect",)


def prepare_notebook() -> None:
    """Put the scripts of Panel and HoloViews into the notebook once, so that no network is needed."""
    os.environ["PANEL_INLINE"] = "True"
    import panel as pn

    pn.extension("tabulator", inline=True)


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
    """
    if app not in APPS:
        unknown_name("app", app, APPS)
    import panel as pn

    from anomalylab.apps.detect import DetectApp

    run = Run(folder)
    pn.extension("tabulator")
    pn.serve(
        {app: lambda: DetectApp(run).page()},
        port=port,
        address="127.0.0.1",
        show=show,
        title=f"anomalylab: {run.info['name']}",
    )

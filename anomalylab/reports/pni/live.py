"""A run that is made in a notebook, the loss of its networks drawn anew after each epoch."""

from pathlib import Path

from anomalylab.recipes.pni.request import PNIRequest
from anomalylab.recipes.pni.run import run as make
from anomalylab.reports.kit.live_curve import drawn_live
from anomalylab.reports.kit.made_here import folder_for
from anomalylab.runs.folder import Run


def made(
    run: str,
    data: str = "",
    *,
    category: str = "",
    group_by: str = "",
    preset: str = "cpu",
    with_refined: bool = True,
    out: str = "",
) -> Run:
    """Open a finished run, or make one here and show the loss of its networks meanwhile.

    Parameters
    ----------
    run : str
        Folder of a finished run; empty to make one.
    data : str
        Folder of images, built-in ones if empty.
    category : str
        Product to take, of images of several; all if empty.
    group_by : str
        Column of a table whose equal values belong together, or ``nothing``; near copies if empty.
    preset : str
        Of the detector ``pni``.
    with_refined : bool
        Whether networks that refine maps are trained, too.
    out : str
        Folder of the run that is made; if empty one below ``reports``, called by images and recipe.
    """
    if run:
        return Run(run)
    request = PNIRequest(
        data=Path(data) if data else None,
        group_by=group_by or None,
        categories=(category,) if category else (),
        preset=preset,
        refine={} if with_refined else None,
    )
    with drawn_live():
        return make(request, Path(out or folder_for(data, category, "pni")))

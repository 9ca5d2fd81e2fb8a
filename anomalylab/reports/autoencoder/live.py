"""A run that is made in a notebook, its loss drawn anew after each epoch."""

from pathlib import Path

from anomalylab.recipes.autoencoder.request import AutoencoderRequest, read_latents, read_options
from anomalylab.recipes.autoencoder.run import run as make
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
    latents: str = "",
    options: str = "",
    out: str = "",
) -> Run:
    """Open a finished run, or make one here and show its loss while it is trained.

    Parameters
    ----------
    run : str
        Folder of a finished run; empty to make one.
    data : str
        Folder of images, built-in ones if empty.
    category : str
        Product to take, of images of several; needed then.
    group_by : str
        Column of a table whose equal values belong together, or ``nothing``; near copies if empty.
    preset : str
        See :class:`anomalylab.recipes.autoencoder.request.AutoencoderRequest`.
    latents : str
        To compare, as ``16,64,256``; none if empty.
    options : str
        Of the detector, as ``epochs=10,loss=ssim``.
    out : str
        Folder of the run that is made; if empty one below ``reports``, called by images and recipe.
    """
    if run:
        return Run(run)
    request = AutoencoderRequest(
        data=Path(data) if data else None,
        group_by=group_by or None,
        category=category or None,
        preset=preset,
        latents=read_latents(latents),
        params=read_options(options),
    )
    with drawn_live():
        return make(request, Path(out or folder_for(data, category, "autoencoder")))

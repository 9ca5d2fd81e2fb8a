"""A run that is made in a notebook, its loss drawn anew after each epoch."""

from pathlib import Path

from anomalylab import datasets
from anomalylab.recipes.metric_learning.request import MetricLearningRequest, read_losses
from anomalylab.recipes.metric_learning.run import run as make
from anomalylab.reports.kit.live_curve import drawn_live
from anomalylab.reports.kit.made_here import folder_for
from anomalylab.runs.folder import Run
from anomalylab.runs.replaced import BUILT_IN_LOADER


def made(
    run: str,
    data: str = "",
    *,
    category: str = "",
    group_by: str = "",
    experiment: str = "twins",
    loss: str = "arcface",
    preset: str = "cpu",
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
        Product to take, of images of several; all if empty.
    group_by : str
        Column of a table whose equal values belong together, or ``nothing``; near copies if empty.
    experiment, preset : str
        See :class:`anomalylab.recipes.metric_learning.request.MetricLearningRequest`.
    loss : str
        ``all``, or names as ``arcface,cosface``.
    out : str
        Folder of the run that is made; if empty one below ``reports``, called by images and recipe.
    """
    if run:
        return Run(run)
    request = MetricLearningRequest(
        data=Path(data) if data else None,
        group_by=group_by or None,
        categories=(category,) if category else (),
        losses=read_losses(loss),
        experiment=experiment,
        preset=preset,
    )
    with drawn_live():
        return make(request, Path(out or folder_for(data, category, "metric-learning")))


def images_of(run: Run, data: str = "", category: str = "") -> tuple[Path, str]:
    """Return where images of a run lie, and which product of them to look at, empty for the only.

    Parameters
    ----------
    run : Run
    data : str
        Where they lie; where they were when the run was made if empty.
    category : str
        The first one of the run if empty.
    """
    told, products = run.info.dataset, run.samples["category"].unique()
    several = category or (str(products[0]) if len(products) > 1 else "")
    if data or told.path:
        return Path(data or run.folder / str(told.path)), several
    of_one = {"category": category or str(products[0])} if told.loader == BUILT_IN_LOADER else {}
    samples = datasets.load(told.loader, None, **{**told.params, **of_one})
    return Path(samples.attrs["root"]), category or str(products[0])

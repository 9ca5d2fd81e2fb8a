"""A run that is made in a notebook, its loss drawn anew after each epoch."""

from pathlib import Path

from anomalylab.recipes.metric_learning.request import MetricLearningRequest, read_losses
from anomalylab.recipes.metric_learning.run import run as make
from anomalylab.reports.kit.live_curve import drawn_live
from anomalylab.runs.folder import Run


def made(
    run: str,
    data: str = "",
    *,
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
    experiment, preset : str
        See :class:`anomalylab.recipes.metric_learning.request.MetricLearningRequest`.
    loss : str
        ``all``, or names as ``arcface,cosface``.
    out : str
        Folder of the run that is made; ``reports/`` and the name of the images if empty.
    """
    if run:
        return Run(run)
    folder = Path(data) if data else None
    request = MetricLearningRequest(
        data=folder, losses=read_losses(loss), experiment=experiment, preset=preset
    )
    name = folder.resolve().name if folder else "metric-learning"
    with drawn_live():
        return make(request, Path(out) if out else Path("reports", name))

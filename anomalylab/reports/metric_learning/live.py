"""A run that is made in a notebook, its loss drawn anew after each epoch."""

from pathlib import Path
from typing import Any

import pandas as pd
from IPython.display import display
from markupsafe import Markup

from anomalylab.recipes.metric_learning.request import MetricLearningRequest, read_losses
from anomalylab.recipes.metric_learning.run import run as make
from anomalylab.reports.kit.fragment import Fragment
from anomalylab.reports.kit.loss_drawing import curve_words, loss_drawing
from anomalylab.runs.folder import Run
from anomalylab.training import watching

STYLES = ("parts/training.css",)

FIGURE = Markup(
    '<figure class="al-chart al-live-curve">{}<figcaption class="al-note">Training: {}. Solid: '
    "learnt from; dashed: held out.</figcaption></figure>"
)


class LiveCurve:
    """Draws the loss of the training that is under way, in the cell that started it.

    Interrupt the kernel to stop: what was trained is kept, and goes on when the cell is run again.

    Attributes
    ----------
    n_told : int
        Epochs that were drawn, of all trainings.
    """

    def __init__(self) -> None:
        self.n_told = 0
        self._place: Any = None

    def told(self, history: pd.DataFrame) -> None:
        """Draw the loss as far as it is known."""
        self.n_told += 1
        drawing = loss_drawing(history, "var(--ink)", None, "training")
        shown = Fragment(FIGURE.format(drawing, curve_words(history)), (), STYLES)
        if self._place is None:
            self._place = display(shown, display_id=True)
        else:
            self._place.update(shown)

    def wants_to_stop(self) -> bool:
        """Never stop: whoever looks on interrupts the kernel."""
        return False


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
    with watching(LiveCurve()):
        return make(request, Path(out) if out else Path("reports", name))

"""The loss of a training that is under way, drawn anew after each epoch in a cell of a notebook."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd
from IPython.display import display
from markupsafe import Markup

from anomalylab.errors import TrainingStopped
from anomalylab.progress import screen
from anomalylab.reports.kit.fragment import Fragment
from anomalylab.reports.kit.loss_drawing import curve_words, loss_drawing
from anomalylab.training import watching

STYLES = ("parts/training.css",)

FIGURE = Markup(
    '<figure class="al-chart al-live-curve">{}<figcaption class="al-note">{}: {}. Solid: learnt '
    "from; dashed: held out.</figcaption></figure>"
)


class LiveCurve:
    """Draws the loss of the training that is under way, in the cell that started it.

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
        shown = Fragment(FIGURE.format(drawing, _name(), curve_words(history)), (), STYLES)
        if self._place is None:
            self._place = display(shown, display_id=True)
        else:
            self._place.update(shown)

    def wants_to_stop(self) -> bool:
        """Never stop: whoever looks on interrupts the kernel."""
        return False


@contextmanager
def drawn_live() -> Iterator[None]:
    """Draw the loss of whatever is trained inside; say how it goes on if the kernel is interrupted.

    Raises
    ------
    TrainingStopped
        In place of a KeyboardInterrupt.
    """
    try:
        with watching(LiveCurve()):
            yield
    except KeyboardInterrupt:
        raise TrainingStopped(
            "interrupted; run this cell again to go on. What was finished is kept, and a training "
            "that was under way goes on from where it was less than a minute ago"
        ) from None


def _name() -> str:
    """Say what is trained, as the stage that is open does."""
    doing = screen.top()
    return f"Training, {doing.name.removesuffix(': train')}" if doing else "Training"

"""The loss of a training that is under way, drawn anew after each epoch in a cell of a notebook."""

from typing import Any

import pandas as pd
from IPython.display import display
from markupsafe import Markup

from anomalylab.reports.kit.fragment import Fragment
from anomalylab.reports.kit.loss_drawing import curve_words, loss_drawing

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

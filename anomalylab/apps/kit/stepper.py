"""To the previous and to the next image."""

from pathlib import Path
from typing import ClassVar

import param
from panel.custom import JSComponent

from anomalylab.apps.kit.styles import style_sheet


class Stepper(JSComponent):
    """Two buttons and the arrow keys: to the previous and to the next.

    Parameters
    ----------
    last : int
        1 forward, -1 back.
    steps : int
        How often a step was asked for.
    label : str
        Where one is, between the buttons.
    """

    last = param.Integer(default=1)
    steps = param.Integer(default=0)
    label = param.String(default="")

    _esm = Path(__file__).parent / "stepper.js"
    _stylesheets: ClassVar[list[str]] = [style_sheet("kit/stepper.css")]

"""Small pictures as buttons, with a few words under each."""

from pathlib import Path
from typing import ClassVar

import param
from panel.custom import JSComponent

from anomalylab.apps.kit.styles import style_sheet

HERE = Path(__file__).parent


class Cards(JSComponent):
    """A grid of pictures; the one clicked last is active.

    Parameters
    ----------
    items : list of dict
        ``id``, ``title`` (said on hovering), ``words``, ``is_marked`` (red line: a defect),
        ``group`` (items of one group stand in rows of their own).
    sources : dict
        URL of each picture by ``id``.
    active : str
        The ``id`` of the picture that was clicked last.
    empty : str
        What to do when there is nothing to show.
    side : int
        Width of a picture in pixels of the screen.
    has_columns : bool
        Groups stand side by side rather than below each other.
    """

    items = param.List(default=[])
    sources = param.Dict(default={})
    active = param.String(default="")
    clicks = param.Integer(default=0)
    empty = param.String(default="")
    side = param.Integer(default=64)
    has_columns = param.Boolean(default=False)

    _esm = HERE / "cards.js"
    _stylesheets: ClassVar[list[str]] = [style_sheet("kit/cards.css")]


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

    _esm = HERE / "stepper.js"
    _stylesheets: ClassVar[list[str]] = [style_sheet("kit/cards.css")]

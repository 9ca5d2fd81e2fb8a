"""A small wheel that turns while the server works, shown after 150 ms."""

from pathlib import Path
from typing import ClassVar

import panel as pn
import param
from panel.custom import JSComponent

from anomalylab.apps.kit.styles import style_sheet


class Wheel(JSComponent):
    """A wheel that turns, or is not to be seen.

    Panel's own spinner changes its classes, upon which Bokeh lays out the whole page anew, twice
    for each answer of the server; what is drawn here changes nothing else.

    Parameters
    ----------
    value : bool
        Whether it turns.
    """

    value = param.Boolean(default=False)

    _esm = Path(__file__).parent / "busy.js"
    _stylesheets: ClassVar[list[str]] = [style_sheet("kit/busy.css")]


def busy() -> Wheel:
    """Return a wheel that follows whether the server is busy with this page."""
    wheel = Wheel(width=22, height=22, align="start", margin=0)
    pn.state.sync_busy(wheel)  # type: ignore[arg-type]  # all that it asks for is a boolean value
    return wheel

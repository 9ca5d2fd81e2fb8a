"""Widgets and words of an app: each control says what its term means."""

from collections.abc import Callable
from html import escape
from typing import Any

import panel as pn
import param

from anomalylab.apps.kit.html import HTML
from anomalylab.apps.kit.styles import style_sheet


def text_options(*names: str) -> dict[str, Any]:
    """Return how words are set: by the style sheet of all words, and further ones."""
    sheets = [style_sheet("kit/controls.css", *names)]
    return {"stylesheets": sheets, "sizing_mode": "stretch_width", "margin": (2, 0)}


TEXT = text_options()

WIDE: dict[str, Any] = {"sizing_mode": "stretch_width", "margin": 0}
"""Options of what fills its column."""


def control(
    parameter: param.Parameter, label: str, kind: type[pn.widgets.Widget], **options: Any
) -> pn.Row:
    """Return a widget of a parameter with the parameter's text as its tooltip.

    Parameters
    ----------
    parameter : Parameter
        Of an instance; both follow each other.
    label : str
    kind : subclass of pn.widgets.Widget
    **options
        For the widget.
    """
    text = " ".join(str(parameter.doc).split())
    options = {"label": label, "sizing_mode": "stretch_width", "margin": (4, 0), **options}
    if "description" in kind.param:
        widgets = [kind.from_param(parameter, description=text, **options)]
    else:
        tooltip = pn.widgets.TooltipIcon(value=text, margin=(6, 0, 0, 4))
        widgets = [kind.from_param(parameter, **options), tooltip]
    return pn.Row(*widgets, sizing_mode="stretch_width", margin=0)


def says(
    state: param.Parameterized,
    say: Callable[[Any], str],
    *names: str,
    options: dict[str, Any] = TEXT,
) -> HTML:
    """Return HTML that ``say(state)`` writes anew whenever one of the named parameters changes."""
    pane = HTML(say(state), **options)
    state.param.watch(lambda *_: pane.param.update(object=say(state)), list(names))
    return pane


def question(title: str, note: str) -> HTML:
    """Return a heading with a grey sentence under it."""
    return HTML(f"<h3>{escape(title)}</h3><p class='note'>{escape(note)}</p>", **TEXT)


def address_words(state: Any) -> str:
    """Return what the address asked for in vain."""
    if not state.skipped:
        return ""
    names = ", ".join(escape(name) for name in state.skipped)
    return (
        f"<p class='warning'>The address asks for something that this run lacks ({names}); "
        "the rest is shown.</p>"
    )

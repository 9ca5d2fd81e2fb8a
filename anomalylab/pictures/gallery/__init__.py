"""One gallery for pages, live views and cells, and figures where no script runs.

``gallery.js`` is a module with ``render({model, el})``, as anywidget has it. Fields of its model:

items
    The cards of this page, each with ``id``, ``title`` (said on hovering and by readers) and,
    where there are any, ``score`` with ``is_above`` (the threshold), ``label`` (``"normal"`` or
    ``"anomalous"``), ``words``, ``name``, ``is_marked`` (red line: a defect), ``group`` (a row or
    a column of its own; an ``id`` of ``""`` keeps the place of an empty one).
sources
    By ``id`` the URL of a picture, or in a page the elements that show it. Apart, so that pictures
    are sent only when they change.
on_click, active, clicks
    ``"choose"`` (one card stays pressed), ``"open"`` or ``""``; the ``id`` of the last one clicked;
    how many clicks there were.
page, page_size, n
    The page shown, counted from 0; cards on a page; cards on all pages.
caption, empty
    Words over the cards; words where there are none.
side, look
    Width of a picture in pixels of the screen; classes of ``gallery.css``.
"""

from collections.abc import Iterable
from html import escape
from pathlib import Path

from anomalylab.pictures.colours import LIGHT

SCRIPT = Path(__file__).parent / "gallery.js"
STYLE = Path(__file__).parent / "gallery.css"

_EXPORT = "export default { render };"


def page_script() -> str:
    """Return the module as a script of a page, where it is ``anomalylab.gallery``."""
    module = SCRIPT.read_text(encoding="utf-8")
    body = module.replace(_EXPORT, "(window.anomalylab ??= {}).gallery = { render };")
    return f"(() => {{\n{body}}})();\n"


def figure(source: str, title: str, caption: str, *, side: int, is_framed: bool = False) -> str:
    """Return a picture over its caption as HTML that needs no style sheet.

    Parameters
    ----------
    source : str
        URL of the picture.
    title, caption : str
        Texts; markup in them stays text.
    side : int
        Width in pixels.
    is_framed : bool
        Whether the frame is amber: beyond the threshold.
    """
    frame = LIGHT["amber"] if is_framed else "transparent"
    name = escape(title, quote=True)
    return (
        f'<figure style="margin:0;width:{side}px;border:3px solid {frame};border-radius:4px">'
        f'<img src="{source}" alt="{name}" title="{name}" style="width:100%">'
        '<figcaption style="font-size:12px;text-align:center;overflow-wrap:anywhere">'
        f"{escape(caption)}</figcaption></figure>"
    )


def in_a_row(figures: Iterable[str]) -> str:
    """Return figures side by side, in as many rows as they need."""
    return f'<div style="display:flex;flex-wrap:wrap;gap:6px">{"".join(figures)}</div>'

"""One gallery for pages, live views and cells, and figures where no script runs.

``gallery.js`` is a module with ``render({model, el})``, as anywidget has it. Fields of its model:

items
    The cards of this page, each with ``id``, ``title`` (said on hovering and by readers) and,
    where there are any, ``score`` with ``is_above`` (the threshold), ``label`` (``"normal"`` or
    ``"anomalous"``), ``words``, ``name``, ``is_marked`` (red line: a defect), ``group`` (a row or
    a column of its own; an ``id`` of ``""`` keeps the place of an empty one).
sources
    By ``id`` the URL of a picture, or in a page the elements that show it; sent when they change.
on_click, active, clicks
    ``"choose"`` (one card stays pressed), ``"open"`` or ``""``; the last one clicked; how often.
page, page_size, n, caption, empty
    Page shown, from 0; cards on a page, on all pages; words over cards, and where there are none.
side, look
    Width of a picture in pixels of the screen; classes of ``gallery.css``.
list_name, wants, listed
    Name of the file that the list of all pages is saved as, ``""`` for no buttons; how often it was
    asked for; the answer of the host: that number as ``wants``, and ``rows`` of cells, names first.
"""

from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

from anomalylab.pictures.colours import LIGHT

SCRIPT = Path(__file__).parent / "gallery.js"
STYLE = Path(__file__).parent / "gallery.css"

_EXPORT = "export default { render };"


def page_script() -> str:
    """Return the module as a script of a page, where it is ``anomalylab.gallery``."""
    module = SCRIPT.read_text(encoding="utf-8")
    body = module.replace(_EXPORT, "(window.anomalylab ??= {}).gallery = { render };")
    return f"(() => {{\n{body}}})();\n"


def still(items: Iterable[dict[str, Any]], sources: dict[str, str], *, side: int) -> str:
    """Return cards side by side as HTML that needs neither script nor style sheet.

    Frames are amber from the threshold on; markup in texts stays text.
    """
    figures = "".join(_figure(item, sources[item["id"]], side) for item in items)
    return f'<div style="display:flex;flex-wrap:wrap;gap:6px">{figures}</div>'


def _figure(item: dict[str, Any], source: str, side: int) -> str:
    frame = LIGHT["amber"] if item.get("is_above") else "transparent"
    title = escape(item["title"])
    caption = " ".join(item[field] for field in ("score", "words", "name") if field in item)
    return (
        f'<figure style="margin:0;width:{side}px;border:3px solid {frame};border-radius:4px">'
        f'<img src="{source}" alt="{title}" title="{title}" style="width:100%">'
        '<figcaption style="font-size:12px;text-align:center;overflow-wrap:anywhere">'
        f"{escape(caption)}</figcaption></figure>"
    )

"""Drawings as pictures, for where a notebook is opened untrusted.

JupyterLab then takes styles, scripts and SVG elements out of a cell and leaves the words of
drawings standing. Inline styles and images with their data inside stay. So each drawing is hidden
by an inline style, which the stylesheet of a fragment takes back, and followed by a picture, which
that stylesheet hides.
"""

import re
from collections.abc import Iterator

from anomalylab.pictures.colours import LIGHT
from anomalylab.pictures.encode import svg_url

_PAIR = re.compile(r"<!--still-->.*?<!--/still-->", re.DOTALL)
_EDGE = re.compile(r"<svg\b|</svg>")
_BOX = re.compile(r'viewBox="\S+ \S+ (\S+) (\S+)"')
_NAME = re.compile(r'aria-label="([^"]*)"')

OPEN, CLOSE = "<!--still-->", "<!--/still-->"


def with_stills(html: str, style: str) -> str:
    """Put a picture beside each drawing that has a name.

    Parameters
    ----------
    html : str
        Markup with ``svg`` elements.
    style : str
        CSS that drawings need.
    """
    parts, end = [], 0
    for start, stop in _drawings(html):
        parts += [html[end:start], _both(html[start:stop], style)]
        end = stop
    return "".join([*parts, html[end:]])


def without_stills(html: str) -> str:
    """Remove the pictures again."""
    return _PAIR.sub("", html)


def _drawings(html: str) -> Iterator[tuple[int, int]]:
    """Yield where outermost drawings begin and end."""
    depth = start = 0
    for edge in _EDGE.finditer(html):
        is_start = edge.group() == "<svg"
        start = edge.start() if is_start and not depth else start
        depth += 1 if is_start else -1
        if not depth:
            yield start, edge.end()


def _both(drawing: str, style: str) -> str:
    head = drawing[: drawing.index(">")]
    box, name = _BOX.search(head), _NAME.search(head)
    if not box or not name:
        return drawing
    width, height = box.groups()
    size = f'width="{width}" height="{height}"'
    ground = LIGHT["ground"]
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="al" {size}><style><![CDATA[{style}'
        "svg { font-family: system-ui, sans-serif; }]]></style>"
        f'<rect width="100%" height="100%" fill="{ground}"/><g class="al-chart">{drawing}</g></svg>'
    )
    image = f'<img class="al-instead" {size} alt="{name[1]}" src="{svg_url(picture)}">'
    return (
        f'{OPEN}<span class="al-drawn" style="display: none">{CLOSE}{drawing}'
        f"{OPEN}</span>{image}{CLOSE}"
    )

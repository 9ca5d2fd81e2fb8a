"""Pieces of the page: HTML that a cell shows and that the page collects.

A fragment carries the styles and scripts it needs, so that it works in a notebook too; the page
keeps one copy of each.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from anomalylab.pictures import gallery
from anomalylab.pictures.colours import page_colours
from anomalylab.reports.kit.stills import with_stills, without_stills

FOLDER = Path(str(resources.files("anomalylab.reports")))

COLOURS = "kit/colours.css"
_FROM_PICTURES = {
    COLOURS: page_colours,
    "gallery.js": gallery.page_script,
    "gallery.css": lambda: gallery.STYLE.read_text(encoding="utf-8"),
}
"""What pages share with live views and cells; all else is a file of this package."""

STYLES = (COLOURS, "kit/base.css", "kit/charts.css", "kit/widgets.css")
TABLE_SCRIPTS = ("kit/core.js", "kit/tables.js")

_ASSET = re.compile(r"<!--asset:([\w./]+)-->.*?<!--/asset-->\n?", re.DOTALL)


@dataclass(frozen=True)
class Fragment:
    """HTML that shows itself as the value of a cell.

    Parameters
    ----------
    html : str
        Markup in which everything that came from data is escaped.
    scripts : tuple of str
        Files of this package that make it move.
    styles : tuple of str
        Files of this package that it needs beside those of every fragment.
    """

    html: str
    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        styles = "".join(_asset(name, "style") for name in (*STYLES, *self.styles))
        scripts = "".join(_asset(name, "script") for name in self.scripts)
        of_drawings = (COLOURS, "kit/charts.css", *self.styles)
        html = with_stills(self.html, "".join(map(static_text, of_drawings)))
        return f'{styles}<div class="al">{html}</div>{scripts}'

    def __repr__(self) -> str:
        return f"<Fragment of {len(self.html) / 1024:.0f} kB; shown as HTML in a notebook>"


def render(template: str, **values: Any) -> Markup:
    """Fill a template of this package; values are escaped.

    Parameters
    ----------
    template : str
        Name of a file in this package without ``.html.j2``.
    """
    return Markup(_environment().get_template(f"{template}.html.j2").render(**values))  # noqa: S704


def json_for_script(data: Any) -> Markup:
    """Write data as JSON that cannot end the script element it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704


def without_assets(html: str) -> str:
    """Remove the styles, scripts and stills that fragments carry."""
    return _ASSET.sub("", without_stills(html))


def assets_of(html: str) -> list[str]:
    """Return the names of the styles and scripts in ``html``, each once, in order."""
    return list(dict.fromkeys(_ASSET.findall(html)))


@cache
def static_text(name: str) -> str:
    """Return the text of a file in this package, or of what pages share with live views."""
    if name in _FROM_PICTURES:
        return _FROM_PICTURES[name]()
    return (FOLDER / name).read_text(encoding="utf-8")


def _asset(name: str, element: str) -> str:
    return f"<!--asset:{name}--><{element}>\n{static_text(name)}</{element}><!--/asset-->\n"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

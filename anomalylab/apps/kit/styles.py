"""Style sheets of live views; each part of a view has one of its own, and the colours with it."""

from pathlib import Path

from anomalylab.pictures.colours import LIGHT, custom_properties, following, live_colours

APPS = Path(__file__).parents[1]

PANEL = {
    "design-background-color": "ground",
    "design-background-text-color": "ink",
    "design-surface-color": "raised",
    "design-surface-text-color": "ink",
}
"""Panel's names of the colours of its widgets."""


def style_sheet(*names: str | Path) -> str:
    """Return style sheets, of the live views or of a full path, after the colours they name."""
    texts = [(APPS / name).read_text(encoding="utf-8") for name in names]
    colours = {name: following(name) for name in LIGHT}
    return "\n".join([custom_properties(":host", colours), *texts])


def page_style() -> str:
    """Return the style sheet of a served page: dark if the system is, Panel's own parts too."""
    return live_colours(PANEL)

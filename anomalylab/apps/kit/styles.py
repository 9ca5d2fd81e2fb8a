"""Style sheets of live views; each part of a view has one of its own, and the colours with it."""

from pathlib import Path

from anomalylab.pictures.colours import custom_properties

APPS = Path(__file__).parents[1]


def style_sheet(*names: str | Path) -> str:
    """Return style sheets, of the live views or of a full path, after the colours they name."""
    texts = [(APPS / name).read_text(encoding="utf-8") for name in names]
    return "\n".join([custom_properties(":host"), *texts])

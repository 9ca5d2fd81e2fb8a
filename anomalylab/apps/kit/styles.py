"""Style sheets of live views; each part of a view has one of its own, and the colours with it."""

from pathlib import Path

from anomalylab.pictures.colours import custom_properties


def style_sheet(name: str) -> str:
    """Return a style sheet of this folder after the colours that it names."""
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    return f"{custom_properties(':host')}\n{text}"

"""Colours stand in one file, and are told apart."""

import re
from pathlib import Path

import pytest
from PIL import ImageColor

import anomalylab
from anomalylab.pictures.colours import DARK, LIGHT, custom_properties, page_colours, rgb

ROOT = Path(anomalylab.__file__).parent
COLOURS = ROOT / "pictures" / "colours.py"
KINDS = (".py", ".css", ".js", ".j2", ".ipynb")
SOURCES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(ROOT.rglob("*"))
    if path.suffix in KINDS and path != COLOURS
}


@pytest.mark.parametrize("name", SOURCES)
def test_no_colour_is_written_anywhere_else(name):
    text = SOURCES[name]
    hexes = re.findall(r"(?<!&)#(?:[0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3})\b", text, re.IGNORECASE)
    assert not hexes
    numbers = re.sub(r"\s", "", text)
    bright = [token for token in LIGHT if len(set(rgb(token))) > 1]
    assert not [token for token in bright if ",".join(map(str, rgb(token))) in numbers]


def test_every_colour_that_a_style_sheet_or_script_asks_for_exists():
    asked, own = set(), set()
    for text in SOURCES.values():
        asked |= set(re.findall(r"var\(--([\w-]+)", text))
        own |= set(re.findall(r"""(?<![\w(-])--([\w-]+)(?=["']?[:,])""", text))
    computed = {"series-", ""}  # followed by a number or a name in a script or a template
    assert asked - own - computed <= set(LIGHT)


def test_every_colour_is_used():
    palettes = COLOURS.read_text(encoding="utf-8").partition("PALETTES =")[2]
    everything = "\n".join([*SOURCES.values(), palettes])
    unused = [
        name
        for name in LIGHT
        if not re.search(rf"""(--|["'\[]){name}\b""", everything) and not name.startswith("series-")
    ]
    assert not unused


def contrast(first, second):
    """Return the contrast of two colours by the guidelines for accessible pages (WCAG 2.1)."""

    def luminance(colour):
        channels = [value / 255 for value in ImageColor.getrgb(colour)]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return high / low


def test_contrast_is_as_the_guidelines_compute_it():
    assert contrast("black", "white") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", [LIGHT, LIGHT | DARK], ids=["light", "dark"])
def test_words_are_readable_on_their_ground(theme):
    for words in ("ink", "soft", "accent", "normal", "anomalous"):
        assert contrast(theme[words], theme["ground"]) >= 4.5, words
    for words in ("ink", "soft"):
        assert contrast(theme[words], theme["raised"]) >= 4.5, words


@pytest.mark.parametrize("theme", [LIGHT, LIGHT | DARK], ids=["light", "dark"])
def test_warnings_are_readable_on_amber(theme):
    assert contrast(theme["amber-ink"], theme["amber-ground"]) >= 4.5


def test_a_page_is_light_unless_the_system_or_the_notebook_is_dark():
    light, system, notebook = page_colours().strip().splitlines()
    assert light == custom_properties(".al", LIGHT, "light")
    assert system.startswith("@media screen and (prefers-color-scheme: dark) { body:not(")
    assert notebook.startswith('body[data-jp-theme-light="false"] .al { color-scheme: dark;')
    assert set(DARK) <= set(LIGHT)
    for name, colour in DARK.items():
        assert f"--{name}: {colour};" in system
        assert f"--{name}: {colour};" in notebook

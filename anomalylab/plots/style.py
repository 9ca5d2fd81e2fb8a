"""Colours and options that all plots share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bokeh.core.property.vectorization import Value
from bokeh.models import CustomJS

from anomalylab.pictures.colours import LIGHT

THRESHOLD, SELECTION = LIGHT["line"], LIGHT["amber"]

CLASSES = {
    label: (name, LIGHT[name]) for label, name in ((0, "normal"), (1, "anomalous"), (-1, "unknown"))
}
"""Label (-1 where missing) -> name and colour."""

MAX_POINTS = 20_000
"""Points from which on a scatter is rasterised."""


def class_names(labels) -> list[str]:
    """Return the name of each label; missing ones are unknown."""
    return [CLASSES[int(label)][0] for label in labels.astype("Int64").fillna(-1)]


def plain(plot) -> None:
    """Take the box and the heavy grid off a Bokeh figure; a HoloViews hook."""
    figure = plot.state
    if FOLLOWS in figure.tags:
        return
    figure.outline_line_color = None
    figure.grid.grid_line_color = LIGHT["grid"]
    figure.axis.axis_line_color = LIGHT["axis"]
    figure.axis.minor_tick_line_color = None
    figure.axis.axis_label_text_font_style = "normal"
    figure.axis.axis_label_text_color = LIGHT["soft"]
    figure.axis.major_tick_line_color = None
    figure.toolbar.logo = None
    follow_page(figure)


FOLLOWS = "follows the page"
FOLLOW = Path(__file__).with_name("follow.js")
"""Takes the colours that a dark page gives, see :func:`live_colours` in ``pictures``."""


def follow_page(figure) -> None:
    """Let a Bokeh figure take the colours of the page around it, and follow when they change."""
    if FOLLOWS in figure.tags:
        return
    figure.tags = [*figure.tags, FOLLOWS]
    coloured = [(figure, "border_fill_color", "ground")]
    if figure.background_fill_color != LIGHT["night-live"]:
        coloured.append((figure, "background_fill_color", "ground"))
    for axis in figure.axis:
        coloured.append((axis, "axis_line_color", "hollow"))
        coloured += [(axis, f"{part}_text_color", "soft") for part in ("axis_label", "major_label")]
    coloured += [(grid, "grid_line_color", "hair") for grid in figure.grid]
    for legend in figure.legend:
        coloured.append((legend, "background_fill_color", "ground"))
        coloured.append((legend, "label_text_color", "ink"))
    parts = [[*part, False] for part in coloured] + [[*part, True] for part in _inked(figure)]
    code = FOLLOW.read_text(encoding="utf-8")
    figure.js_on_change("inner_width", CustomJS(args={"parts": parts}, code=code, module=True))


def _inked(figure) -> Iterator[tuple[Any, str, str]]:
    """Yield the properties of glyphs that are dark as ink, which a dark page turns light."""
    names = {LIGHT[name]: name for name in ("ink", "line")}
    for glyph in (getattr(renderer, "glyph", None) for renderer in figure.renderers):
        for part in ("text_color", "line_color", "fill_color"):
            colour = getattr(glyph, part, None)
            colour = colour.value if isinstance(colour, Value) else colour
            if isinstance(colour, str) and colour in names:
                yield glyph, part, names[colour]


def hook(plot, _element) -> None:
    """Apply :func:`plain`; the signature HoloViews calls."""
    plain(plot)


def bare(plot, _element) -> None:
    """Leave nothing of a figure but its pictures; a HoloViews hook."""
    figure = plot.state
    figure.outline_line_color = None
    figure.axis.visible = False
    figure.grid.visible = False
    figure.toolbar.logo = None
    figure.min_border = 0
    follow_page(figure)


EQUAL = """
const [width, height] = [figure.inner_width, figure.inner_height];
if (width < 20 || height < 20) return;
const spans = [x_range.end - x_range.start, y_range.end - y_range.start];
const wanted = Math.max(spans[0] / width, spans[1] / height);
for (const [range, span, pixels] of [[x_range, spans[0], width], [y_range, spans[1], height]]) {
  const more = (wanted * pixels - span) / 2;
  if (more > 0.002 * span) range.setv({ start: range.start - more, end: range.end + more });
}
"""
"""Widens one of the ranges until a unit is as long on both axes."""


def equal_scales(plot, _element) -> None:
    """Let a figure fill its column with one length a unit on both axes; a HoloViews hook."""
    figure = plot.state
    figure.sizing_mode = "stretch_width"
    needed = 22 + 30 * len(figure.toolbar.tools)  # else Bokeh hides the last one behind dots
    figure.toolbar.styles = {"min-width": f"{needed}px"}
    if "equal scales" not in figure.tags:
        figure.tags = [*figure.tags, "equal scales"]
        ranges = {"x_range": figure.x_range, "y_range": figure.y_range}
        keep = CustomJS(args={"figure": figure, **ranges}, code=EQUAL)
        figure.js_on_change("inner_width", keep)
        figure.js_on_change("inner_height", keep)
        figure.js_on_event("reset", keep)

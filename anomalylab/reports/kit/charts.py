"""Small charts as SVG: they follow the page's colours, print well and need no script."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from anomalylab.number_words import minus

WIDTH, HEIGHT = 420, 320
LEFT, RIGHT, TOP, BOTTOM = 56, 14, 14, 46


@dataclass(frozen=True)
class Line:
    """One curve with what is written beside it."""

    x: np.ndarray
    y: np.ndarray
    colour: str
    words: str


@dataclass(frozen=True)
class Frame:
    """Where a pair of numbers lies in the drawing."""

    x_max: float
    y_max: float

    def x(self, value: float) -> float:
        """Return the distance from the left, in units of the drawing."""
        return round(LEFT + value / self.x_max * (WIDTH - LEFT - RIGHT), 2)

    def y(self, value: float) -> float:
        """Return the distance from the top, in units of the drawing."""
        return round(HEIGHT - BOTTOM - value / self.y_max * (HEIGHT - TOP - BOTTOM), 2)


def line_chart(
    lines: Sequence[Line],
    *,
    x_label: str,
    y_label: str,
    x_max: float = 1.0,
    y_max: float = 1.0,
    guide: Sequence[tuple[float, float]] = (),
    corner: str = "bottom-right",
    alt: str,
) -> Markup:
    """Draw curves from (0, 0) to (x_max, y_max) with their names in a free corner.

    Parameters
    ----------
    lines : sequence of Line
    x_label, y_label : str
    x_max, y_max : float
        Ends of the axes, which begin at 0.
    guide : sequence of (x, y)
        A dashed line to compare with.
    corner : {"bottom-right", "bottom-left", "top-right"}
        Where the names stand.
    alt : str
        What the chart shows, for those who cannot see it.

    Returns
    -------
    Markup
        An ``svg`` element.
    """
    frame = Frame(x_max, y_max)
    parts = [_grid(frame, x_label, y_label)]
    if guide:
        parts.append(Markup('<path class="al-guide" d="{}"/>').format(_path(frame, guide)))
    for line in reversed(lines):
        d = _path(frame, zip(line.x, line.y, strict=True))
        parts.append(Markup('<path class="al-curve" stroke="{}" d="{}"/>').format(line.colour, d))
    parts.append(_names(lines, corner))
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT, alt, Markup("").join(parts)
    )


def interval_dots(
    rows: Sequence[tuple[float, float | None, float | None, str]],
    *,
    low: float,
    high: float,
    alt: str,
    hollow: Sequence[tuple[float, str]] = (),
) -> Markup:
    """Draw values with their intervals below each other, on one axis from ``low`` to ``high``.

    Parameters
    ----------
    rows : sequence of (value, low, high, colour)
        ``low`` and ``high`` may be None: then only the dot is drawn.
    low, high : float
        Ends of the axis, written under it.
    alt : str
    hollow : sequence of (value, colour)
        Values measured elsewhere, drawn below as rings.
    """
    width, step = 230, 13
    height = step * (len(rows) + len(hollow)) + 20
    span = (high - low) or 1.0

    def x(value: float) -> float:
        return round(6 + (value - low) / span * (width - 12), 2)

    bar = Markup('<path d="M{} {}H{}" stroke="{}" stroke-width="3" opacity=".45"/>')
    dot = Markup('<circle cx="{}" cy="{}" r="4.5" fill="{}"/>')
    parts = [_line(f"M6 {height - 16}H{width - 6}")]
    for i, (value, least, most, colour) in enumerate(rows):
        y = step * (i + 0.5)
        if least is not None and most is not None:
            parts.append(bar.format(x(least), y, x(most), colour))
        parts.append(dot.format(x(value), y, colour))
    ring = Markup('<circle class="al-hollow" cx="{}" cy="{}" r="4.5" stroke="{}"/>')
    for i, (value, colour) in enumerate(hollow, start=len(rows)):
        parts.append(ring.format(x(value), step * (i + 0.5), colour))
    parts.append(svg_text(6, height - 2, "start", minus(f"{low:.3g}")))
    parts.append(svg_text(width - 6, height - 2, "end", minus(f"{high:.3g}")))
    return Markup(
        '<svg class="al-interval-dots" viewBox="0 0 {} {}" width="{}" height="{}" role="img" '
        'aria-label="{}">{}</svg>'
    ).format(width, height, width, height, alt, Markup("").join(parts))


def free_corner(lines: Sequence[Line], usual: str) -> str:
    """Return the corner where names hide least of curves on axes from 0 to 1, ``usual`` if equal.

    Parameters
    ----------
    lines : sequence of Line
    usual : {"bottom-right", "bottom-left", "top-right"}
    """
    width, height = 0.5, (len(lines) * 20 + 14) / (HEIGHT - TOP - BOTTOM)
    boxes = {
        "bottom-left": (0, width, 0, height),
        "bottom-right": (1 - width, 1, 0, height),
        "top-right": (1 - width, 1, 1 - height, 1),
    }
    corners = sorted(boxes, key=lambda corner: corner != usual)
    return min(corners, key=lambda corner: sum(_inside(line, boxes[corner]) for line in lines))


def _inside(line: Line, box: tuple[float, float, float, float]) -> int:
    """Return how much of a curve lies in a box, in hundredths of an axis."""
    steps = np.linspace(0, len(line.x) - 1, 60 * len(line.x))
    x = np.interp(steps, np.arange(len(line.x)), line.x)
    y = np.interp(steps, np.arange(len(line.y)), line.y)
    left, right, bottom, top = box
    length = np.hypot(np.diff(x, prepend=x[0]), np.diff(y, prepend=y[0]))
    hidden = (x > left) & (x < right) & (y > bottom) & (y < top)
    return round(100 * float(length[hidden].sum()))


def nice_ticks(high: float, about: int = 5) -> list[float]:
    """Return round numbers from 0 to ``high``.

    Examples
    --------
    >>> nice_ticks(1.0)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    power = 10.0 ** np.floor(np.log10(high / about))
    step = next(f * power for f in (1, 2, 5, 10) if f * power >= high / about * (1 - 1e-9))
    return [round(float(i * step), 10) for i in range(int(high / step + 1e-9) + 1)]


def _grid(frame: Frame, x_label: str, y_label: str) -> Markup:
    bottom = HEIGHT - BOTTOM
    parts = []
    for value in nice_ticks(frame.y_max):
        y = frame.y(value)
        parts += [
            _line(f"M{LEFT} {y}H{WIDTH - RIGHT}"),
            svg_text(LEFT - 7, y + 4, "end", f"{value:g}"),
        ]
    for value in nice_ticks(frame.x_max):
        x = frame.x(value)
        parts += [_line(f"M{x} {TOP}V{bottom}"), svg_text(x, bottom + 18, "middle", f"{value:g}")]
    parts.append(svg_text(WIDTH - RIGHT, HEIGHT - 6, "end", f"{x_label} →"))
    parts.append(
        Markup('<text x="-{}" y="11" text-anchor="end" transform="rotate(-90)">{} →</text>').format(
            TOP, y_label
        )
    )
    return Markup("").join(parts)


def _line(d: str) -> Markup:
    return Markup('<path class="al-grid" d="{}"/>').format(d)


def svg_text(x: float, y: float, anchor: str, words: str) -> Markup:
    """Write words that start, end or have their middle at a place of a drawing."""
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(x, y, anchor, words)


def _path(frame: Frame, points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{frame.x(x)} {frame.y(y)}" for x, y in points)


def _names(lines: Sequence[Line], corner: str) -> Markup:
    step = 20
    is_right, is_top = corner.endswith("right"), corner.startswith("top")
    x = WIDTH - RIGHT - 12 if is_right else LEFT + 14
    first = TOP + 22 if is_top else HEIGHT - BOTTOM - 14 - step * (len(lines) - 1)
    name = Markup('<text class="al-strong" x="{}" y="{}" text-anchor="{}">{}{}</text>')
    dot = Markup('<tspan style="fill:{}">● </tspan>')
    anchor = "end" if is_right else "start"
    return Markup("").join(
        name.format(x, first + i * step, anchor, dot.format(line.colour), line.words)
        for i, line in enumerate(lines)
    )

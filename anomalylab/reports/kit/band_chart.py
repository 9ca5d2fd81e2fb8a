"""Curves with bands as SVG, named at their ends, on axes that begin where it is honest."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from markupsafe import Markup

from anomalylab.number_words import minus
from anomalylab.reports.kit.charts import nice_ticks, svg_text

WIDTH, HEIGHT = 440, 300
LEFT, RIGHT, TOP, BOTTOM = 58, 16, 14, 44
LETTER = 7.4
"""Units of the drawing that a letter of a name takes."""

LONGEST = 15
"""Letters of a name that fit beside a line; if one is longer, names stand in a list below."""

APART = 15
"""Least distance of two names."""


@dataclass(frozen=True)
class BandLine:
    """One curve, its band, and what is written at its end.

    Parameters
    ----------
    name, colour : str
        Nothing is written at a line without a name.
    x, y : float ndarray of shape (n_points,)
        Ascending in x.
    half : float ndarray of shape (n_points,), optional
        Half the height of the band; NaN where there is none.
    is_dashed : bool
    rings : sequence of (x, y)
        Values measured elsewhere, as hollow marks.
    """

    name: str
    colour: str
    x: np.ndarray
    y: np.ndarray
    half: np.ndarray | None = None
    is_dashed: bool = False
    rings: Sequence[tuple[float, float]] = ()

    @property
    def band(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper border of the band, within 0 and 1 as all that is measured."""
        half = np.zeros(len(self.y)) if self.half is None else np.nan_to_num(self.half)
        return np.clip(self.y - half, 0, 1), np.clip(self.y + half, 0, 1)


class _Place:
    """Where numbers lie in the drawing."""

    def __init__(self, lines: Sequence[BandLine], floor: float, right: float):
        ends = [np.concatenate(one.band) for one in lines]
        ends += [np.array([y for _, y in line.rings]) for line in lines if line.rings]
        along = [line.x for line in lines]
        self.low = min(floor, float(np.floor(min(map(np.min, ends)) * 20) / 20))
        self.high = max(float(max(map(np.max, ends))), self.low + 0.05)
        self.left, self.end = float(min(map(np.min, along))), float(max(map(np.max, along)))
        self.end = self.end if self.end > self.left else self.left + 1e-3
        self.right = WIDTH - right

    def x(self, value: float) -> float:
        return round(LEFT + (value - self.left) / (self.end - self.left) * (self.right - LEFT), 2)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 2)

    def path(self, points: Sequence[tuple[float, float]]) -> str:
        return "M" + "L".join(f"{self.x(x)} {self.y(y)}" for x, y in points)


def band_chart(
    lines: Sequence[BandLine],
    *,
    x_label: str,
    y_label: str,
    floor: float = 0.0,
    mark: float | None = None,
    alt: str,
) -> Markup:
    """Draw curves with bands; names at their ends where they fit, else in a list below.

    Parameters
    ----------
    lines : sequence of BandLine
    x_label, y_label : str
    floor : float
        Where the axis up begins, or lower where a curve goes.
    mark : float, optional
        A place of the axis along that is marked.
    alt : str
        What the chart shows, for those who cannot see it.

    Returns
    -------
    Markup
        An ``svg`` element, perhaps with a paragraph of names.
    """
    longest = max(len(line.name) for line in lines)
    is_long = longest > LONGEST
    place = _Place(lines, floor, RIGHT if is_long else RIGHT + 14 + LETTER * longest)
    parts = [_frame(place, x_label, y_label)]
    if mark is not None:
        d = f"M{place.x(mark)} {TOP}V{HEIGHT - BOTTOM}"
        parts.append(Markup('<path class="al-guide" d="{}"/>').format(d))
    parts += [_band(place, line) for line in lines]
    parts += [_curve(place, line) for line in lines]
    if not is_long:
        parts.append(_names(place, lines))
    drawing = Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT, alt, Markup("").join(parts)
    )
    return drawing + keys(lines) if is_long else drawing


def keys(lines: Sequence[BandLine]) -> Markup:
    """Return a list of the names of curves, each behind its colour."""
    key = Markup('<span class="al-key"><i style="background:{}"></i>{}</span>')
    told = Markup(" ").join(key.format(line.colour, line.name) for line in lines if line.name)
    return Markup('<p class="al-note al-keys">{}</p>').format(told)


def apart(places: Sequence[float], least: float, high: float) -> list[float]:
    """Move places apart until each two differ by ``least``, none beyond ``high``; order stays.

    Examples
    --------
    >>> apart([10.0, 12.0, 40.0], 5, 100)
    [10.0, 15.0, 40.0]
    >>> apart([99.0, 99.0], 5, 100)
    [95.0, 100.0]
    """
    order = sorted(range(len(places)), key=lambda i: places[i])
    found = list(map(float, places))
    for one, other in pairwise(order):
        found[other] = max(found[other], found[one] + least)
    limit = float(high)
    for i in reversed(order):
        found[i] = min(found[i], limit)
        limit = found[i] - least
    return found


def _band(place: _Place, line: BandLine) -> Markup:
    low, high = line.band
    if (low == high).all():
        return Markup("")
    over, under = (list(zip(line.x, border, strict=True)) for border in (high, low))
    path = Markup('<path class="al-band" fill="{}" d="{}Z"/>')
    return path.format(line.colour, place.path(over + under[::-1]))


def _curve(place: _Place, line: BandLine) -> Markup:
    look = Markup(' stroke-dasharray="6 4"') if line.is_dashed else Markup("")
    d = place.path(list(zip(line.x, line.y, strict=True)))
    curve = Markup('<path class="al-curve" stroke="{}"{} d="{}"/>').format(line.colour, look, d)
    dot = Markup('<circle cx="{}" cy="{}" r="3.4" fill="{}"/>')
    ring = Markup('<circle class="al-hollow" cx="{}" cy="{}" r="4.2" stroke="{}"/>')
    dots = () if line.is_dashed else zip(line.x, line.y, strict=True)
    marks = [dot.format(place.x(x), place.y(y), line.colour) for x, y in dots]
    marks += [ring.format(place.x(x), place.y(y), line.colour) for x, y in line.rings]
    return curve + Markup("").join(marks)


def _names(place: _Place, lines: Sequence[BandLine]) -> Markup:
    lines = [line for line in lines if line.name]
    heights = apart([place.y(float(line.y[-1])) for line in lines], APART, HEIGHT - BOTTOM)
    name = Markup(
        '<text class="al-strong" x="{}" y="{}"><tspan style="fill:{}">● </tspan>{}</text>'
    )
    x = place.x(place.end) + 6
    return Markup("").join(
        name.format(x, round(y + 4, 1), line.colour, line.name)
        for y, line in zip(heights, lines, strict=True)
    )


def _frame(place: _Place, x_label: str, y_label: str) -> Markup:
    bottom, line = HEIGHT - BOTTOM, Markup('<path class="al-grid" d="{}"/>')
    parts = []
    for value in _ticks(place.low, place.high):
        y = place.y(value)
        parts += [
            line.format(f"M{LEFT} {y}H{place.right}"),
            svg_text(LEFT - 7, y + 4, "end", _text(value)),
        ]
    for value in _ticks(place.left, place.end):
        x = place.x(value)
        parts.append(svg_text(x, bottom + 17, "middle", _text(value)))
    parts.append(svg_text(place.right, HEIGHT - 6, "end", f"{x_label} →"))
    up = Markup('<text x="-{}" y="11" text-anchor="end" transform="rotate(-90)">{} →</text>')
    return Markup("").join([*parts, up.format(TOP, y_label)])


def _text(value: float) -> str:
    return minus(f"{value:g}")


def _ticks(low: float, high: float) -> list[float]:
    """Return round numbers from ``low`` to ``high``."""
    steps = nice_ticks(high - low)
    step = steps[1] if len(steps) > 1 else high - low
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    return [round(i * step, 10) for i in range(first, last + 1)]

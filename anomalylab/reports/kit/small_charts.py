"""Small drawings: values below each other, curves of a training, shares against shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from markupsafe import Markup

from anomalylab.number_words import minus
from anomalylab.reports.kit.charts import nice_ticks, svg_text

LETTER = 7.2
"""Units of the drawing that a letter of a name takes."""

STEP = 25
TEXT_DOWN = 4.5


@dataclass(frozen=True)
class DotRow:
    """A value with its interval, and what was published of the same.

    Parameters
    ----------
    name, colour : str
    value : float
    low, high : float, optional
        Ends of the interval.
    ring : float, optional
        A value measured elsewhere, drawn hollow.
    """

    name: str
    colour: str
    value: float
    low: float | None = None
    high: float | None = None
    ring: float | None = None


class _Axis(NamedTuple):
    """Where numbers lie along a drawing."""

    start: float
    end: float
    left: float
    right: float
    is_log: bool = False

    def at(self, value: float) -> float:
        start, end = self.start, self.end
        if self.is_log:
            value, start, end = (float(np.log10(max(x, start))) for x in (value, start, end))
        share = (value - start) / (end - start)
        return round(self.left + share * (self.right - self.left), 2)


def dot_rows(
    rows: Sequence[DotRow],
    *,
    start: float,
    end: float | None = None,
    mark: float | None = None,
    is_log: bool = False,
    alt: str,
) -> Markup:
    """Draw values below each other, their names to the left, on one axis.

    Parameters
    ----------
    rows : sequence of DotRow
    start : float
        Where the axis begins, or lower where a value lies.
    end : float, optional
        Where it ends; the largest value if not given.
    mark : float, optional
        A place of the axis that is marked by a dashed line.
    is_log : bool
        Whether equal factors are equally far apart; all numbers must be positive then.
    alt : str
        What the drawing shows, for those who cannot see it.
    """
    width, height = 440, STEP * len(rows) + 30
    known = [v for r in rows for v in (r.value, r.low, r.high, r.ring) if v is not None]
    start = min([start, *(v if is_log else floored(v) for v in known if v < start)])
    end = max(known) if end is None else end
    end = end if end > start else start + 1
    left = 14 + LETTER * max(len(row.name) for row in rows)
    axis = _Axis(start, end, min(left, 0.5 * width), width - 14, is_log)
    parts = [_grid(axis, height - 26)]
    if mark is not None:
        d = f"M{axis.at(mark)} 0V{height - 26}"
        parts.append(Markup('<path class="al-guide" d="{}"/>').format(d))
    parts += [_dot_row(row, axis, STEP * (i + 0.5)) for i, row in enumerate(rows)]
    return _svg(width, height, alt, parts)


def floored(value: float) -> float:
    """Return the twentieth at or below a value, where an axis may begin.

    Examples
    --------
    >>> floored(0.39)
    0.35
    """
    return float(np.floor(value * 20)) / 20


def _dot_row(row: DotRow, axis: _Axis, y: float) -> Markup:
    parts = [svg_text(axis.left - 10, y + TEXT_DOWN, "end", row.name)]
    if row.low is not None and row.high is not None:
        bar = Markup('<path d="M{} {}H{}" stroke="{}" stroke-width="4" opacity=".4"/>')
        parts.append(bar.format(axis.at(row.low), y, axis.at(row.high), row.colour))
    dot = Markup('<circle cx="{}" cy="{}" r="5" fill="{}"/>')
    parts.append(dot.format(axis.at(row.value), y, row.colour))
    if row.ring is not None:
        ring = Markup('<circle cx="{}" cy="{}" r="6.5" fill="none" stroke="{}" stroke-width="2"/>')
        parts.append(ring.format(axis.at(row.ring), y, row.colour))
    return Markup("").join(parts)


def _grid(axis: _Axis, bottom: float) -> Markup:
    parts = []
    marks = log_ticks if axis.is_log else ticks
    for value in marks(axis.start, axis.end):
        x = axis.at(value)
        parts.append(Markup('<path class="al-grid" d="M{} 0V{}"/>').format(x, bottom))
        parts.append(svg_text(x, bottom + 18, "middle", minus(f"{value:g}")))
    return Markup("").join(parts)


class Series(NamedTuple):
    """Points of one curve, or of one kind."""

    name: str
    colour: str
    x: np.ndarray
    y: np.ndarray
    is_dashed: bool = False


def small_curves(curves: Sequence[Series], *, mark: float | None, label: str, alt: str) -> Markup:
    """Draw curves over epochs on an axis of their own, from 0 or lower.

    Parameters
    ----------
    curves : sequence of Series
    mark : float, optional
        Epoch that is marked by an upright line.
    label : str
        What goes up.
    alt : str
    """
    width, height, bottom = 260, 170, 34
    ys = np.concatenate([curve.y for curve in curves])
    xs = np.concatenate([curve.x for curve in curves])
    low, high = min(0.0, float(ys.min())), float(ys.max())
    up = _Axis(low, high if high > low else low + 1, height - bottom, 10)
    marks = [(value, minus(f"{value:g}")) for value in ticks(up.start, up.end, 3)]
    left = max(44, 26 + LETTER * max(len(words) for _, words in marks))
    first, last = float(xs.min()), float(xs.max())
    half = 0.0 if last > first else 0.5
    along = _Axis(first - half, last + half, left, width - 8)
    parts = []
    for value, words in marks:
        line = Markup('<path class="al-grid" d="M{} {}H{}"/>')
        parts.append(line.format(left, up.at(value), width - 8))
        parts.append(svg_text(left - 6, up.at(value) + 4, "end", words))
    for value in (x for x in ticks(along.start, along.end, 4) if x == int(x)):
        parts.append(svg_text(along.at(value), height - bottom + 16, "middle", f"{value:g}"))
    if mark is not None:
        d = f"M{along.at(mark)} 6V{height - bottom}"
        parts.append(Markup('<path class="al-guide" d="{}"/>').format(d))
    parts.append(svg_text(width - 8, height - 3, "end", "epoch →"))
    turned = Markup('<text x="-6" y="10" text-anchor="end" transform="rotate(-90)">{} →</text>')
    parts.append(turned.format(label))
    parts += [_curve(curve, along, up) for curve in curves]
    return _svg(width, height, alt, parts)


def _curve(curve: Series, along: _Axis, up: _Axis) -> Markup:
    points = [(along.at(x), up.at(y)) for x, y in zip(curve.x, curve.y, strict=True)]
    d = "M" + "L".join(f"{x} {y}" for x, y in points)
    dash = Markup(' stroke-dasharray="5 4"') if curve.is_dashed else ""
    dots = [(x, y) for x, y in points] if len(points) == 1 else []
    dot = Markup('<circle cx="{}" cy="{}" r="3" fill="{}"/>')
    return Markup('<path class="al-curve" stroke="{}"{} d="{}"/>').format(
        curve.colour, dash, d
    ) + Markup("").join(dot.format(x, y, curve.colour) for x, y in dots)


def scatter(
    kinds: Sequence[Series], *, x_label: str, y_label: str, x_max: float, alt: str
) -> Markup:
    """Draw shares against shares, with a dashed line where they are equal.

    Parameters
    ----------
    kinds : sequence of Series
        Shares from 0 to 1.
    x_label, y_label : str
    x_max : float
        End of the axis along.
    alt : str
    """
    width, height, left, bottom = 440, 300, 68, 44
    along, up = _Axis(0, x_max, left, width - 14), _Axis(0, 1, height - bottom, 10)
    parts = []
    for value in ticks(0, 1):
        line = Markup('<path class="al-grid" d="M{} {}H{}"/>')
        parts.append(line.format(left, up.at(value), width - 14))
        parts.append(svg_text(left - 7, up.at(value) + 4, "end", f"{100 * value:g} %"))
    for value in ticks(0, x_max):
        x = along.at(value)
        parts.append(svg_text(x, height - bottom + 18, "middle", f"{100 * value:g} %"))
    end = min(1.0, x_max)
    guide = f"M{along.at(0)} {up.at(0)}L{along.at(end)} {up.at(end)}"
    parts.append(Markup('<path class="al-guide" d="{}"/>').format(guide))
    dot = Markup('<circle cx="{}" cy="{}" r="4" fill="{}" fill-opacity=".6"/>')
    for kind in kinds:
        spots = zip(kind.x, kind.y, strict=True)
        parts += [dot.format(along.at(x), up.at(y), kind.colour) for x, y in spots]
    parts.append(svg_text(width - 14, height - 6, "end", f"{x_label} →"))
    turned = Markup('<text x="-10" y="11" text-anchor="end" transform="rotate(-90)">{} →</text>')
    parts.append(turned.format(y_label))
    return _svg(width, height, alt, parts)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Return round numbers from ``low`` to ``high``.

    Examples
    --------
    >>> ticks(0.7, 1.0)
    [0.7, 0.8, 0.9, 1.0]
    """
    steps = nice_ticks(high - low, about)
    step = steps[1] if len(steps) > 1 else high - low
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    return [round(i * step, 10) for i in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Return round numbers from ``low`` to ``high``, equal factors apart.

    Examples
    --------
    >>> log_ticks(0.9, 6), log_ticks(0.9, 700)
    ([1.0, 2.0, 5.0], [1.0, 10.0, 100.0])
    """
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    steps = (1, 2, 5) if high / low < 60 else (1,)
    marks = [round(step * 10.0**power, 10) for power in powers for step in steps]
    return [mark for mark in marks if low <= mark <= high]


def _svg(width: float, height: float, alt: str, parts: Sequence[Markup]) -> Markup:
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        width, height, alt, Markup("").join(parts)
    )

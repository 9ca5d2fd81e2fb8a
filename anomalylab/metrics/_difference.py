"""Bounds of a difference from the bounds of both values."""

import math
from typing import NamedTuple


class Bounded(NamedTuple):
    """A value with its interval."""

    value: float
    low: float
    high: float


def difference_bounds(a: Bounded, b: Bounded, r: float) -> tuple[float, float]:
    """Bound a - b by Zou and Donner, where a and b vary together with the correlation r."""
    difference = a.value - b.value
    low = difference - _joined(a.value - a.low, b.high - b.value, r)
    high = difference + _joined(a.high - a.value, b.value - b.low, r)
    return low, high


def _joined(x: float, y: float, r: float) -> float:
    """Return the hypotenuse of two distances that vary together."""
    x, y = max(x, 0.0), max(y, 0.0)
    return math.sqrt(max(x * x + y * y - 2 * r * x * y, 0.0))

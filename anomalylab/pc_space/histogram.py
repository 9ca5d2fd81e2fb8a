"""Two-dimensional histograms of the coordinates of windows."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

OVERFLOWS = ("drop", "clip")


@dataclass(frozen=True)
class Plane:
    """Two components of one window size, and how far a histogram of them reaches.

    Parameters
    ----------
    window : int
        Odd side of a window in pixels.
    first, second : int
        Components along the axes, counted from 0.
    limit : float
        The histogram covers ``[-limit, limit]`` of both axes.
    """

    window: int
    first: int
    second: int
    limit: float


def pairs(n_components: int) -> list[tuple[int, int]]:
    """Return the pairs of components that span planes, counted from 0."""
    return list(combinations(range(n_components), 2))


def edges(bins: int, limit: float) -> np.ndarray:
    """Return the borders of the bins of one axis, of shape (bins + 1,)."""
    return np.linspace(-limit, limit, bins + 1)


def bin_numbers(values: np.ndarray, bins: int, limit: float) -> np.ndarray:
    """Return the bin of each value; -1 below the histogram and ``bins`` above it.

    A value on a border belongs to the bin above, but to the last bin on the last border, as
    :func:`numpy.histogram2d` has it.
    """
    borders = edges(bins, limit)
    numbers = np.searchsorted(borders, values, side="right") - 1
    numbers[values == borders[-1]] = bins - 1
    return numbers


def cells_of(
    x: np.ndarray, y: np.ndarray, bins: int, limit: float, overflow: str
) -> tuple[np.ndarray, np.ndarray]:
    """Find the cell of a histogram that each point belongs to.

    Parameters
    ----------
    x, y : ndarray of one shape
    bins : int
        Of each axis.
    limit : float
        The histogram covers ``[-limit, limit]`` of both axes.
    overflow : {"drop", "clip"}
        What becomes of points beyond: they belong to no cell, or to the outermost ones.

    Returns
    -------
    cells : int ndarray
        ``bin of x * bins + bin of y``; -1 for no cell.
    is_beyond : bool ndarray
        Points beyond the limit, whatever becomes of them.
    """
    across, up = bin_numbers(x, bins, limit), bin_numbers(y, bins, limit)
    is_beyond = (across < 0) | (across == bins) | (up < 0) | (up == bins)
    cells = np.clip(across, 0, bins - 1) * bins + np.clip(up, 0, bins - 1)
    if overflow == "drop":
        cells[is_beyond] = -1
    return cells, is_beyond


def histogram(
    x: np.ndarray, y: np.ndarray, bins: int, limit: float, overflow: str = "drop"
) -> tuple[np.ndarray, float]:
    """Count points in square cells.

    With ``overflow="drop"`` the counts are those of :func:`numpy.histogram2d`.

    Parameters
    ----------
    x, y, bins, limit, overflow
        As in :func:`cells_of`.

    Returns
    -------
    counts : int64 ndarray of shape (bins, bins)
        First axis: ``x``.
    beyond : float
        Share of points beyond the limit, whatever becomes of them.
    """
    cells, is_beyond = cells_of(x.ravel(), y.ravel(), bins, limit, overflow)
    counts = np.bincount(cells[cells >= 0], minlength=bins**2)
    return counts.reshape(bins, bins), float(is_beyond.mean())


def density(x: np.ndarray, y: np.ndarray, side: int, extent: float) -> np.ndarray:
    """Count points on a fine grid over ``[-extent, extent]``; outermost cells hold the rest.

    Parameters
    ----------
    x, y : ndarray of one shape
    side : int
        Cells of each axis.
    extent : float

    Returns
    -------
    counts : int64 ndarray of shape (side, side)
        First axis: ``x``.
    """
    scale = side / (2 * extent)
    across, up = (
        ((values.ravel() + extent) * scale).clip(0, side - 1).astype(np.int64) for values in (x, y)
    )
    return np.bincount(across * side + up, minlength=side**2).reshape(side, side)


def planes_of(windows: tuple[int, ...], limits: tuple[float, ...], n: int) -> Iterator[Plane]:
    """Yield all pairs of ``n`` components of each window size in turn."""
    for window, limit in zip(windows, limits, strict=True):
        for first, second in pairs(n):
            yield Plane(window, first, second, limit)

"""Fewer points of a curve, for display."""

import numpy as np


def thin_curve(
    x: np.ndarray, y: np.ndarray, max_points: int = 500
) -> tuple[np.ndarray, np.ndarray]:
    """Choose points of a curve that keep its shape on a screen.

    Points are taken at even steps along the curve, both axes scaled to their range and lengths
    measured as |dx| + |dy|. A point left out is at most ``length / (max_points - 1)`` from a point
    kept, where a rising curve has length 2; the two ends are always kept.

    Parameters
    ----------
    x, y : ndarray of shape (n_points,)
    max_points : int
        At least 2.

    Returns
    -------
    x, y : ndarray of shape (at most max_points,)
        A subset of the points, in order.
    """
    if len(x) <= max_points:
        return x, y
    steps = sum(np.abs(np.diff(axis)) / (np.ptp(axis) or 1) for axis in (x, y))
    along = np.append(0, np.cumsum(steps))
    kept = np.searchsorted(along, np.linspace(0, along[-1], max_points))
    kept[-1] = len(x) - 1
    kept = np.unique(kept)
    return x[kept], y[kept]

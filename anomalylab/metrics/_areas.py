"""Curves over the number of good pixels called defective, and the areas under them.

A curve is given by its corners: horizontal while only good pixels are added, then a line across
each run of equal scores, where good and defective pixels come together.
"""

import numpy as np

SERIES_BELOW = 1e-3
"""Relative growth of a denominator below which a power series replaces the logarithm."""


def corners(
    good_above: np.ndarray, good_at: np.ndarray, total: int, *heights: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Return the corners of curves that share one abscissa, from 0 good pixels to all.

    Parameters
    ----------
    good_above, good_at : ndarray of shape (n_scores,)
        Good pixels scoring higher, and at least as high; scores falling.
    total : int
        Number of good pixels.
    *heights : ndarray of shape (n_scores,)
        What each curve has reached at each score.

    Returns
    -------
    x, *y : float64 ndarray of shape (2 * n_scores + 2,)
    """
    x = np.empty(2 * len(good_at) + 2)
    x[0], x[1:-1:2], x[2:-1:2], x[-1] = 0, good_above, good_at, total
    return x, *(np.append(np.repeat(np.append(0.0, y[:-1]), 2), [y[-1], y[-1]]) for y in heights)


def cut(limit: float, x: np.ndarray, *heights: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the corners left of ``limit`` and the point of each curve at it.

    Parameters
    ----------
    limit : float in (x[0], x[-1]]
    x, *heights : ndarray of shape (n_corners,)
        As from :func:`corners`; where a curve jumps at ``limit``, its lower end counts.
    """
    stop = int(np.searchsorted(x, limit, side="left"))
    part = (limit - x[stop - 1]) / (x[stop] - x[stop - 1])
    ends = (y[stop - 1] + part * (y[stop] - y[stop - 1]) for y in heights)
    return np.append(x[:stop], limit), *(
        np.append(y[:stop], end) for y, end in zip(heights, ends, strict=True)
    )


def area(x: np.ndarray, y: np.ndarray, limit: float) -> float:
    """Integrate a curve from 0 to ``limit`` and divide by ``limit``."""
    return float(np.trapezoid(*reversed(cut(limit, x, y))) / limit)


def iou_area(
    x: np.ndarray, found: np.ndarray, false: np.ndarray, n_defective: int, limit: float
) -> float:
    """Integrate found / (n_defective + false) over x from 0 to ``limit``, divided by ``limit``.

    ``found`` and ``false`` are linear between corners, so each piece is
    (f + u df) / (D + u dD) over u from 0 to 1, whose integral is known. With r = dD / D it equals
    f / D * log(1 + r) / r + df / D * (r - log(1 + r)) / r**2.
    """
    x, found, false = cut(limit, x, found, false)
    width = np.diff(x)
    pieces = width > 0
    size = n_defective + false[:-1][pieces]
    growth = np.diff(false)[pieces] / size
    constant, rising = _mean_inverse(growth)
    mean = (found[:-1][pieces] * constant + np.diff(found)[pieces] * rising) / size
    return float(width[pieces] @ mean / limit)


def _mean_inverse(r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Integrate 1 / (1 + u r) and u / (1 + u r) over u from 0 to 1."""
    safe = np.maximum(r, SERIES_BELOW)
    log = np.log1p(safe)
    is_small = r < SERIES_BELOW
    powers = [1 - r * (1 / 2 - r * (1 / 3 - r * (1 / 4 - r * (1 / 5 - r / 6))))]
    powers += [1 / 2 - r * (1 / 3 - r * (1 / 4 - r * (1 / 5 - r * (1 / 6 - r / 7))))]
    closed = [log / safe, (safe - log) / safe**2]
    constant, rising = (np.where(is_small, p, c) for p, c in zip(powers, closed, strict=True))
    return constant, rising

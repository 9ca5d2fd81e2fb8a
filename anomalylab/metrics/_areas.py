"""Curves over the number of good pixels called defective, and the areas under them.

A curve is given by its corners: horizontal while only good pixels are added, then a line across
each run of equal scores, where good and defective pixels come together. Corners come in pieces,
each starting with the last corner of the piece before, so that little of a long curve is held at
once.
"""

from collections.abc import Iterable, Iterator

import numpy as np

Piece = tuple[np.ndarray, ...]

SCORES_PER_PIECE = 1 << 17
SERIES_BELOW = 1e-3
"""Relative growth of a denominator below which a power series replaces the logarithm."""


def corners(
    good_above: np.ndarray, good_at: np.ndarray, n_good: int, *heights: np.ndarray
) -> Iterator[Piece]:
    """Yield the corners of curves that share one abscissa, from 0 good pixels to all.

    Parameters
    ----------
    good_above, good_at : ndarray of shape (n_scores,)
        Good pixels scoring higher, and at least as high; scores falling.
    n_good : int
        Number of good pixels.
    *heights : ndarray of shape (n_scores,)
        What each curve has reached at each score.

    Yields
    ------
    x, *y : float64 ndarray of shape (n_corners,)
    """
    reached = [0.0] * (1 + len(heights))
    for start in range(0, len(good_at), SCORES_PER_PIECE):
        part = slice(start, start + SCORES_PER_PIECE)
        x = np.empty(2 * len(good_at[part]) + 1)
        x[0], x[1::2], x[2::2] = reached[0], good_above[part], good_at[part]
        stairs = [np.append(last, y[part]) for last, y in zip(reached[1:], heights, strict=True)]
        piece = (x, *(np.repeat(y, 2)[:-1] for y in stairs))
        reached = [axis[-1] for axis in piece]
        yield piece
    yield np.array([reached[0], n_good]), *(np.array([y, y]) for y in reached[1:])


def up_to(limit: float, pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield the pieces left of ``limit``, the last one ending on it.

    Parameters
    ----------
    limit : float
        Above 0 and at most the number of good pixels; where a curve jumps there, its lower end
        counts.
    pieces : iterable
        As from :func:`corners`.
    """
    for piece in pieces:
        x = piece[0]
        if x[-1] < limit:
            yield piece
            continue
        stop = int(np.searchsorted(x, limit, side="left"))
        part = (limit - x[stop - 1]) / (x[stop] - x[stop - 1])
        ends = (y[stop - 1] + part * (y[stop] - y[stop - 1]) for y in piece)
        yield tuple(np.append(y[:stop], end) for y, end in zip(piece, ends, strict=True))
        return


def area(pieces: Iterable[Piece], limit: float) -> float:
    """Integrate a curve from 0 to ``limit`` and divide by ``limit``."""
    return float(sum(np.trapezoid(y, x) for x, y in up_to(limit, pieces)) / limit)


def iou_area(pieces: Iterable[Piece], n_defective: int, limit: float) -> float:
    """Integrate found / (n_defective + false) over x from 0 to ``limit``, divided by ``limit``.

    Pieces hold x, found and false, all linear between corners. Each stretch is thus
    (f + u df) / (D + u dD) over u from 0 to 1, whose integral is known. With r = dD / D it equals
    f / D * log(1 + r) / r + df / D * (r - log(1 + r)) / r**2.
    """
    total = 0.0
    for x, found, false in up_to(limit, pieces):
        size = n_defective + false[:-1]
        constant, rising = _mean_inverse(np.diff(false) / size)
        mean = (found[:-1] * constant + np.diff(found) * rising) / size
        total += np.diff(x) @ mean
    return float(total / limit)


def _mean_inverse(r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Integrate 1 / (1 + u r) and u / (1 + u r) over u from 0 to 1."""
    constant = 1 - r * (1 / 2 - r * (1 / 3 - r * (1 / 4 - r * (1 / 5 - r / 6))))
    rising = 1 / 2 - r * (1 / 3 - r * (1 / 4 - r * (1 / 5 - r * (1 / 6 - r / 7))))
    is_large = r >= SERIES_BELOW
    large = r[is_large]
    log = np.log1p(large)
    constant[is_large], rising[is_large] = log / large, (large - log) / large**2
    return constant, rising

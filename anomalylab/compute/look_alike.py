"""Which of the images to look at first look alike: joined by what is odd in them.

What is odd in an image is how its cells differ from the usual cell at the same place, where its map
is highest. With cells ``x``, their mean ``m`` and their deviation ``s`` over ordinary images, and
weights ``w`` from the map,

    d = sum over cells of w (x - m) / s ,

at each level, side by side. Two images look alike if the directions of their ``d`` agree: their
distance is 1 less the cosine. How near is near is told by the ordinary images of the same folder,
which share no defect: their ``d`` points anywhere, as a rule at right angles, distance 1.
"""

from collections.abc import Mapping

import numpy as np

from anomalylab.compute.blas import one_blas_thread

NEAREST_PAIRS = 0.05
"""Share of the pairs of ordinary images, the nearest ones, that the limit is taken from."""

LIMIT = 0.65
"""Distance up to which images are joined, in the distance that these pairs keep within.

On all sources of ``tests/benchmarks/bench_look_alike.py`` together .86 of the groups are pure at
0.7 and .89 at 0.65; its last table chooses with each source left out and states that one."""

MIN_ORDINARY = 10
"""With fewer ordinary images no limit is known, and only copies are joined."""

_TOP = 0.9  # quantile of a map above which cells count
_LEAST_DEVIATION = 0.1  # of a channel, in the usual deviation of its level
_ROUNDING = 1e-9


@one_blas_thread()
def look_alike(
    levels: Mapping[str, np.ndarray],
    score_maps: np.ndarray,
    first: np.ndarray,
    ordinary: np.ndarray,
    copies: np.ndarray,
) -> np.ndarray:
    """Number the images to look at first, so that those that look alike share a number.

    Parameters
    ----------
    levels : mapping
        Level name -> array of shape (n_images, n_rows, n_cols, n_channels).
    score_maps : ndarray of shape (n_images, n_rows, n_cols)
        On any grid.
    first, ordinary : int ndarray
        Rows of the images to join, and of those that show what is usual; none in both.
    copies : int ndarray of shape (n_images,)
        Images of one number are copies of each other and joined whatever is odd in them.

    Returns
    -------
    numbers : int ndarray of shape (n_first,)
        Counted from 0 in the order of ``first``.
    """
    if len(ordinary) < MIN_ORDINARY:
        return _counted(copies[first])
    found = distances(oddities(levels, weights(score_maps), ordinary))
    usual = found[np.ix_(ordinary, ordinary)][np.triu_indices(len(ordinary), 1)]
    limit = LIMIT * float(np.quantile(usual, NEAREST_PAIRS))
    return joined(found[np.ix_(first, first)], limit, copies[first])


def weights(score_maps: np.ndarray) -> np.ndarray:
    """Return how much each cell counts: the square of what is above most of its own map.

    Parameters
    ----------
    score_maps : ndarray of shape (n_images, n_rows, n_cols)

    Returns
    -------
    weights : float64 ndarray of shape (n_images, n_rows, n_cols)
        With a sum of 1 for each image; all alike for a flat map.
    """
    flat = score_maps.reshape(len(score_maps), -1).astype(np.float64)
    above = (flat - np.quantile(flat, _TOP, axis=1, keepdims=True)).clip(0)
    above /= np.maximum(above.max(axis=1, keepdims=True), np.finfo(float).tiny)
    squared = above**2
    squared[~squared.any(axis=1)] = 1
    squared /= squared.sum(axis=1, keepdims=True)
    return np.asarray(squared.reshape(score_maps.shape))


def oddities(
    levels: Mapping[str, np.ndarray], weights: np.ndarray, ordinary: np.ndarray
) -> np.ndarray:
    """Return ``d`` of each image, see above: float64 of shape (n_images, n_channels of all levels).

    Each level counts by the mean over its channels.

    Parameters
    ----------
    levels, ordinary
        See :func:`look_alike`.
    weights : ndarray of shape (n_images, n_rows, n_cols)
    """
    return np.concatenate([_oddity(level, weights, ordinary) for level in levels.values()], axis=1)


def distances(oddities: np.ndarray) -> np.ndarray:
    """Return 1 less the cosine between each two rows, 0 to 2: (n_images, n_images).

    Two rows of zeros, nothing odd in either, are 0 apart; one of them is 1 from any other.
    """
    length = np.linalg.norm(oddities, axis=1)
    is_plain = length == 0
    unit = oddities / np.where(is_plain, 1, length)[:, None]
    found = 1 - (unit @ unit.T).clip(-1, 1)
    found[np.ix_(is_plain, is_plain)] = 0
    return np.asarray(found)


def joined(distances: np.ndarray, limit: float, copies: np.ndarray) -> np.ndarray:
    """Join the nearest two groups, by the mean distance of their members, while within a limit.

    Parameters
    ----------
    distances : ndarray of shape (n_images, n_images)
    limit : float
    copies : int ndarray of shape (n_images,)
        Images of one number are joined before all others.

    Returns
    -------
    numbers : int ndarray of shape (n_images,)
        Counted from 0 in the order of images.
    """
    numbers = _counted(copies)
    while numbers.any():
        members = np.eye(numbers.max() + 1)[:, numbers]
        members /= members.sum(axis=1, keepdims=True)
        means = members @ distances @ members.T
        means[np.tril_indices(len(means))] = np.inf
        one, other = divmod(int(means.argmin()), len(means))
        if means[one, other] > limit + _ROUNDING:
            break
        numbers = _counted(np.where(numbers == other, one, numbers))
    return numbers


def _oddity(level: np.ndarray, weights: np.ndarray, ordinary: np.ndarray) -> np.ndarray:
    n_images, n_rows, n_cols, n_channels = level.shape
    usual = level[ordinary].mean(axis=0, dtype=np.float64)
    deviation = np.sqrt(((level[ordinary] - usual) ** 2).mean(axis=(0, 1, 2)))
    deviation = np.maximum(deviation, _LEAST_DEVIATION * deviation.mean())
    by_rows = _overlap(weights.shape[1], n_rows)
    by_cols = _overlap(weights.shape[2], n_cols)
    of_cells = (by_rows @ weights @ by_cols.T).reshape(n_images, 1, -1)
    odd = (level - usual).reshape(n_images, -1, n_channels)
    scale = np.where(deviation > 0, deviation, 1) * np.sqrt(n_channels)
    return np.asarray((of_cells @ odd)[:, 0] / scale)


def _overlap(n_from: int, n_to: int) -> np.ndarray:
    """Return the share of each of ``n_from`` equal parts that lies in each of ``n_to``."""
    of, to = (np.arange(n + 1) / n for n in (n_from, n_to))
    low = np.maximum(to[:-1, None], of[None, :-1])
    high = np.minimum(to[1:, None], of[None, 1:])
    return np.asarray((high - low).clip(0) * n_from)


def _counted(numbers: np.ndarray) -> np.ndarray:
    """Return the same partition, numbered from 0 in order of first members."""
    _, first, number = np.unique(numbers, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[number])

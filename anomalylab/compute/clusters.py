"""Kinds of images in one folder: clusters of their features that lie far apart.

Each image is a point, its features averaged over the image. Points are put into 2 to 5 clusters,
and these are kinds if any two of them are set apart by their distance and by a gap. With centres
``a`` and ``b`` of two clusters, ``s`` the root mean square distance of the points of a cluster from
its centre, and ``t = (x - a)'(b - a) / |b - a|`` where a point lies on the line through both,

    |b - a| >= LEAST_DISTANCE max(s_a, s_b)
    q05(t of b) - q95(t of a) >= LEAST_GAP (mean variance of t within a and within b)^(1/2)

A cloud without a gap fails the second, however long it is; one that a mirrored pose or a little
more light splits cleanly fails the first, for its images differ as much among themselves.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.cluster.hierarchy import fcluster, ward

from anomalylab.compute.blas import one_blas_thread

MOST_KINDS = 5

LEAST_POINTS = 8
LEAST_SHARE = 0.1
"""Points of a kind, at least, and share of all: fewer are rather defects or odd ones."""

LEAST_DISTANCE = 1.75
"""Distance of two centres, in spreads of the wider cluster; chosen in
``tests/benchmarks/bench_kinds.py``."""

LEAST_GAP = 2.5
"""Gap between two clusters on the line through their centres, in spreads along it.

Halves of one cloud overlap: the gap is 0.2 between those of evenly spread points, 0.4 of normal
ones."""

_MOST_POINTS = 1500  # whose distances are all computed
_MOST_MOVES = 100


class Clusters(NamedTuple):
    """Which image is of which kind.

    ``number`` counts kinds from 0, those of more images first; ``distance`` is that of each image
    from the centre of its kind, both of shape (n_images,).
    """

    number: np.ndarray
    distance: np.ndarray

    @property
    def sizes(self) -> list[int]:
        """Numbers of images of the kinds."""
        return [int(size) for size in np.bincount(self.number)]


@one_blas_thread()
def clusters(levels: Sequence[np.ndarray], groups: np.ndarray | None = None) -> Clusters:
    """Put images into kinds; one kind if no clusters lie far enough apart.

    The most clusters of which any two do are taken. The result does not depend on the order of the
    images but for the numbers of kinds of as many images, which follow first rows.

    Parameters
    ----------
    levels : sequence of ndarray of shape (n_images, n_channels)
        Features of each level, averaged over the image; channels may differ. Levels are brought to
        the same spread and count alike.
    groups : int ndarray of shape (n_images,), optional
        Images of one number are one point, their mean, so that many photographs of one part are no
        kind.

    Returns
    -------
    clusters : Clusters
    """
    images = standardised(levels)
    _, of_image = np.unique(
        np.arange(len(images)) if groups is None else groups, return_inverse=True
    )
    points = _means(images, of_image)
    number = _ranked(_separate(points)[of_image])
    return Clusters(number, np.linalg.norm(images - _means(images, number)[number], axis=1))


def standardised(levels: Sequence[np.ndarray]) -> np.ndarray:
    """Put levels side by side, each centred and of mean square distance 1 from its centre."""
    parts = []
    for level in levels:
        centred = np.asarray(level, float) - np.mean(level, axis=0, dtype=float)
        spread = np.sqrt((centred**2).sum(axis=1).mean())
        parts.append(centred / spread if spread > 0 else centred)
    return np.concatenate(parts, axis=1)


def separation(points: np.ndarray, number: np.ndarray) -> tuple[float, float]:
    """Return the least distance and the least gap between any two clusters.

    Parameters
    ----------
    points : ndarray of shape (n_points, n_channels)
    number : int ndarray of shape (n_points,)
        Counted from 0; each cluster has two points or more.

    Returns
    -------
    distance, gap : float
        As compared with ``LEAST_DISTANCE`` and ``LEAST_GAP``.
    """
    pairs = combinations(range(number.max() + 1), 2)
    found = [_apart(points[number == one], points[number == other]) for one, other in pairs]
    distance, gap = np.min(found, axis=0)
    return float(distance), float(gap)


def partition(points: np.ndarray, n_clusters: int) -> np.ndarray:
    """Put points into clusters of least variance: Ward's, then k-means from there.

    Parameters
    ----------
    points : ndarray of shape (n_points, n_channels)
    n_clusters : int
        Not more than there are points.

    Returns
    -------
    number : int ndarray of shape (n_points,)
        From 0; fewer clusters may be left where points coincide.
    """
    return _moved(points, fcluster(_tree(points), n_clusters, "maxclust") - 1)


def proposals(points: np.ndarray) -> Iterator[tuple[np.ndarray, float, float]]:
    """Yield partitions, those into more clusters first, whose clusters are all large enough.

    Parameters
    ----------
    points : ndarray of shape (n_points, n_channels)

    Yields
    ------
    number : int ndarray of shape (n_points,)
    distance, gap : float
        See :func:`separation`.
    """
    least = max(LEAST_POINTS, LEAST_SHARE * len(points))
    most = min(MOST_KINDS, int(len(points) / least))
    if most < 2:
        return
    chosen = _some(points)
    tree = _tree(points[chosen])
    for n_clusters in range(most, 1, -1):
        first = _means(points[chosen], fcluster(tree, n_clusters, "maxclust") - 1)
        number = _moved(points, _nearest(points, first))
        sizes = np.bincount(number)
        if len(sizes) > 1 and sizes.min() >= least:
            yield number, *separation(points, number)


def _separate(points: np.ndarray) -> np.ndarray:
    """Return the most clusters that all lie apart; else one."""
    for number, distance, gap in proposals(points):
        if distance >= LEAST_DISTANCE and gap >= LEAST_GAP:
            return number
    return np.zeros(len(points), int)


def _some(points: np.ndarray) -> np.ndarray:
    """Return rows of at most ``_MOST_POINTS`` points, evenly among them by the first channel."""
    step = -(-len(points) // _MOST_POINTS)
    return np.lexsort(points.T[::-1])[::step] if step > 1 else np.arange(len(points))


def _tree(points: np.ndarray) -> np.ndarray:
    """Return Ward's tree of points."""
    squares = (points**2).sum(axis=1)
    first, second = np.triu_indices(len(points), 1)
    squared = (squares[:, None] + squares - 2 * points @ points.T)[first, second]
    tree: np.ndarray = ward(np.sqrt(squared.clip(0)))
    return tree


def _moved(points: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Move points to the nearest mean of a cluster until none moves."""
    for _ in range(_MOST_MOVES):
        moved = _nearest(points, _means(points, number))
        if (moved == number).all():
            break
        number = np.unique(moved, return_inverse=True)[1]
    return number


def _nearest(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    number: np.ndarray = ((centres**2).sum(axis=1) - 2 * points @ centres.T).argmin(axis=1)
    return number


def _means(points: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Return the mean of the points of each number, (n_numbers, n_channels)."""
    order, sizes = np.argsort(number, kind="stable"), np.bincount(number)
    sums = np.add.reduceat(points[order], np.cumsum(sizes) - sizes)
    return np.asarray(sums / sizes[:, None])


def _apart(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Return distance and gap of two clusters, each in its spreads."""
    way = other.mean(axis=0) - one.mean(axis=0)
    distance = np.linalg.norm(way)
    spread = max(np.sqrt(part.var(axis=0, ddof=1).sum()) for part in (one, other))
    if distance == 0:
        return 0.0, 0.0
    lower, upper = one @ way / distance, other @ way / distance
    along = np.sqrt((lower.var(ddof=1) + upper.var(ddof=1)) / 2)
    gap = np.quantile(upper, 0.05) - np.quantile(lower, 0.95)
    with np.errstate(divide="ignore"):
        return float(np.divide(distance, spread)), float(np.divide(gap, along))


def _ranked(number: np.ndarray) -> np.ndarray:
    """Number clusters anew, those of more images first, then those of earlier first rows."""
    _, first, sizes = np.unique(number, return_index=True, return_counts=True)
    rank = np.empty(len(first), int)
    rank[np.lexsort((first, -sizes))] = np.arange(len(first))
    ranked: np.ndarray = rank[number]
    return ranked

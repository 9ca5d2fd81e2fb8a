"""Do defects lie close to each other, or is each far from everything?

Where defects are a cluster, the nearest neighbours of a defect are defects, and a method that looks
at neighbours takes them for normal. Where each is different, pollution hardly harms such a method.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist

from anomalylab.errors import ParameterError

PAIRS = ("healthy and healthy", "healthy and defective", "defective and defective")
"""The kinds of pairs, in the order of all that is returned."""

RATIOS = (
    "healthy and defective / healthy and healthy",
    "defective and defective / healthy and defective",
)

N_SHUFFLES = 2000
Z = 1.959964
"""Standard deviations on either side of a 95 % interval."""


class Neighbours(NamedTuple):
    """How many images of a class have an image of that class as nearest neighbour.

    Parameters
    ----------
    n, n_same : int
        Images of the class, and those whose nearest neighbour is of the class.
    expected, low, high : float
        The same number if classes were dealt at random: its mean and the ends between which 95 %
        of :data:`N_SHUFFLES` deals lie.
    """

    n: int
    n_same: int
    expected: float
    low: float
    high: float


class Distances(NamedTuple):
    """What Table 3 of the publication shows, and more.

    Parameters
    ----------
    between : tuple of float64 ndarray
        Euclidean distances of all pairs of each kind of :data:`PAIRS`; no image with itself.
    ratios : tuple of (value, low, high)
        Of the means, see :data:`RATIOS`, with 95 % intervals from leaving out one image at a time.
    defects, healthy : Neighbours
    """

    between: tuple[np.ndarray, np.ndarray, np.ndarray]
    ratios: tuple[tuple[float, float, float], ...]
    defects: Neighbours
    healthy: Neighbours

    @property
    def means(self) -> tuple[float, ...]:
        """Mean distance of each kind of pairs."""
        return tuple(float(values.mean()) for values in self.between)


def distances(vectors: np.ndarray, is_defect: np.ndarray, *, seed: int = 0) -> Distances:
    """Measure how far healthy and defective images are from their own and the other kind.

    Parameters
    ----------
    vectors : ndarray of shape (n_images, n_channels)
    is_defect : bool ndarray of shape (n_images,)
    seed : int
        Of the deals that say how many neighbours of one class chance would give.

    Raises
    ------
    ParameterError
        If there are fewer than three images of a class.
    """
    n_of_class = int(is_defect.sum()), int((~is_defect).sum())
    if min(n_of_class) < 3:
        raise ParameterError(
            f"distances need at least 3 healthy and 3 defective images; there are {n_of_class[1]} "
            f"and {n_of_class[0]}"
        )
    apart = cdist(vectors.astype(np.float64), vectors.astype(np.float64))
    of_healthy, of_defects = (
        apart[np.ix_(~is_defect, ~is_defect)],
        apart[np.ix_(is_defect, is_defect)],
    )
    across = apart[np.ix_(~is_defect, is_defect)]
    once = [square[np.triu_indices(len(square), 1)] for square in (of_healthy, of_defects)]
    defects, healthy = nearest(apart, is_defect, seed=seed)
    return Distances(
        (once[0], across.ravel(), once[1]), _ratios(apart, is_defect), defects, healthy
    )


def nearest(
    apart: np.ndarray, is_defect: np.ndarray, *, seed: int
) -> tuple[Neighbours, Neighbours]:
    """Count defects whose nearest neighbour is a defect, and the same of healthy images.

    Parameters
    ----------
    apart : ndarray of shape (n_images, n_images)
        Distances.
    is_defect : bool ndarray of shape (n_images,)
    seed : int
    """
    others = apart + np.where(np.eye(len(apart), dtype=bool), np.inf, 0)
    neighbour = others.argmin(axis=1)
    rng = np.random.default_rng(seed)
    dealt = rng.permuted(np.tile(is_defect, (N_SHUFFLES, 1)), axis=1)
    found = []
    for kind, dealt_kind in ((is_defect, dealt), (~is_defect, ~dealt)):
        chance = (dealt_kind & dealt_kind[:, neighbour]).sum(axis=1)
        low, high = np.quantile(chance, (0.025, 0.975))
        n_same = int((kind & kind[neighbour]).sum())
        found.append(
            Neighbours(int(kind.sum()), n_same, float(chance.mean()), float(low), float(high))
        )
    return found[0], found[1]


def _ratios(apart: np.ndarray, is_defect: np.ndarray) -> tuple[tuple[float, float, float], ...]:
    """Return ratios of mean distances with jackknife intervals, images drawn anew in each class."""
    to_healthy, to_defects = apart[:, ~is_defect].sum(axis=1), apart[:, is_defect].sum(axis=1)
    n_healthy, n_defects = (~is_defect).sum(), is_defect.sum()
    sums = np.array(
        [to_healthy[~is_defect].sum(), to_healthy[is_defect].sum(), to_defects[is_defect].sum()]
    )
    counts = np.array(
        [n_healthy * (n_healthy - 1), n_healthy * n_defects, n_defects * (n_defects - 1)]
    )
    zero = np.zeros(len(apart))
    less = np.where(
        is_defect, [zero, to_healthy, 2 * to_defects], [2 * to_healthy, to_defects, zero]
    )
    fewer = np.where(
        is_defect[:, None],
        [0, n_healthy, 2 * (n_defects - 1)],
        [2 * (n_healthy - 1), n_defects, 0],
    )
    whole, without = sums / counts, (sums - less.T) / (counts - fewer)
    over: tuple[Callable[[np.ndarray], np.ndarray], ...] = (
        lambda means: means[..., 1] / means[..., 0],
        lambda means: means[..., 2] / means[..., 1],
    )
    found = []
    for ratio in over:
        value, parts = float(ratio(whole)), ratio(without)
        spread = sum(
            (len(part) - 1) * float(part.var()) for part in (parts[is_defect], parts[~is_defect])
        )
        found.append((value, value - Z * spread**0.5, value + Z * spread**0.5))
    return tuple(found)

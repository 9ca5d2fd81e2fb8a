"""Which cells of training images leave the memory of a detector; the images stay.

A small defect spoils a few cells of its image, and the others are as good as those of any. A
detector with a memory of cells is then scored with ``keep_cells``; one with a model of its own for
each cell (padim) is fitted on :func:`without_cells`.
"""

import numpy as np

from anomalylab.compute.local_outliers import factors_by_place
from anomalylab.compute.locally_aware import neighbourhood_mean
from anomalylab.datasets.pollute import n_of_share
from anomalylab.detectors import Pool
from anomalylab.errors import ParameterError
from anomalylab.features import Features
from anomalylab.registry import unknown_name

RANKED = ("everywhere", "by place")
"""Whether cells are ranked among those of all places, or among those at the same place."""


def cell_suspicion(pool: Pool, train: np.ndarray) -> np.ndarray:
    """Return how far each training cell lies from the cells of other images.

    Parameters
    ----------
    pool : Pool
    train : int ndarray of shape (n_train,)
        Rows of its features.

    Returns
    -------
    suspicion : float32 ndarray of shape (n_train, n_rows, n_cols)
        Score maps, images of a group left out together.
    """
    return pool.score(train, train, leave_out="group")[1]


def density_suspicion(features: Features, train: np.ndarray, *, k: int = 6) -> np.ndarray:
    """Return how sparse the surroundings of each cell are, compared with its neighbours' [1]_.

    Each cell is averaged with the eight around it, levels are put side by side on the finest grid,
    and cells at the same place of all training images are compared by their local outlier factor.
    The network's features are used in full; the original brings them to 128 numbers at random.

    Parameters
    ----------
    features : Features
        Levels that a detector of patches uses.
    train : int ndarray of shape (n_train,)
    k : int
        Neighbours.

    Returns
    -------
    factors : float64 ndarray of shape (n_train, n_rows, n_cols)
        About 1 for usual cells, more for others.

    Raises
    ------
    ParameterError
        If there are fewer than ``k`` images of other groups.

    References
    ----------
    .. [1] Jiang et al. (2022). SoftPatch: unsupervised anomaly detection with noisy data. NeurIPS.
       https://arxiv.org/abs/2403.14233
    """
    chosen = features.subset(train)
    pooled = {name: neighbourhood_mean(chosen.level(name)) for name in chosen.names}
    cells = Features(pooled).aligned(interpolation="bilinear")
    return factors_by_place(cells, k=k, groups=chosen.group_numbers)


def kept_cells(suspicion: np.ndarray, *, reject: float, ranked: str = "everywhere") -> np.ndarray:
    """Tell which cells are kept: all but the most suspicious.

    Parameters
    ----------
    suspicion : ndarray of shape (n_train, n_rows, n_cols)
    reject : float in [0, 1)
        Share of all cells that leaves, rounded down; of equal ones the first.
    ranked : {"everywhere", "by place"}
        ``by place``: the same share leaves at each place, so that each keeps as many images.

    Returns
    -------
    kept : bool ndarray of shape (n_train, n_rows, n_cols)

    Raises
    ------
    ParameterError
        If ``reject`` lies outside [0, 1).
    """
    if ranked not in RANKED:
        unknown_name("way of ranking cells", ranked, RANKED)
    axis = None if ranked == "everywhere" else 0
    values = suspicion.ravel() if axis is None else suspicion
    order = np.argsort(-values, axis=0, kind="stable")
    kept = np.ones(values.shape, bool)
    np.put_along_axis(kept, order[: n_of_share(reject, len(values))], False, axis=0)
    return kept.reshape(suspicion.shape)


def kept_images(kept: np.ndarray, *, max_dropped: float) -> np.ndarray:
    """Tell which images still have enough of their cells.

    Parameters
    ----------
    kept : bool ndarray of shape (n_train, n_rows, n_cols)
        From :func:`kept_cells`.
    max_dropped : float in [0, 1]
        Share of the cells of an image beyond which the whole image leaves.

    Returns
    -------
    images : bool ndarray of shape (n_train,)

    Raises
    ------
    ParameterError
        If ``max_dropped`` lies outside [0, 1].
    """
    if not 0 <= max_dropped <= 1:
        raise ParameterError(f"max_dropped is a share in [0, 1], not {max_dropped}")
    return np.asarray(1 - kept.mean(axis=(1, 2)) <= max_dropped + 1e-9)


def without_cells(features: Features, kept: np.ndarray) -> Features:
    """Return training images for detectors with a model for each cell, without some cells.

    Such a detector (padim) looks at one place at a time. So the rows of what is returned need not
    be images: row i holds, at each place, the i-th image whose cell is kept there. A fit to them is
    a fit to the kept cells of each place; it scores images brought :func:`side_by_side`.

    Parameters
    ----------
    features : Features
        Training images.
    kept : bool ndarray of shape (n_train, n_rows, n_cols)
        As many at each place, as ``kept_cells(..., ranked="by place")`` gives them.

    Returns
    -------
    cells : Features
        One level ``cells`` of as many rows as a place keeps.

    Raises
    ------
    ParameterError
        If places keep different numbers of cells, or shapes differ.
    """
    aligned = side_by_side(features).level("cells")
    if kept.shape != aligned.shape[:3]:
        raise ParameterError(f"kept must have shape {aligned.shape[:3]}, not {kept.shape}")
    n_kept = kept.sum(axis=0)
    if n_kept.min() != n_kept.max():
        raise ParameterError(
            f"each place must keep as many cells, not {n_kept.min()} to {n_kept.max()}; rank cells "
            "by place"
        )
    rows = np.argsort(~kept, axis=0, kind="stable")[: int(n_kept.flat[0])]
    return Features({"cells": np.take_along_axis(aligned, rows[..., None], axis=0)})


def side_by_side(features: Features) -> Features:
    """Return all levels on the finest grid as one level ``cells``, coarse cells repeated."""
    return Features({"cells": features.aligned()}, features.groups)

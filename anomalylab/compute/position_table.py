"""How often each kind of cell stands at each place of aligned images.

References
----------
.. [1] Bae, Lee, Kim (2023). PNI: Industrial Anomaly Detection using Position and Neighborhood
   Information. https://arxiv.org/abs/2211.12634
"""

import numpy as np

from anomalylab.errors import ParameterError


def position_counts(kinds: np.ndarray, n_kinds: int) -> np.ndarray:
    """Count over images how often each kind stands at each place.

    Parameters
    ----------
    kinds : int ndarray of shape (n_images, n_rows, n_cols)
        From 0; such as the nearest of some reference cells.
    n_kinds : int

    Returns
    -------
    counts : int64 ndarray of shape (n_rows, n_cols, n_kinds)
    """
    if kinds.ndim != 3 or kinds.size == 0:
        raise ParameterError(f"kinds have shape (n_images, n_rows, n_cols), not {kinds.shape}")
    if kinds.min() < 0 or kinds.max() >= n_kinds:
        raise ParameterError(f"kinds must lie from 0 to {n_kinds - 1}, not up to {kinds.max()}")
    n_cells = kinds[0].size
    flat = kinds.reshape(len(kinds), n_cells) + n_kinds * np.arange(n_cells)
    counts = np.bincount(flat.ravel(), minlength=n_kinds * n_cells)
    return np.asarray(counts.reshape(*kinds.shape[1:], n_kinds))


def position_shares(kinds: np.ndarray, n_kinds: int, *, radius: int = 0) -> np.ndarray:
    """Return ``p(kind | place)``: what share of the cells around a place is of each kind [1]_.

    ``p(k | y, x) = h(k, y, x) / sum_k h(k, y, x)`` with ``h`` the counts over all training images
    in the ``(2 radius + 1)^2`` cells around the place, as many of them as lie in the image.

    Parameters
    ----------
    kinds : int ndarray of shape (n_images, n_rows, n_cols)
    n_kinds : int
    radius : int
        Cells on each side; 0, as the paper has it, looks at the place alone.

    Returns
    -------
    shares : float32 ndarray of shape (n_rows, n_cols, n_kinds)
        They add up to 1 at each place.

    Raises
    ------
    ParameterError
        If there are no images, or the radius is negative.
    """
    if radius < 0:
        raise ParameterError(f"radius must be at least 0 cells, not {radius}")
    around = position_counts(kinds, n_kinds)
    for axis in (0, 1):
        around = _box_sums(around, radius, axis)
    return np.asarray(around / around.sum(axis=2, keepdims=True), np.float32)


def _box_sums(counts: np.ndarray, radius: int, axis: int) -> np.ndarray:
    """Add up ``2 radius + 1`` neighbours along an axis, as differences of cumulative sums."""
    if radius == 0:
        return counts
    length = counts.shape[axis]
    before = np.zeros_like(counts.take([0], axis))
    sums = np.concatenate([before, counts.cumsum(axis)], axis)
    place = np.arange(length)
    last = np.minimum(place + radius + 1, length)
    return np.asarray(sums.take(last, axis) - sums.take(np.maximum(place - radius, 0), axis))

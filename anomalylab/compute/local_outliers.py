"""How much sparser the neighbourhood of a point is than those of its neighbours (LOF).

References
----------
.. [1] Breunig, Kriegel, Ng, Sander (2000). LOF: identifying density-based local outliers. SIGMOD.
"""

import numpy as np

from anomalylab.compute.blas import one_blas_thread
from anomalylab.compute.cells import blocks
from anomalylab.errors import ParameterError

_NEAR_ZERO = 1e-10


@one_blas_thread()
def factors_by_place(cells: np.ndarray, *, k: int, groups: np.ndarray | None = None) -> np.ndarray:
    """Compare each cell with the cells at the same place in other images [1]_.

    With the k nearest ``y`` of ``x``, ``d_k`` the distance to the k-th nearest, and
    ``reach(x, y) = max(d_k(y), |x - y|)``, the density of ``x`` is ``1 / mean reach(x, y)``; its
    factor is the mean density of its neighbours over its own: about 1 within a cloud, and larger
    beyond.

    Parameters
    ----------
    cells : ndarray of shape (n_images, n_rows, n_cols, n_channels)
    k : int
        Neighbours.
    groups : int ndarray of shape (n_images,), optional
        Images of one number are no neighbours of each other; an image never is of itself.

    Returns
    -------
    factors : float64 ndarray of shape (n_images, n_rows, n_cols)

    Raises
    ------
    ParameterError
        If some image has fewer than ``k`` others to be compared with.
    """
    n_images, n_rows, n_cols, n_channels = cells.shape
    groups = np.arange(n_images) if groups is None else np.asarray(groups)
    is_own = groups[:, None] == groups
    n_others = n_images - int(is_own.sum(axis=1).max(initial=0))
    if not 1 <= k <= n_others:
        raise ParameterError(
            f"neighbours must be 1 to {n_others}, the images of other groups, not {k}"
        )
    places = cells.reshape(n_images, -1, n_channels)
    factors = np.empty((n_rows * n_cols, n_images))
    for some in blocks(len(factors), 8 * n_images * (n_channels + 4 * n_images)):
        factors[some] = _factors(np.moveaxis(places[:, some], 1, 0).astype(np.float64), k, is_own)
    return factors.T.reshape(n_images, n_rows, n_cols)


def _factors(points: np.ndarray, k: int, is_own: np.ndarray) -> np.ndarray:
    """Return the factors of ``points`` (n_places, n, n_channels): (n_places, n)."""
    points -= points.mean(axis=1, keepdims=True)
    norms = np.einsum("pnc,pnc->pn", points, points)
    squared = norms[:, :, None] + norms[:, None] - 2 * points @ points.transpose(0, 2, 1)
    distance = np.sqrt(np.maximum(squared, 0))
    distance[:, is_own] = np.inf
    near = np.argsort(distance, axis=2, kind="stable")[:, :, :k]
    to_near = np.take_along_axis(distance, near, 2)
    place = np.arange(len(points))[:, None, None]
    reach = np.maximum(to_near[:, :, -1][place, near], to_near)
    density = 1 / (reach.mean(axis=2) + _NEAR_ZERO)
    return np.asarray(density[place, near].mean(axis=2) / density)

"""Mahalanobis distances of many Gaussians at once, without a matrix larger than need be.

``d^2 = (x - mu)' S^-1 (x - mu)`` with ``S = identity * I + weight * Xc' Xc``, where the rows of
``Xc``, of shape (n_images, n_channels), are the training vectors less their mean ``mu``. With fewer
images than channels everything follows from the Gram matrix ``Xc Xc'`` (Woodbury's identity).
Leaving images out is a change of low rank, so a single factorisation scores every training image as
if it, or its group, had been left out (Sherman & Morrison; Woodbury).
All arithmetic is float64; leading axes, written ``...``, run over cells.
"""

import numpy as np
from scipy.linalg import blas, lapack

from anomalylab.errors import ParameterError

Groups = dict[int, np.ndarray]
"""Number of images of a group -> rows of all groups of that size, (n_groups, size)."""


def distances_from_grams(
    gram: np.ndarray,
    cross: np.ndarray,
    square_norms: np.ndarray,
    identity: np.ndarray,
    weight: np.ndarray,
) -> np.ndarray:
    """Compute squared Mahalanobis distances of queries from inner products alone.

    With a centred query ``q``, ``L L' = identity * I + weight * Xc Xc'`` and ``e = L^-1 Xc q``,
    ``d^2 = (q' q - weight * e' e) / identity``.

    Parameters
    ----------
    gram : ndarray of shape (n_cells, n_images, n_images)
        ``Xc Xc'`` of the training vectors.
    cross : ndarray of shape (n_cells, n_queries, n_images)
        Inner products of centred queries with centred training vectors.
    square_norms : ndarray of shape (n_cells, n_queries)
        Squared lengths of the centred queries.
    identity, weight : ndarray of shape (n_cells,)
        The covariance; ``identity`` is positive.

    Returns
    -------
    squared : ndarray of shape (n_cells, n_queries)
    """
    explained = solve_lower(_cholesky(gram, identity, weight), cross)
    outside = square_norms - weight[:, None] * np.einsum("cqn,cqn->cq", explained, explained)
    squared: np.ndarray = np.maximum(outside, 0) / identity[:, None]
    return squared


def groups_by_size(groups: np.ndarray) -> Groups:
    """Sort images into groups of equal size.

    Parameters
    ----------
    groups : int ndarray of shape (n_images,)
        Images of one number belong together.

    Returns
    -------
    by_size : dict of int ndarray of shape (n_groups, size)
        Size of a group -> rows of the groups of that size.

    Raises
    ------
    ParameterError
        If all images are of one group, so that none would be left.
    """
    by_size: dict[int, list[np.ndarray]] = {}
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        by_size.setdefault(len(rows), []).append(rows)
    if len(groups) in by_size:
        raise ParameterError(
            f"all {len(groups)} training images are of one group; give others to compare it with"
        )
    return {size: np.stack(members) for size, members in by_size.items()}


def leave_group_out(inside: np.ndarray, weight: np.ndarray, n_images: int) -> np.ndarray:
    """Turn inner products around the mean of all images into distances of a group left out.

    With ``K`` the inner products ``Xg S^-1 Xg'`` of the ``m`` images of a group and
    ``C = I + 11' / (n - m)``, the squared distances are the diagonal of
    ``C K (I - weight C K)^-1 C``. For one image this is :func:`leave_one_out`.

    Parameters
    ----------
    inside : ndarray of shape (..., m, m)
        ``K``, by the covariance of all images with the weight of ``n - m``.
    weight : ndarray of shape (...)
        That weight.
    n_images : int
        ``n``.

    Returns
    -------
    squared : ndarray of shape (..., m)
    """
    shift = _shift(inside.shape[-1], n_images)
    solved = np.linalg.solve(_group_gap(inside, weight, n_images), inside)
    squared: np.ndarray = np.maximum(np.einsum("ij,...jk,ki->...i", shift, solved, shift), 0)
    return squared


def weighted_group_left_out(
    whitened: np.ndarray, inside: np.ndarray, weight: np.ndarray, n_images: int
) -> np.ndarray:
    """Return inverse covariance times deviation for the images of a group that is left out.

    ``(C^-1 - weight K)^-1 Xg S^-1``, in the words of :func:`leave_group_out`.

    Parameters
    ----------
    whitened : ndarray of shape (m, n_channels)
        ``Xg S^-1``.
    inside, weight, n_images
        As for :func:`leave_group_out`.
    """
    shift = _shift(len(inside), n_images)
    gap = np.linalg.inv(shift) - np.asarray(weight) * inside
    weighted: np.ndarray = np.linalg.solve(gap, whitened)
    return weighted


def _group_gap(inside: np.ndarray, weight: np.ndarray, n_images: int) -> np.ndarray:
    shift = _shift(inside.shape[-1], n_images)
    gap: np.ndarray = np.eye(len(shift)) - np.asarray(weight)[..., None, None] * inside @ shift
    return gap


def _shift(size: int, n_images: int) -> np.ndarray:
    """Return ``C``, which takes deviations from the mean of all to those from the others'."""
    return np.eye(size) + 1 / (n_images - size)


def leave_one_out(inside: np.ndarray, weight: np.ndarray, n_images: int) -> np.ndarray:
    """Turn squared distances to the mean of all images into those of images left out.

    ``d^2 (n / (n - 1))^2 / (1 - weight n / (n - 1) d^2)``, for ``n`` images.

    Parameters
    ----------
    inside : ndarray of shape (..., n_images)
        Squared distances by the covariance of all images with the weight of one image less.
    weight : ndarray of shape (...)
        That weight.
    n_images : int
    """
    gap = leverage_gap(inside, weight, n_images)
    squared: np.ndarray = inside * (n_images / (n_images - 1)) ** 2 / gap
    return squared


def leverage_gap(inside: np.ndarray, weight: np.ndarray, n_images: int) -> np.ndarray:
    """Compute ``1 - weight n / (n - 1) d^2``, by which the inverse grows without an image.

    It is the denominator of :func:`leave_one_out`, at most 1 and kept above 0.

    Parameters are those of :func:`leave_one_out`.
    """
    change = np.asarray(weight)[..., None] * n_images / (n_images - 1)
    gap: np.ndarray = np.maximum(1 - change * inside, np.finfo(float).eps)
    return gap


def precision(
    centred: np.ndarray, identity: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the inverse covariance in factors, with as few rows as possible.

    Parameters
    ----------
    centred : ndarray of shape (..., n_images, n_channels)
    identity, weight : ndarray of shape (...)

    Returns
    -------
    scale : ndarray of shape (...)
    factor : ndarray of shape (..., min(n_images, n_channels), n_channels)
        The inverse is ``scale * I - factor' factor`` with fewer images than channels, and
        ``factor' factor`` with a scale of zero otherwise.
    """
    n_images, n_channels = centred.shape[-2:]
    transposed = np.swapaxes(centred, -1, -2)
    if n_images >= n_channels:
        return np.zeros_like(identity), inverse_factor(transposed @ centred, identity, weight)
    lower = _cholesky(centred @ transposed, identity, weight)
    factor = np.swapaxes(solve_lower(lower, transposed), -1, -2)
    return 1 / identity, factor * np.sqrt(weight / identity)[..., None, None]


def inverse_factor(products: np.ndarray, identity: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return lower triangular factors of inverse covariances, which are ``factor' factor``.

    Parameters
    ----------
    products : ndarray of shape (..., n_channels, n_channels)
        ``Xc' Xc`` of the training vectors.
    identity, weight : ndarray of shape (...)

    Returns
    -------
    factor : ndarray of shape (..., n_channels, n_channels)
    """
    return invert_lower(_cholesky(products, identity, weight))


def apply_precision(scale: np.ndarray, factor: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Multiply vectors of shape (..., n, n_channels) by the inverse covariance."""
    product = (vectors @ np.swapaxes(factor, -1, -2)) @ factor
    scale = np.asarray(scale)[..., None, None]
    applied: np.ndarray = np.where(scale > 0, scale * vectors - product, product)
    return applied


def solve_lower(lower: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Solve ``lower x = row`` for every row of ``rows``.

    Parameters
    ----------
    lower : float64 ndarray of shape (..., n, n)
        Lower triangular.
    rows : float64 ndarray of shape (..., n_rows, n)

    Returns
    -------
    solved : ndarray of shape (..., n_rows, n)
    """
    solved = np.empty(rows.shape)
    for index in np.ndindex(lower.shape[:-2]):
        solved[index] = blas.dtrsm(1.0, lower[index].T, rows[index].T, trans_a=1).T
    return solved


def invert_lower(lower: np.ndarray) -> np.ndarray:
    """Return the inverses of lower triangular matrices of shape (..., n, n)."""
    inverse = np.empty(lower.shape)
    for index in np.ndindex(lower.shape[:-2]):
        inverse[index] = lapack.dtrtri(lower[index].T)[0].T
    return inverse


def _cholesky(products: np.ndarray, identity: np.ndarray, weight: np.ndarray) -> np.ndarray:
    matrix = np.asarray(weight)[..., None, None] * products
    diagonal = np.arange(products.shape[-1])
    matrix[..., diagonal, diagonal] += np.asarray(identity)[..., None]
    return np.linalg.cholesky(matrix)

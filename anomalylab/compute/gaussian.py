"""Mahalanobis distances of many Gaussians at once, without a matrix larger than need be.

``d^2 = (x - mu)' S^-1 (x - mu)`` with ``S = identity * I + weight * Xc' Xc``, where the rows of
``Xc``, of shape (n_images, n_channels), are the training vectors less their mean ``mu``. With fewer
images than channels everything follows from the Gram matrix ``Xc Xc'`` (Woodbury's identity).
Leaving one image out is a change of rank one, so a single factorisation scores every training
image as if it had been left out (Sherman & Morrison).
All arithmetic is float64; leading axes, written ``...``, run over cells.
"""

import numpy as np
from scipy.linalg import blas, lapack


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


def left_out_from_grams(gram: np.ndarray, identity: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Compute squared distances of the training vectors, each left out of mean and covariance.

    ``Xc S^-1 Xc'`` has the distances to the mean of all images on its diagonal;
    :func:`leave_one_out` turns them into those of images left out.

    Parameters
    ----------
    gram : ndarray of shape (n_cells, n_images, n_images)
    identity : ndarray of shape (n_cells,)
    weight : ndarray of shape (n_cells,)
        As it is for one image less.

    Returns
    -------
    squared : ndarray of shape (n_cells, n_images)
    """
    inverse = invert_lower(_cholesky(gram, identity, weight))
    inside = np.einsum("ckn,ckn->cn", inverse, inverse @ gram)
    return leave_one_out(inside, weight, gram.shape[-1])


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

"""Gaussians of any subset of images, many cells at once, from inner products of all images.

With ``S = identity * I + weight * Xc' Xc`` as in :mod:`anomalylab.compute.gaussian` and
``A = identity * I + weight * Xc Xc'``, the squared distance of training image ``i`` is

    d^2 = (1 - identity * (A^-1)_ii) / weight,

which takes the inverse of a triangular factor, and no product with the images.
"""

import numpy as np

from anomalylab.compute import gaussian
from anomalylab.compute.shrinkage import Covariance

FLAT = 1e-8
"""Total of ``weight * Xc Xc' / identity`` below which ``S`` is ``identity * I`` within as much."""


class Subset:
    """The Gaussians of training images as they are, for any number of questions.

    Parameters
    ----------
    gram : ndarray of shape (n_cells, n_train, n_train)
        Inner products of the centred training images.
    covariance : Covariance
        Of each cell.
    """

    def __init__(self, gram: np.ndarray, covariance: Covariance):
        self._gram, self._identity = gram, covariance.identity
        self._weight = covariance.weight(gram.shape[1])
        self._inverse = gaussian.inverse_factor(gram, self._identity, self._weight)

    def own(self) -> np.ndarray:
        """Return squared distances of the training images: (n_cells, n_train)."""
        return _inside(self._gram, self._inverse, self._identity, self._weight)

    def others(self, cross: np.ndarray, square_norms: np.ndarray) -> np.ndarray:
        """Return squared distances of other images: (n_cells, n_others).

        Parameters
        ----------
        cross : ndarray of shape (n_cells, n_others, n_train)
            Inner products of others, centred likewise, with the training images.
        square_norms : ndarray of shape (n_cells, n_others)
            Squared lengths of the others.
        """
        explained = cross @ np.swapaxes(self._inverse, -1, -2)
        inside = self._weight[:, None] * np.einsum("con,con->co", explained, explained)
        squared: np.ndarray = np.maximum(square_norms - inside, 0) / self._identity[:, None]
        return squared


def left_out_distances(
    gram: np.ndarray, covariance: Covariance, groups: gaussian.Groups
) -> np.ndarray:
    """Return squared distances of the training images, each left out with its group.

    Parameters
    ----------
    gram, covariance
        As for :class:`Subset`.
    groups : dict
        What :func:`anomalylab.compute.gaussian.groups_by_size` returns.

    Returns
    -------
    squared : ndarray of shape (n_cells, n_train)
    """
    n_images = gram.shape[1]
    squared = np.empty(gram.shape[:2])
    for size, members in groups.items():
        weight = covariance.weight(n_images - size)
        inverse = gaussian.inverse_factor(gram, covariance.identity, weight)
        if size == 1:
            rows = members[:, 0]
            inside = _inside(gram, inverse, covariance.identity, weight)[:, rows]
            squared[:, rows] = gaussian.leave_one_out(inside, weight, n_images)
            continue
        for rows in members:
            factor = inverse[..., rows]
            inside = np.swapaxes(factor, -1, -2) @ (inverse @ gram[..., rows])
            squared[:, rows] = gaussian.leave_group_out(inside, weight, n_images)
    return squared


def _inside(
    gram: np.ndarray, inverse: np.ndarray, identity: np.ndarray, weight: np.ndarray
) -> np.ndarray:
    """Return squared distances of training images from a factor of ``A^-1``: (n_cells, n)."""
    norms = np.einsum("cnn->cn", gram)
    share = identity[:, None] * np.einsum("ckn,ckn->cn", inverse, inverse)
    is_flat = weight * norms.sum(axis=1) <= FLAT * identity
    safe = np.where(is_flat, 1, weight)[:, None]
    inside = np.where(is_flat[:, None], norms / identity[:, None], (1 - share) / safe)
    squared: np.ndarray = np.maximum(inside, 0)
    return squared

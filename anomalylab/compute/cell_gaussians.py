"""One Gaussian per cell: ``d^2 = (x - mu)' S^-1 (x - mu)``, for all cells in bounded memory.

There are two ways to the same distances. With fewer images than channels, the Gram matrices of the
training images give them (:class:`GramGaussians`); otherwise a factor of each inverse covariance
does (:class:`FactorGaussians`). Cells are computed in blocks.
"""

from collections.abc import Iterator
from typing import Self

import numpy as np

from anomalylab.compute import gaussian
from anomalylab.compute.blas import one_blas_thread
from anomalylab.compute.cells import Cells, blocks
from anomalylab.compute.shrinkage import Covariance, Estimator
from anomalylab.compute.subset_gaussians import left_out_distances

KEPT_BYTES = 2**29
"""Size up to which Gram matrices are kept; beyond it they are computed when needed."""


class GramGaussians:
    """Gaussians of cells seen in fewer images than they have channels.

    Parameters
    ----------
    training : Cells
        A reference is held.
    means : tuple of float64 ndarray of shape (n_level_cells, n_level_channels)
    covariance : Covariance
        Of every cell; :meth:`fit` estimates it.
    """

    @one_blas_thread()
    def __init__(self, training: Cells, means: tuple[np.ndarray, ...], covariance: Covariance):
        self.training = training
        self.means = means
        self.covariance = covariance
        self._grams = None
        if training.n_cells * len(training) ** 2 * 8 <= KEPT_BYTES:
            parts = [training.gram(means, cells) for cells in self._blocks(0)]
            self._grams = parts[0] if len(parts) == 1 else np.concatenate(parts)

    @classmethod
    @one_blas_thread()
    def fit(cls, training: Cells, means: tuple[np.ndarray, ...], estimator: Estimator) -> Self:
        """Estimate the covariance of every cell."""
        nothing = np.zeros(training.n_cells)
        gaussians = cls(training, means, Covariance(nothing, nothing, 0))
        estimates = []
        for cells in gaussians._blocks(0):
            gram = gaussians._gram(cells)
            square_norms = np.einsum("cnn->cn", gram)
            square_sum = np.einsum("cmn,cmn->c", gram, gram)
            estimates.append(estimator(square_norms, square_sum, training.n_channels, cells))
        gaussians.covariance = Covariance.joined(estimates)
        return gaussians

    @one_blas_thread()
    def distances(self, query: Cells) -> np.ndarray:
        """Return squared distances of shape (n_cells, n_queries)."""
        squared = np.empty((query.n_cells, len(query)))
        weight = self.covariance.weight(len(self.training))
        for cells in self._blocks(len(query)):
            products, square_norms = query.cross(self.training, self.means, cells)
            squared[cells] = gaussian.distances_from_grams(
                self._gram(cells),
                products,
                square_norms,
                self.covariance.identity[cells],
                weight[cells],
            )
        return squared

    @one_blas_thread()
    def left_out(self, groups: np.ndarray) -> np.ndarray:
        """Return squared distances (n_cells, n_images) of the training images, groups left out."""
        squared = np.empty((self.training.n_cells, len(self.training)))
        by_size = gaussian.groups_by_size(groups)
        for cells in self._blocks(0):
            covariance = self.covariance.of(cells)
            squared[cells] = left_out_distances(self._gram(cells), covariance, by_size)
        return squared

    def _gram(self, cells: slice) -> np.ndarray:
        if self._grams is None:
            return self.training.gram(self.means, cells)
        return self._grams[cells]

    def _blocks(self, n_queries: int) -> Iterator[slice]:
        n_images, n_channels = len(self.training), self.training.n_channels
        values = n_images * (3 * n_images + 2 * n_channels)
        values += n_queries * (3 * n_images + 2 * n_channels)
        return blocks(self.training.n_cells, 8 * values)


class FactorGaussians:
    """Gaussians of cells seen in at least as many images as they have channels.

    Parameters
    ----------
    means : tuple of float64 ndarray of shape (n_level_cells, n_level_channels)
    factor : float32 ndarray of shape (n_cells, n_channels, n_channels)
        Lower triangular; the inverse covariance is ``factor' factor``.
    covariance : Covariance
    """

    def __init__(self, means: tuple[np.ndarray, ...], factor: np.ndarray, covariance: Covariance):
        self.means = means
        self.factor = factor
        self.covariance = covariance

    @classmethod
    @one_blas_thread()
    def fit(cls, training: Cells, means: tuple[np.ndarray, ...], estimator: Estimator) -> Self:
        """Estimate the covariance of every cell and factor its inverse."""
        factor = np.empty((training.n_cells, *2 * (training.n_channels,)), np.float32)
        estimates = []
        for cells in _blocks(training):
            vectors = training.vectors(means, cells)
            products = vectors.transpose(0, 2, 1) @ vectors
            square_norms = np.einsum("cnd,cnd->cn", vectors, vectors)
            square_sum = np.einsum("cde,cde->c", products, products)
            estimate = estimator(square_norms, square_sum, training.n_channels, cells)
            weight = estimate.weight(len(training))
            factor[cells] = gaussian.inverse_factor(products, estimate.identity, weight)
            estimates.append(estimate)
        return cls(means, factor, Covariance.joined(estimates))

    @one_blas_thread()
    def distances(self, query: Cells) -> np.ndarray:
        """Return squared distances of shape (n_cells, n_queries)."""
        squared = np.empty((query.n_cells, len(query)))
        for cells in _blocks(query):
            vectors = query.vectors(self.means, cells)
            whitened = vectors @ self.factor[cells].transpose(0, 2, 1)
            squared[cells] = np.einsum("cnd,cnd->cn", whitened, whitened)
        return squared

    @one_blas_thread()
    def left_out(self, training: Cells, groups: np.ndarray) -> np.ndarray:
        """Return squared distances (n_cells, n_images) of the training images, groups left out."""
        squared = np.empty((training.n_cells, len(training)))
        by_size = gaussian.groups_by_size(groups)
        for cells in _blocks(training):
            vectors = training.vectors(self.means, cells)
            for size, members in by_size.items():
                weight = self.covariance.weight(len(training) - size)[cells]
                identity = self.covariance.identity[cells]
                whitened = vectors @ gaussian.precision(vectors, identity, weight)[1].transpose(
                    0, 2, 1
                )
                for rows in [members[:, 0]] if size == 1 else members:
                    squared[cells, rows] = _left_out(whitened[:, rows], size, weight, len(training))
        return squared


def _left_out(whitened: np.ndarray, size: int, weight: np.ndarray, n_images: int) -> np.ndarray:
    if size == 1:
        inside = np.einsum("cnd,cnd->cn", whitened, whitened)
        return gaussian.leave_one_out(inside, weight, n_images)
    return gaussian.leave_group_out(whitened @ whitened.transpose(0, 2, 1), weight, n_images)


def _blocks(images: Cells) -> Iterator[slice]:
    n_channels = images.n_channels
    return blocks(images.n_cells, 8 * n_channels * (3 * len(images) + 4 * n_channels))

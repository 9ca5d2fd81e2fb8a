"""Pools of Gaussian detectors: any training subset, without touching features again.

Pooled vectors (Mahalanobis) or one Gram matrix a cell (PaDiM) are computed once for all images.
A subset is then a choice of rows, or a principal submatrix that is centred anew.
"""

from collections.abc import Callable

import numpy as np

from anomalylab.compute import gaussian
from anomalylab.compute.blas import one_blas_thread
from anomalylab.compute.cells import Cells, blocks
from anomalylab.compute.shrinkage import Estimator
from anomalylab.detectors._base import Detector
from anomalylab.detectors._pool import ClosedFormPool
from anomalylab.errors import ParameterError
from anomalylab.features import Features


class GramPool(ClosedFormPool):
    """The Gram matrix of all images in every cell.

    Parameters
    ----------
    detector : Detector
    features : Features
    images : Cells
        The same images, channels already chosen.
    estimator : callable
        Channels, variances and squared means of all cells -> :class:`Estimator`.
    finish : callable
        Squared distances (n_cells, n_images) -> image scores and score maps.
    """

    @one_blas_thread()
    def __init__(
        self,
        detector: Detector,
        features: Features,
        images: Cells,
        estimator: Callable[[int, np.ndarray, np.ndarray], Estimator],
        finish: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
    ):
        super().__init__(detector, features)
        self._estimator, self._finish = estimator, finish
        self._n_channels = images.n_channels
        means, variances, square_means = images.moments()
        self._square_sizes = variances + square_means
        n_images = len(images)
        self._grams = np.empty((images.n_cells, n_images, n_images))
        for cells in blocks(images.n_cells, 8 * n_images * (3 * n_images + 2 * self._n_channels)):
            self._grams[cells] = images.gram(means, cells)

    @one_blas_thread()
    def _answer(
        self, train: np.ndarray, query: np.ndarray, position: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        if len(train) < 2:
            raise ParameterError(f"{self.detector.name} needs at least 2 training images")
        to_mean = self._grams @ np.isin(np.arange(len(self.features)), train) / len(train)
        mean_norms = to_mean[:, train].mean(axis=1)
        own_norms = np.einsum("cnn->cn", self._grams)
        variances = np.maximum(own_norms[:, train].mean(axis=1) - mean_norms, 0)
        estimator = self._estimator(self._n_channels, variances, self._square_sizes)
        shift = mean_norms[:, None] / 2 - to_mean
        squared = np.empty((len(self._grams), len(query)))
        for cells in blocks(len(squared), 8 * len(train) * (3 * len(self.features) + len(train))):
            squared[cells] = self._distances(cells, shift, train, query, position, estimator)
        return self._finish(squared)

    def _distances(
        self,
        cells: slice,
        shift: np.ndarray,
        train: np.ndarray,
        query: np.ndarray,
        position: np.ndarray,
        estimator: Estimator,
    ) -> np.ndarray:
        """Return squared distances (n_cells, n_query); ``shift`` centres the Gram matrices."""
        shift = shift[cells]
        products = self._grams[cells][:, :, train]
        products += shift[:, :, None] + shift[:, None, train]
        gram = products[:, train]
        norms, square_sum = np.einsum("cnn->cn", gram), np.einsum("cmn,cmn->c", gram, gram)
        covariance = estimator(norms, square_sum, self._n_channels, cells)
        is_left_out = position >= 0
        squared = np.empty((len(gram), len(query)))
        if is_left_out.any():
            weight = covariance.weight(len(train) - 1)
            left_out = gaussian.left_out_from_grams(gram, covariance.identity, weight)
            squared[:, is_left_out] = left_out[:, position[is_left_out]]
        if not is_left_out.all():
            others = query[~is_left_out]
            square_norms = np.einsum("cnn->cn", self._grams[cells]) + 2 * shift
            squared[:, ~is_left_out] = gaussian.distances_from_grams(
                gram,
                products[:, others],
                square_norms[:, others],
                covariance.identity,
                covariance.weight(len(train)),
            )
        return squared

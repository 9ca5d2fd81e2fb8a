"""The pool of PaDiM: any training subset, without touching features again.

One Gram matrix per cell is computed once for all images. A subset is then a principal submatrix
that is centred anew.
"""

import numpy as np

from anomalylab.compute import gaussian, memory
from anomalylab.compute.blas import one_blas_thread
from anomalylab.compute.cells import blocks
from anomalylab.compute.shrinkage import Estimator
from anomalylab.detectors._pool import ClosedFormPool, fast_pool
from anomalylab.detectors.padim import PaDiM
from anomalylab.errors import ParameterError
from anomalylab.features import Features


class GramPool(ClosedFormPool):
    """The Gram matrix of all images in every cell.

    Parameters
    ----------
    detector : PaDiM
        Unfitted; chooses its channels here.
    features : Features
    """

    detector: PaDiM

    @one_blas_thread()
    def __init__(self, detector: PaDiM, features: Features):
        super().__init__(detector, features)
        self.detector.choose(features)
        images = self.detector.reduced(features)
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
        estimator = self.detector.estimator_of(self._n_channels, variances, self._square_sizes)
        shift = mean_norms[:, None] / 2 - to_mean
        squared = np.empty((len(self._grams), len(query)))
        for cells in blocks(len(squared), 8 * len(train) * (3 * len(self.features) + len(train))):
            squared[cells] = self._distances(cells, shift, train, query, position, estimator)
        return self.detector.finish(squared)

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
            groups = gaussian.groups_by_size(self.features.group_numbers[train])
            left_out = gaussian.left_out_from_grams(
                gram, covariance.identity, covariance.weight, groups
            )
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


@fast_pool("padim")
def gram_pool(detector: PaDiM, features: Features) -> GramPool | None:
    """Return the pool of Gram matrices if memory allows it."""
    n_rows, n_cols = features.grid()
    if 8 * n_rows * n_cols * len(features) ** 2 > memory.available() // 2:
        return None
    return GramPool(detector, features)

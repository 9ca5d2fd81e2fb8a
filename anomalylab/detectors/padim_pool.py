"""The pool of PaDiM: any training subset, without touching features again.

One Gram matrix per cell is computed once for all images. A subset is then a principal submatrix
that is centred anew.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from anomalylab.compute import gaussian, memory
from anomalylab.compute.blas import one_blas_thread
from anomalylab.compute.cells import blocks
from anomalylab.compute.shrinkage import Covariance
from anomalylab.compute.subset_gaussians import Subset, left_out_distances
from anomalylab.compute.threads import in_pieces
from anomalylab.detectors._pool import ClosedFormPool, fast_pool
from anomalylab.detectors.padim import PaDiM
from anomalylab.detectors.padim_vector_pool import CACHED_BYTES, VectorPool
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
        self.detector.refuse_too_few(len(train), self.features.shapes)
        to_mean = self._grams @ np.isin(np.arange(len(self.features)), train) / len(train)
        mean_norms = to_mean[:, train].mean(axis=1)
        own_norms = np.einsum("cnn->cn", self._grams)
        variances = np.maximum(own_norms[:, train].mean(axis=1) - mean_norms, 0)
        estimator = self.detector.estimator_of(self._n_channels, variances, self._square_sizes)
        shift = mean_norms[:, None] / 2 - to_mean
        squared = np.empty((len(self._grams), len(query)))
        question = _Question(train, query, position, self.features.group_numbers[train])

        def measure(cells: slice) -> None:
            covariance_of = partial(estimator, n_channels=self._n_channels, cells=cells)
            squared[cells] = question.answer(self._grams[cells], shift[cells], covariance_of)

        step = max(1, CACHED_BYTES // (8 * len(train) * (2 * len(train) + len(query))))
        starts = range(0, len(squared), step)
        in_pieces(measure, [slice(start, start + step) for start in starts])
        return self.detector.finish(squared)


class _Question:
    """Which images to learn from and which to score, and whether each was seen in training."""

    def __init__(
        self, train: np.ndarray, query: np.ndarray, position: np.ndarray, groups: np.ndarray
    ):
        self.train, self.query, self.groups = train, query, groups
        place = np.full(1 + max(train.max(), query.max()), -1)
        place[train] = np.arange(len(train))
        self._place = place[query]
        self._is_other, self._is_left_out = self._place < 0, position >= 0

    def answer(
        self, grams: np.ndarray, shift: np.ndarray, covariance_of: Callable[..., Covariance]
    ) -> np.ndarray:
        """Return squared distances (n_cells, n_query); ``shift`` centres the Gram matrices."""
        gram = self._centred(grams, shift, self.train)
        norms, square_sum = np.einsum("cnn->cn", gram), np.einsum("cmn,cmn->c", gram, gram)
        covariance = covariance_of(norms, square_sum)
        squared = np.empty((len(grams), len(self.query)))
        if self._is_left_out.any():
            groups = gaussian.groups_by_size(self.groups)
            left_out = left_out_distances(gram, covariance, groups)
            squared[:, self._is_left_out] = left_out[:, self._place[self._is_left_out]]
        if self._is_left_out.all():
            return squared
        subset, is_own = Subset(gram, covariance), ~self._is_other & ~self._is_left_out
        squared[:, is_own] = subset.own()[:, self._place[is_own]]
        if self._is_other.any():
            others = self.query[self._is_other]
            norms = np.einsum("cnn->cn", grams)[:, others] + 2 * shift[:, others]
            squared[:, self._is_other] = subset.others(self._centred(grams, shift, others), norms)
        return squared

    def _centred(self, grams: np.ndarray, shift: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return centred inner products of some images with the training images."""
        products = np.take(np.take(grams, rows, axis=1), self.train, axis=2)
        products += shift[:, rows, None]
        products += shift[:, None, self.train]
        return products


@fast_pool("padim")
def gram_pool(detector: PaDiM, features: Features) -> GramPool | VectorPool | None:
    """Return the pool of vectors or, with more channels than images, of Gram matrices.

    None if memory does not allow it.
    """
    n_cells, n_images = int(np.prod(features.grid())), len(features)
    n_channels = detector.n_dims or sum(shape[2] for shape in features.shapes.values())
    by_vectors = n_images >= n_channels
    n_bytes = n_cells * n_images * (4 * n_channels if by_vectors else 8 * n_images)
    if n_bytes > memory.available() // 2:
        return None
    return VectorPool(detector, features) if by_vectors else GramPool(detector, features)

"""The pool of PaDiM where images are no fewer than channels: vectors sorted by cell.

A subset takes one covariance a cell, of channels by channels; the features are not read again.
"""

import numpy as np

from anomalylab.compute import gaussian
from anomalylab.compute.blas import one_blas_thread
from anomalylab.compute.cells import blocks
from anomalylab.compute.shrinkage import Covariance, Estimator
from anomalylab.compute.threads import in_pieces
from anomalylab.detectors._pool import ClosedFormPool
from anomalylab.detectors.padim import PaDiM
from anomalylab.features import Features

CACHED_BYTES = 2**22
"""What a block of cells may take while a subset is answered: it stays in the processor's cache."""


class VectorPool(ClosedFormPool):
    """The vectors of all images in every cell, float32 of shape (n_cells, n_images, n_channels).

    Parameters
    ----------
    detector : PaDiM
        Unfitted; chooses its channels here.
    features : Features
    """

    detector: PaDiM

    def __init__(self, detector: PaDiM, features: Features):
        super().__init__(detector, features)
        self.detector.choose(features)
        images = self.detector.reduced(features)
        shape = images.n_cells, len(images), images.n_channels
        self._vectors = np.empty(shape, np.float32)
        nothing = tuple(np.zeros(level.shape[1:], np.float32) for level in images.maps)
        for cells in blocks(images.n_cells, 8 * len(images) * images.n_channels):
            self._vectors[cells] = images.vectors(nothing, cells)

    @one_blas_thread()
    def _answer(
        self, train: np.ndarray, query: np.ndarray, position: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        self.detector.refuse_too_few(len(train), self.features.shapes)
        n_cells, _, n_channels = self._vectors.shape
        step = max(1, CACHED_BYTES // (8 * (len(train) + len(query)) * n_channels))
        pieces = [slice(start, start + step) for start in range(0, n_cells, step)]
        parts = in_pieces(lambda cells: _moments(self._vectors[cells][:, train]), pieces)
        means, variances = (np.concatenate(some) for some in zip(*parts, strict=True))
        square_means = np.square(means).sum(axis=1)
        estimator = self.detector.estimator_of(n_channels, variances, square_means)
        squared = np.empty((n_cells, len(query)))

        def measure(cells: slice) -> None:
            vectors = self._vectors[cells]
            training = vectors[:, train] - means[cells][:, None]
            queries = vectors[:, query] - means[cells][:, None]
            covariance, products = _covariance(training, estimator, cells)
            squared[cells] = _distances(queries, products, covariance, len(train))
            is_left_out = position >= 0
            if is_left_out.any():
                groups = gaussian.groups_by_size(self.features.group_numbers[train])
                left_out = _left_out(training, products, covariance, groups)
                squared[cells, is_left_out] = left_out[:, position[is_left_out]]

        in_pieces(measure, pieces)
        return self.detector.finish(squared)


def _moments(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return means (n_cells, n_channels) and total variances (n_cells,) over images."""
    means = vectors.mean(axis=1, dtype=np.float64)
    return means, np.square(vectors - means[:, None]).sum(axis=(1, 2)) / vectors.shape[1]


def _covariance(
    training: np.ndarray, estimator: Estimator, cells: slice
) -> tuple[Covariance, np.ndarray]:
    """Return covariances, and ``Xc' Xc``, of centred vectors."""
    products = np.swapaxes(training, 1, 2) @ training
    norms = np.einsum("cnd,cnd->cn", training, training)
    square_sum = np.einsum("cde,cde->c", products, products)
    return estimator(norms, square_sum, training.shape[2], cells), products


def _distances(
    vectors: np.ndarray, products: np.ndarray, covariance: Covariance, n_train: int
) -> np.ndarray:
    whitened = _whitened(vectors, products, covariance, n_train)
    squared: np.ndarray = np.einsum("cnd,cnd->cn", whitened, whitened)
    return squared


def _whitened(
    vectors: np.ndarray, products: np.ndarray, covariance: Covariance, n_left: int
) -> np.ndarray:
    weight = covariance.weight(n_left)
    factor = gaussian.inverse_factor(products, covariance.identity, weight)
    return np.asarray(vectors @ np.swapaxes(factor, 1, 2))


def _left_out(
    training: np.ndarray, products: np.ndarray, covariance: Covariance, groups: gaussian.Groups
) -> np.ndarray:
    """Return squared distances (n_cells, n_train), each image left out with its group."""
    n_images = training.shape[1]
    squared = np.empty(training.shape[:2])
    for size, members in groups.items():
        weight = covariance.weight(n_images - size)
        whitened = _whitened(training, products, covariance, n_images - size)
        if size == 1:
            inside = np.einsum("cnd,cnd->cn", whitened, whitened)
            rows = members[:, 0]
            squared[:, rows] = gaussian.leave_one_out(inside[:, rows], weight, n_images)
            continue
        for rows in members:
            group = whitened[:, rows]
            inside = group @ np.swapaxes(group, 1, 2)
            squared[:, rows] = gaussian.leave_group_out(inside, weight, n_images)
    return squared

"""The pool of Mahalanobis: features are pooled once, a subset is a choice of rows.

Refitting on pooled vectors takes milliseconds with one thread for the linear algebra, and a hundred
times as long where every small product is handed to all cores.
"""

import numpy as np

from anomalylab.compute.blas import one_blas_thread
from anomalylab.detectors._pool import ClosedFormPool, fast_pool
from anomalylab.detectors.mahalanobis import Mahalanobis, Vectors, pooled
from anomalylab.features import Features


@fast_pool("mahalanobis")
class MahalanobisPool(ClosedFormPool):
    """The pooled features of all images."""

    detector: Mahalanobis

    def __init__(self, detector: Mahalanobis, features: Features):
        super().__init__(detector, features)
        self._vectors = pooled(features)

    def _answer(
        self, train: np.ndarray, query: np.ndarray, position: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        distances, gradients, means = self._distances(train, query, position)
        return distances, self.detector.map_of(self.features.subset(query), gradients, means)

    def _answer_images(
        self, train: np.ndarray, query: np.ndarray, position: np.ndarray
    ) -> np.ndarray:
        return self._distances(train, query, position)[0]

    @one_blas_thread()
    def _distances(
        self, train: np.ndarray, query: np.ndarray, position: np.ndarray
    ) -> tuple[np.ndarray, Vectors, Vectors]:
        """Return distances, and by level their gradients and the mean as each query sees it."""
        fitted, training = self.detector.unfitted(), self._of(train)
        fitted.learn(training)
        distances, gradients, means = fitted.distances(self._of(query))
        is_left_out = position >= 0
        if is_left_out.any():
            rows = position[is_left_out]
            left_out, left_out_gradients, left_out_means = fitted.left_out(
                training, self.features.group_numbers[train]
            )
            distances[is_left_out] = left_out[rows]
            for name in gradients:
                gradients[name][is_left_out] = left_out_gradients[name][rows]
                means[name] = np.array(means[name])
                means[name][is_left_out] = left_out_means[name][rows]
        return distances, gradients, means

    def _of(self, rows: np.ndarray) -> Vectors:
        return {name: level[rows] for name, level in self._vectors.items()}

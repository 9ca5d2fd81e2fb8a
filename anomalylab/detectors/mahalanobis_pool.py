"""The pool of Mahalanobis: features are pooled once, a subset is a choice of rows."""

import numpy as np

from anomalylab.detectors._pool import ClosedFormPool, fast_pool
from anomalylab.detectors.mahalanobis import Mahalanobis, pooled
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
        fitted = self.detector.unfitted()
        training = {name: level[train] for name, level in self._vectors.items()}
        fitted.learn(training)
        distances, gradients, means = fitted.distances(
            {name: level[query] for name, level in self._vectors.items()}
        )
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
        return distances, fitted.map_of(self.features.subset(query), gradients, means)

"""The pool of KNN: distances of all images to all, of which a subset is a choice of columns."""

import numpy as np

from anomalylab.compute import memory
from anomalylab.compute.threads import in_pieces
from anomalylab.detectors._pool import ClosedFormPool, fast_pool
from anomalylab.detectors.knn import KNN, spread
from anomalylab.features import Features

N_ROWS = 16
"""Images whose distances to all are computed at once."""


class DistancePool(ClosedFormPool):
    """Squared distances between all images; maps look at the cells of the nearest images alone.

    Levels that are divided by their spread, which the training images set, have a matrix each.

    Parameters
    ----------
    detector : KNN
    features : Features
    """

    detector: KNN

    def __init__(self, detector: KNN, features: Features):
        super().__init__(detector, features)
        self.detector.cells_ = {name: features.level(name) for name in features.names}
        self._pooled = {name: features.pooled([name]) for name in features.names}
        parts = list(self._pooled.values())
        if detector.level_norm != "std":
            parts = [self.detector.embed(features)]
        self._squared = [squared_distances(part) for part in parts]

    def _answer(
        self, train: np.ndarray, query: np.ndarray, position: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        squared = self._visible(train, query, position)
        nearest = np.argsort(squared, axis=1, kind="stable")[:, : self.detector.k]
        squared = np.take_along_axis(squared, nearest, axis=1)
        maps = self.detector.maps_of(self.features.subset(query), train[nearest])
        return self.detector.mean_distance(squared, axis=1), maps

    def _answer_images(
        self, train: np.ndarray, query: np.ndarray, position: np.ndarray
    ) -> np.ndarray:
        squared, k = self._visible(train, query, position), self.detector.k
        nearest = np.partition(squared, k - 1, axis=1)[:, :k]
        return self.detector.mean_distance(np.sort(nearest, axis=1), axis=1)

    def _visible(self, train: np.ndarray, query: np.ndarray, position: np.ndarray) -> np.ndarray:
        """Return squared distances (n_query, n_train), infinite where a query must not look."""
        self.detector.refuse_too_few(len(train), self.features.shapes)
        groups = self.features.group_numbers
        is_hidden = (groups[query][:, None] == groups[train]) & (position >= 0)[:, None]
        if is_hidden.any():
            n_left = len(train) - int(is_hidden.sum(axis=1).max())
            self.detector.refuse_too_few_left(n_left, len(train), self.features.shapes)
        squared = np.zeros((len(query), len(train)))
        for weights, matrix in zip(self._weights(train, is_hidden), self._squared, strict=True):
            squared += weights[:, None] * matrix[np.ix_(query, train)]
        squared[is_hidden] = np.inf
        return squared

    def _weights(self, train: np.ndarray, is_hidden: np.ndarray) -> list[np.ndarray]:
        """Return what each matrix counts for each query, (n_query,)."""
        if self.detector.level_norm != "std":
            return [np.ones(len(is_hidden))]
        return [spreads_left(pooled[train], is_hidden) ** -2 for pooled in self._pooled.values()]


def spreads_left(vectors: np.ndarray, is_hidden: np.ndarray) -> np.ndarray:
    """Return the spread of vectors without those hidden from each query.

    With ``c`` the vectors less their mean, ``m`` of ``n`` hidden and sums over these, the variance
    of those that are left is ``(sum c^2 - sum_m c^2) / (n - m) - |sum_m c|^2 / (n - m)^2``.

    Parameters
    ----------
    vectors : ndarray of shape (n, n_channels)
    is_hidden : bool ndarray of shape (n_query, n)

    Returns
    -------
    spreads : float64 ndarray of shape (n_query,)
        Root mean variance of a channel, or 1 where there is none.
    """
    centred = vectors - vectors.mean(axis=0, dtype=np.float64)
    square_norms = np.square(centred).sum(axis=1)
    n_left = len(vectors) - is_hidden.sum(axis=1)
    shift = np.square(is_hidden @ centred).sum(axis=1) / n_left
    left = (square_norms.sum() - is_hidden @ square_norms - shift) / n_left / vectors.shape[1]
    found: np.ndarray = np.sqrt(np.maximum(left, 0))
    found[~is_hidden.any(axis=1)] = spread(vectors)
    for query in np.flatnonzero(left <= 1e-9 * square_norms.mean()):
        found[query] = spread(vectors[~is_hidden[query]])
    return found


def squared_distances(vectors: np.ndarray) -> np.ndarray:
    """Return squared distances of vectors (n, n_channels) to each other in float64: (n, n)."""
    squared = np.empty((len(vectors), len(vectors)))

    def measure(start: int) -> None:
        for row in range(start, min(start + N_ROWS, len(vectors))):
            difference = vectors[: row + 1].astype(np.float64) - vectors[row]
            distances = np.square(difference).sum(axis=1)
            squared[row, : row + 1] = squared[: row + 1, row] = distances

    in_pieces(measure, range(0, len(vectors), N_ROWS))
    return squared


@fast_pool("knn")
def distance_pool(detector: KNN, features: Features) -> DistancePool | None:
    """Return the pool of distances if memory allows it."""
    n_matrices = len(features.names) if detector.level_norm == "std" else 1
    if 8 * n_matrices * len(features) ** 2 > memory.available() // 4:
        return None
    return DistancePool(detector, features)

"""Features with defects that are known, and a pool that writes down what it is asked."""

import numpy as np

from anomalylab import detectors
from anomalylab.detectors import pool_of
from anomalylab.features import Features


def drawn(n_good, n_bad=0, *, far=12.0, seed=0, groups=None, shape=(2, 2, 4)):
    """Images of normal numbers, in an order drawn, and which are defective."""
    rng = np.random.default_rng(seed)
    level = rng.normal(size=(n_good + n_bad, *shape)).astype(np.float32)
    is_noise = np.arange(len(level)) >= n_good
    directions = rng.normal(size=(n_bad, shape[2]))
    directions *= far / np.linalg.norm(directions, axis=1, keepdims=True)
    level[n_good:, 0, 0] += directions
    order = rng.permutation(len(level))
    return Features({"fine": level[order]}, groups), is_noise[order]


class Noted:
    """A pool that notes the training and query rows of every call."""

    def __init__(self, pool):
        self.pool, self.calls = pool, []
        self.features, self.detector = pool.features, pool.detector

    def score(self, train, query, **options):
        self.calls.append((np.array(train), np.array(query), options))
        return self.pool.score(train, query, **options)

    def __getattr__(self, name):
        method = getattr(self.__dict__["pool"], name)

        def noting(train, query, *given, **options):
            self.calls.append((np.array(train), np.array(query), options))
            return method(train, query, *given, **options)

        return noting

    def image_scores(self, train, query, **options):
        return self.score(train, query, **options)[0]


def noted(features, name="mahalanobis", **params):
    return Noted(pool_of(detectors.create(name, **params), features))

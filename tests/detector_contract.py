"""Every detector sees the same: stored levels, and images of two sizes read on demand."""

import numpy as np

from anomalylab import detectors
from anomalylab.features import Features, ImageLevel

SHAPES = {"fine": (4, 6, 5), "coarse": (2, 3, 8)}


SIZES = ((24, 36), (20, 30))
"""Of images, in turn."""


TINY = {"preset": "tiny", "size": (64, 96)}
"""Of detectors that are trained: the last map has 4 x 6 cells."""


ON_IMAGES = {
    "window_pca": ("band", {"window": 5, "grid": (4, 6)}),
    "cutpaste": ("pixels", TINY),
    "metric_learning": ("pixels", TINY),
    "autoencoder": ("pixels", {**TINY, "grid": (4, 6), "epochs": 1}),
}
"""Detectors of images -> the level that they look at, and parameters that suit small images."""


ON_FEATURES = {"pni": {"preset": "tiny"}}
"""Detectors of stored levels that are trained, with parameters that take little time."""


def draw(seed, n_images):
    rng = np.random.default_rng(seed)
    stored = {
        name: rng.normal(size=(n_images, *shape)).astype(np.float32)
        for name, shape in SHAPES.items()
    }
    bands = [rng.normal(size=(*SIZES[i % 2], 1)).astype(np.float32) for i in range(n_images)]
    colours = [
        rng.uniform(0.4, 0.6, (*SIZES[i % 2], 3)).astype(np.float32) for i in range(n_images)
    ]
    return with_images(stored, {"band": bands, "pixels": colours})


class InMemory:
    """Images in memory, read as those on disk are."""

    def __init__(self, images):
        self.images = images

    def __call__(self, row):
        return self.images[row]


def with_images(stored, images):
    levels = {
        name: ImageLevel(InMemory(some), np.arange(len(some))) for name, some in images.items()
    }
    return Features({**stored, **levels})


def made(name, **params):
    """Return a detector that suits the small images."""
    _, suitable = ON_IMAGES.get(name, ("fine", ON_FEATURES.get(name, {})))
    return detectors.create(name, **{**suitable, **params})


GROUPS = np.array([0, 1, 2, 1, 3, 4, 4, 4, 5, 6, 0, 7, 8, 9, 10, 11, 12, 13, 14, 15])
"""Of the normal images: three groups hold more than one image, not all side by side."""


def grouped(features):
    return Features(features.levels, GROUPS)


def looks_at(detector):
    """Return the level that the detector is sure to use."""
    return ON_IMAGES.get(detector.name, ("fine", {}))[0]


def copied(features):
    """Return copies of the stored levels and of the images."""
    stored = {name: features.level(name).copy() for name in SHAPES}
    levels = {name: features.images(name) for name in ("band", "pixels")}
    return stored, {name: [image.copy() for image in level] for name, level in levels.items()}


def assert_same(scores, others, rtol=0.0):
    """Compare, and where rounding may differ, by the largest value: heat is a difference."""
    for one, other in zip(scores, others, strict=True):
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol * np.abs(other).max())

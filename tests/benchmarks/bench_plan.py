"""Planned seconds over measured ones, for every detector.

Run ``ANOMALYLAB_DATA=FOLDER python tests/benchmarks/bench_plan.py``, where FOLDER holds
``mvtec_ad/bottle``. lite0 at 224, features cached; fit and scores of the training images left out,
in CPU seconds of one thread. Window PCA sees random surfaces of several sizes.
"""

import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import time

import numpy as np
from bench_bottle import bottle
from bench_window_pca import surface

from anomalylab.detectors import create
from anomalylab.features import Features, ImageLevel

N_IMAGES = (60, 120, 209)
ON_FEATURES = (
    ("mahalanobis", None, {}),
    ("padim", None, {}),
    ("padim", "sroc", {}),
    ("padim", "padim", {}),
    ("knn", None, {}),
    ("knn", "sroc", {}),
    ("knn", "spade", {}),
    ("patchcore", None, {}),
    ("patchcore", "sroc", {}),
    ("patchcore", "patchcore", {}),
    ("patchcore", None, {"coreset": 0.1}),
    ("patchcore", None, {"index": "ivf"}),
)
SURFACES = ((230, 230, 11, 2), (230, 230, 35, 2), (630, 230, 25, 2), (900, 900, 11, 8))
"""Height, width, window, components."""


def report(words: str, detector, features: Features, shapes) -> None:
    """Print a line of what was planned and what was measured."""
    planned = detector.plan(len(features), shapes).seconds
    start = time.process_time()
    detector.fit(features).training_scores()
    measured = time.process_time() - start
    print(f"{words:48s}{planned:9.3f}{measured:9.3f}{planned / measured:8.2f}", flush=True)


def bench_features() -> None:
    """Detectors of network features."""
    images = bottle()
    for n_images in N_IMAGES:
        features = images.features.subset(images.training[:n_images])
        shapes = {name: features.level(name).shape[1:] for name in features.names}
        for name, preset, options in ON_FEATURES:
            detector = create(name, preset=preset, **options)
            words = f"{name} {preset or ''} {options or ''}, {n_images} images"
            report(words, detector, features, shapes)


def bench_surfaces() -> None:
    """Window PCA."""
    for height, width, window, n_components in SURFACES:
        images = np.stack([surface(seed, height, width)[..., None] for seed in range(6)])
        features = Features({"band": ImageLevel(images.__getitem__, np.arange(6))})
        detector = create("window_pca", window=window, n_components=n_components)
        words = f"window_pca {height} x {width}, {window} a side, q = {n_components}"
        report(words, detector, features, {"band": (height, width, 1)})


if __name__ == "__main__":
    print(f"{'':48s}{'planned':>9s}{'measured':>9s}{'ratio':>8s}")
    bench_surfaces()
    bench_features()

"""PaDiM with Ledoit-Wolf, all cells at once, against a loop of scikit-learn over the cells.

Run ``python tests/benchmarks/bench_padim.py``. With ANOMALYLAB_DATA set the features are those of
MVTec AD bottle by lite0 at 224; otherwise they are generated in the same shape.
"""

import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.covariance import LedoitWolf
from threadpoolctl import threadpool_limits

from anomalylab import extractors
from anomalylab.detectors import create
from anomalylab.features import Features

SHAPES = {"block4": (14, 14, 80), "block6": (7, 7, 192), "block7": (7, 7, 320)}
N_TRAIN, N_QUERY = 209, 83


def generated(n_images: int, seed: int) -> Features:
    """Features that share a few factors, as those of similar images do."""
    rng = np.random.default_rng(seed)
    mixing = np.random.default_rng(0)
    levels = {}
    for name, shape in SHAPES.items():
        factors = rng.normal(size=(n_images, 20)) @ mixing.normal(size=(20, shape[2]))
        noise = rng.normal(size=(n_images, *shape))
        levels[name] = (factors[:, None, None] + noise).astype(np.float32)
    return Features(levels)


def embedded(folder: Path) -> Features:
    """Features of all PNG files below a folder."""
    paths = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.png"))
    samples = pd.DataFrame({"sample_id": paths, "image_path": paths})
    backbone = extractors.create("lite0", levels=list(SHAPES), size=224)
    return extractors.extract(samples, folder, backbone).features


def timed(function, *arguments):
    """Return what a call gives and the seconds it takes."""
    start = time.perf_counter()
    result = function(*arguments)
    return result, time.perf_counter() - start


def loop_over_cells(training: Features, queries: Features) -> np.ndarray:
    """One scikit-learn estimator a cell: fit, then score the queries."""
    n_queries = len(queries)
    train, query = training.aligned(), queries.aligned()
    score_map = np.empty((n_queries, *train.shape[1:3]))
    for row in range(train.shape[1]):
        for col in range(train.shape[2]):
            estimator = LedoitWolf().fit(train[:, row, col].astype(float))
            squared = estimator.mahalanobis(query[:, row, col].astype(float))
            score_map[:, row, col] = np.sqrt(squared)
    return score_map


def all_at_once(training: Features, queries: Features) -> np.ndarray:
    """Fit and score by anomalylab."""
    return create("padim").fit(training).score_map(queries)


def main() -> None:
    """Print times, their ratio and the largest difference."""
    data = os.environ.get("ANOMALYLAB_DATA")
    if data:
        bottle = Path(data) / "mvtec_ad" / "bottle"
        training, queries = embedded(bottle / "train"), embedded(bottle / "test")
    else:
        training, queries = generated(N_TRAIN, 1), generated(N_QUERY, 2)
    with threadpool_limits(1):
        all_at_once(training.subset(slice(50)), queries)  # first calls set libraries up
        ours, seconds = timed(all_at_once, training, queries)
        detector = create("padim").fit(training)
        _, seconds_left_out = timed(detector.training_scores)
        ridge, seconds_ridge = timed(create("padim", preset="padim").fit, training)
        _, seconds_ridge_score = timed(ridge.score, queries)
        theirs, seconds_loop = timed(loop_over_cells, training, queries)
    difference = np.max(np.abs(ours - theirs) / theirs)
    n_rows, n_cols = training.grid()
    print(f"{len(training)} training, {len(queries)} query images, {n_rows} x {n_cols} cells,")
    print(
        f"{sum(s[2] for s in SHAPES.values())} channels, one thread, load {os.getloadavg()[0]:.1f}"
    )
    print(f"Ledoit-Wolf, scikit-learn cell by cell  {seconds_loop:8.2f} s")
    print(f"Ledoit-Wolf, all cells at once          {seconds:8.2f} s")
    print(f"ratio                                   {seconds_loop / seconds:8.0f}")
    print(f"largest relative difference             {difference:8.1e}")
    print(f"training images, each left out          {seconds_left_out:8.2f} s")
    print(f"ridge, 100 channels, fit                {seconds_ridge:8.2f} s")
    print(f"ridge, 100 channels, score              {seconds_ridge_score:8.2f} s")


if __name__ == "__main__":
    main()

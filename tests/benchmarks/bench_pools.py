"""What the scores of a new training subset cost: pools against refits.

    python tests/benchmarks/bench_pools.py [NAME ... | padim | growth]

Features are those of all images of MVTec AD bottle by lite0 at 224. Subsets hold half of the images
at random; all images are scored. Seconds are those of the processor, all threads together, and by
the clock; the smaller of two for refits and the median of five new subsets for pools. ``padim``
compares its pools with other ways to refit; ``growth`` tells of pools of a quarter, half and all of
the images, and what 5 000 would take.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.covariance import LedoitWolf

from anomalylab import extractors
from anomalylab.compute import gaussian, shrinkage
from anomalylab.compute.blas import one_blas_thread
from anomalylab.compute.neighbour_lists import bytes_to_make, list_bytes
from anomalylab.compute.threads import n_threads
from anomalylab.detectors import RefitPool, create, pool_of
from anomalylab.detectors._listed_cells import MIN_ENTRIES
from anomalylab.features import Features

LEVELS = ("block4", "block6", "block7")
WAYS = {
    "knn": ("knn", {}),
    "mahalanobis": ("mahalanobis", {}),
    "padim, finest level": ("padim", {}),
    "padim, three levels": ("padim", {"levels": "all"}),
    "patchcore, finest level": ("patchcore", {}),
    "patchcore, three levels, k = 5": ("patchcore", {"preset": "sroc"}),
    "patchcore, reweighted": ("patchcore", {"reweight": True}),
}
N_SUBSETS = 5
EVERY = 14
"""Cells of which scikit-learn fits one; its time is multiplied."""

N_PLANNED = 5000


def bottle() -> Features:
    """Features of all images, training and test."""
    folder = Path(os.environ["ANOMALYLAB_DATA"]) / "mvtec_ad" / "bottle"
    parts = [folder / "train", folder / "test"]
    paths = sorted(str(p.relative_to(folder)) for part in parts for p in part.rglob("*.png"))
    samples = pd.DataFrame({"sample_id": paths, "image_path": paths})
    backbone = extractors.create("lite0", levels=list(LEVELS), size=224)
    return extractors.extract(samples, folder, backbone).features


def clocked(function, *arguments, **named):
    """Return what a call gives, and its seconds of processor and clock."""
    start, by_clock = time.process_time(), time.perf_counter()
    result = function(*arguments, **named)
    return result, np.array([time.process_time() - start, time.perf_counter() - by_clock])


def subsets(n_images: int):
    """New training subsets of half of the images."""
    rng = np.random.default_rng(0)
    for _ in range(N_SUBSETS):
        yield rng.permutation(n_images)[: n_images // 2]


def shown(seconds: np.ndarray) -> str:
    """Return seconds of processor and clock."""
    return f"{seconds[0]:8.3f} ({seconds[1]:.3f})"


def compare(name: str, features: Features) -> None:
    """Print one detector's costs, and how far its answers are from refits."""
    detector_name, params = WAYS[name]
    detector = create(detector_name, **params)
    query = np.arange(len(features))
    pool, building = clocked(pool_of, detector, features)
    refits, pooled = RefitPool(detector, features), {}
    asked = {
        "image scores": lambda train: pool.image_scores(train, query),
        "with maps": lambda train: pool.score(train, query),
        "left out": lambda train: pool.image_scores(train, query, leave_out="group"),
    }
    for question, ask in asked.items():
        costs = [clocked(ask, train)[1] for train in subsets(len(features))]
        pooled[question] = np.median(costs, axis=0)
    train = next(subsets(len(features)))
    refitted, *costs = (clocked(refits.score, train, query) for _ in range(2))
    refit = np.minimum(refitted[1], costs[0][1])
    pairs = zip(pool.score(train, query), refitted[0], strict=True)
    wrong = max(np.max(np.abs(one - other) / np.maximum(other, 1e-9)) for one, other in pairs)
    print(f"\n{name}: seconds of processor (by the clock)")
    print(f"  a refit on half, all scored with maps {shown(refit)}")
    print(f"  making the pool                       {shown(building)}", end="")
    print(f"  {building[0] / refit[0]:6.1f} refits")
    for question, seconds in pooled.items():
        ratios = refit / seconds
        print(f"  a subset, {question:<28}{shown(seconds)}", end="")
        print(f"  {ratios[0]:6.1f} times faster ({ratios[1]:.1f})")
    print(f"  largest relative difference           {wrong:8.1e}")


@one_blas_thread()
def plain_batch(aligned: np.ndarray, train: np.ndarray) -> np.ndarray:
    """PaDiM with Ledoit-Wolf as all cells at once, levels repeated: squared distances."""
    squared = np.empty(aligned.shape[:2])
    for cells in np.array_split(np.arange(len(aligned)), 14):
        vectors = aligned[cells].astype(np.float64)
        vectors -= vectors[:, train].mean(axis=1, keepdims=True)
        training = vectors[:, train]
        gram = training @ training.transpose(0, 2, 1)
        norms, squares = np.einsum("cnn->cn", gram), np.square(gram).sum(axis=(1, 2))
        covariance = shrinkage.ledoit_wolf(norms, squares, aligned.shape[2])
        squared[cells] = gaussian.distances_from_grams(
            gram,
            vectors @ training.transpose(0, 2, 1),
            np.square(vectors).sum(axis=2),
            covariance.identity,
            covariance.weight(len(train)),
        )
    return squared


def loop_over_cells(aligned: np.ndarray, train: np.ndarray) -> None:
    """Fit and ask one scikit-learn estimator for one in so many cells."""
    for cell in aligned[::EVERY].astype(np.float64):
        LedoitWolf().fit(cell[train]).mahalanobis(cell)


def compare_padim(features: Features) -> None:
    """Print what other ways to refit PaDiM cost."""
    query = np.arange(len(features))
    train = next(subsets(len(features)))
    for title, levels in (("finest level", LEVELS[:1]), ("three levels", LEVELS)):
        some = features.only(levels)
        aligned = some.aligned().reshape(len(some), -1, sum(s[2] for s in some.shapes.values()))
        aligned = np.ascontiguousarray(aligned.transpose(1, 0, 2))
        pool = pool_of(create("padim", levels="all"), some)
        pool.score(train, query)
        seconds = np.median([clocked(pool.score, train, query)[1] for _ in range(3)], axis=0)
        batch = clocked(plain_batch, aligned, train)[1]
        with one_blas_thread():
            loop = clocked(loop_over_cells, aligned, train)[1] * EVERY
        print(f"\npadim, {title}, half of the images: seconds of processor (by the clock)")
        print(f"  the pool, with maps                   {shown(seconds)}")
        for name, other in (("all cells at once, refitted", batch), ("scikit-learn, a loop", loop)):
            print(f"  {name:<38}{shown(other)}  {other[0] / seconds[0]:6.1f} times", end="")
            print(f" ({other[1] / seconds[1]:.1f})")


def growth(features: Features) -> None:
    """Print how pools grow with the number of images."""
    rows, rng = [], np.random.default_rng(1)
    for share in (0.25, 0.5, 1.0):
        some = features.subset(
            np.sort(rng.permutation(len(features))[: int(share * len(features))])
        )
        for name in ("knn", "mahalanobis", "padim, three levels", "patchcore, finest level"):
            detector = create(WAYS[name][0], **WAYS[name][1])
            with tempfile.TemporaryDirectory() as cache:
                os.environ["ANOMALYLAB_CACHE"] = cache
                pool, building = clocked(pool_of, detector, some)
                query, train = np.arange(len(some)), next(subsets(len(some)))
                costs = [clocked(pool.image_scores, train, query)[1] for _ in range(3)]
                kept = sum(p.stat().st_size for p in Path(cache).rglob("*.npy"))
                del pool
            seconds = np.median(costs, axis=0)[0]
            rows.append((name, len(some), building[0], 1000 * seconds, kept / 1e6))
    columns = ["pool", "images", "made, s", "half, ms", "on disk, MB"]
    print(pd.DataFrame(rows, columns=columns).round(3).sort_values(["pool", "images"]).to_string())
    n_rows, n_cols, n_channels = features.level(LEVELS[0]).shape[1:]
    n_bank = N_PLANNED * n_rows * n_cols
    made = next(row[2] for row in reversed(rows) if row[0].startswith("patchcore"))
    print(f"\n{N_PLANNED} images, {n_rows} x {n_cols} cells of {n_channels} channels, planned:")
    print(
        f"  lists of {MIN_ENTRIES} cells on disk   {list_bytes(n_bank, MIN_ENTRIES) / 1e9:6.2f} GB"
    )
    print(f"  memory to make them        {bytes_to_make(n_bank, n_channels) / 1e9:6.2f} GB")
    hours = made * (N_PLANNED / len(features)) ** 2 / 3600
    print(f"  processor to make them     {hours:6.2f} hours, by the square of the images")


def main(*names: str) -> None:
    """Print what was asked for."""
    features = bottle()
    shapes = ", ".join(" x ".join(map(str, shape)) for shape in features.shapes.values())
    print(f"{len(features)} images, all of them queries; rows, columns, channels: {shapes};")
    print(f"{n_threads()} threads, load {os.getloadavg()[0]:.1f}")
    others = {"padim": compare_padim, "growth": growth}
    with tempfile.TemporaryDirectory() as cache:
        os.environ["ANOMALYLAB_CACHE"] = cache
        for name in names or [*WAYS, "padim"]:
            if name in others:
                others[name](features)
            else:
                compare(name, features)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Windows of one image of 630 x 230 pixels, 25 a side: ours against the matrix of all windows.

Run ``python tests/benchmarks/bench_window_pca.py``; ``--quick`` leaves out the incremental PCA,
which takes half a minute. Times are the shortest of several calls, as the machine may be busy, and
ratios are of one run. Ours is in one thread unless said otherwise.
"""

import os
import sys
import time
import tracemalloc

import numpy as np
from sklearn.decomposition import PCA, IncrementalPCA
from threadpoolctl import threadpool_limits

from anomalylab.compute.window_moments import Moments, moments, window_matrix
from anomalylab.compute.window_space import WindowSpace, fit
from anomalylab.detectors import create, pool_of
from anomalylab.features import Features, ImageLevel

HEIGHT, WIDTH, WINDOW = 630, 230, 25
N_POOL = 120


def surface(seed: int, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """A smooth random image, mean 0 and deviation 1."""
    noise = np.random.default_rng(seed).normal(size=(height, width))
    smooth = noise.cumsum(axis=0).cumsum(axis=1)
    return (smooth - smooth.mean()) / smooth.std()


def seconds(function, repeats: int = 7) -> float:
    """Return the shortest time of some calls after a first one."""
    function()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def peak(function) -> float:
    """Return the most memory, in MB, that a call takes beyond what is there."""
    tracemalloc.start()
    function()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


def line(words: str, value: float, unit: str = "") -> None:
    """Print one row."""
    print(f"{words:58s}{value:12.4g} {unit}")


def bench_moments(image: np.ndarray, quick: bool) -> Moments:
    """Moments of windows against one product of their matrix, and incremental PCA."""
    windows = window_matrix(image, WINDOW)
    products = windows.T @ windows
    with threadpool_limits(1):
        ours = seconds(lambda: moments(image, WINDOW), 15)
        one_thread = seconds(lambda: windows.T @ windows, 3)
    product = seconds(lambda: windows.T @ windows, 5)
    gathered = seconds(lambda: window_matrix(image, WINDOW), 3)
    found = moments(image, WINDOW)
    error = np.abs(found.products - products).max() / np.abs(products).max()
    line("moments, one thread", ours, "s")
    line("one product of the window matrix, one thread", one_thread, "s")
    line("one product of the window matrix, all cores", product, "s")
    line("gathering the window matrix", gathered, "s")
    line("ratio to one product, one thread", one_thread / ours)
    line("ratio to one product, all cores", product / ours)
    line("ratio to gathering and one product, all cores", (gathered + product) / ours)
    line("largest relative error", float(error))
    line("peak memory of ours", peak(lambda: moments(image, WINDOW)), "MB")
    if not quick:
        start = time.perf_counter()
        IncrementalPCA(2).partial_fit(windows)
        theirs = time.perf_counter() - start
        line("IncrementalPCA.partial_fit of the window matrix", theirs, "s")
        line("ratio to it", theirs / ours)
    with threadpool_limits(1):
        line("axes from moments, one thread", seconds(lambda: fit(found)), "s")
    return found


def bench_projection(image: np.ndarray, space: WindowSpace) -> None:
    """Coordinates and residual against scikit-learn on the window matrix."""
    pca = PCA(2)
    pca.mean_, pca.components_, pca.explained_variance_ = (
        space.mean,
        space.components,
        space.variances,
    )
    windows = window_matrix(image, WINDOW)
    with threadpool_limits(1):
        coordinates = seconds(lambda: space.coordinates(image), 25)
        project = seconds(lambda: space.project(image), 25)
    transform = seconds(lambda: pca.transform(windows), 9)
    both = seconds(lambda: pca.transform(window_matrix(image, WINDOW)), 5)
    expected = pca.transform(windows)
    found = space.coordinates(image).reshape(-1, 2)
    line("coordinates of all windows, one thread", coordinates, "s")
    line("coordinates and residual, one thread", project, "s")
    line("scikit-learn's transform of the window matrix", transform, "s")
    line("gathering and transform", both, "s")
    line("ratio of gathering and transform to coordinates", both / coordinates)
    line("ratio of transform alone to coordinates", transform / coordinates)
    line("ratio of gathering and transform to both", both / project)
    line(
        "largest difference over largest coordinate",
        np.abs(found - expected).max() / expected.max(),
    )


def bench_pool() -> None:
    """A pool of images: making it, and a new subset by how many images were removed."""
    bands = [surface(i % 8)[..., None].astype(np.float32) for i in range(N_POOL)]
    features = Features({"band": ImageLevel(lambda row: bands[row], np.arange(N_POOL))})
    start = time.perf_counter()
    pool = pool_of(create("window_pca"), features)
    line(f"pool of {N_POOL} images, an image", (time.perf_counter() - start) / N_POOL, "s")
    store = pool._stores[WINDOW]
    line("sum over all of them, once", seconds(lambda: store._sum(np.arange(N_POOL)), 1), "s")
    line("kept on disk, an image", store._spill.read(0).nbytes / 1e6, "MB")
    with threadpool_limits(1):
        for n_removed in (1, 10, 50):
            train = np.arange(n_removed, N_POOL)
            new = seconds(lambda t=train: fit(store.of(t)), 7)
            line(f"new subset, {n_removed} removed, one thread", new, "s")
    everything, one = np.arange(N_POOL), np.array([3])
    line(
        "scoring one image of a new subset",
        seconds(lambda: pool.score(everything[9:], one), 5),
        "s",
    )
    without = seconds(lambda: pool.score(everything, everything, leave_out="group"), 1) / N_POOL
    line("scoring an image left out, all cores", without, "s")


def main() -> None:
    """Print times, ratios and differences."""
    print(f"{HEIGHT} x {WIDTH} pixels, window {WINDOW}, load {os.getloadavg()[0]:.1f}")
    image = surface(0)
    found = bench_moments(image, "--quick" in sys.argv)
    bench_projection(image, fit(found))
    bench_pool()


if __name__ == "__main__":
    main()

"""Exact pixel metrics of 83 maps of 900 x 900 against one ``np.sort`` of as many float32 values.

Run ``python tests/benchmarks/bench_pixel_metrics.py``. All in one thread; CPU seconds, median of
the repeats, measured in turn. Three inputs: smooth maps, as detectors give them, with small and
with large defects; and unrelated noise in every pixel, the worst case for counting in bins.
"""

import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import statistics
import threading
import time
from collections.abc import Callable

import numpy as np
import psutil
from scipy import ndimage

from anomalylab.localise import anomaly_map
from anomalylab.metrics import localisation

N_IMAGES, SIDE, N_CELLS = 83, 900, 14
N_GOOD_IMAGES = 20
REPEATS = 3
MAX_FPR = 0.3


def example(max_radius: float, *, is_noise: bool) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Make masks with one elliptic defect and maps whose scores overlap over the classes."""
    rng = np.random.default_rng(0)
    rows, cols = np.mgrid[:SIDE, :SIDE]
    masks, maps = [], []
    for image in range(N_IMAGES):
        centre, radii = rng.uniform(200, 700, 2), rng.uniform(30, max_radius, 2)
        ellipse = ((rows - centre[0]) / radii[0]) ** 2 + ((cols - centre[1]) / radii[1]) ** 2
        mask = ellipse < (image >= N_GOOD_IMAGES)
        masks.append(mask)
        if is_noise:
            maps.append(rng.standard_normal(mask.shape, dtype=np.float32) + mask * np.float32(1))
        else:
            zoomed = ndimage.zoom(mask.astype(np.float32), N_CELLS / SIDE, order=1)
            cells = rng.gamma(4, size=zoomed.shape) + zoomed * rng.uniform(0, 12)
            maps.append(anomaly_map(cells, mask.shape))
    return masks, maps


def naive(masks: list[np.ndarray], maps: list[np.ndarray], max_fpr: float) -> tuple[float, float]:
    """Compute AU-PRO and AU-IoU from one argsort of all pixels, IoU linear in between."""
    gains, n_regions = [], 0
    for mask in masks:
        labelled, n_found = ndimage.label(mask, structure=np.ones((3, 3)))
        area = np.bincount(labelled.ravel())
        gains.append(np.where(mask, 1 / area[labelled], 0).ravel())
        n_regions += n_found
    truth = np.concatenate([mask.ravel() for mask in masks])
    scores = np.concatenate([scores.ravel() for scores in maps])
    falling = np.argsort(-scores)
    ordered = scores[falling]
    last_of_ties = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), scores.size - 1)
    false = np.cumsum(~truth[falling])[last_of_ties]
    pro = np.cumsum(np.concatenate(gains)[falling])[last_of_ties] / n_regions
    found = np.cumsum(truth[falling])[last_of_ties]
    fpr, iou = false / false[-1], found / (found[-1] + false)
    stop = np.searchsorted(fpr, max_fpr)
    x = np.concatenate([[0], fpr[:stop], [max_fpr]])
    areas = []
    for y in (pro, iou):
        y_all = np.concatenate([[0], y[:stop], [np.interp(max_fpr, fpr, y)]])
        areas.append(float(np.trapezoid(y_all, x) / max_fpr))
    return areas[0], areas[1]


def cpu_seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def extra_bytes(work: Callable[[], object]) -> int:
    """Measure by how much resident memory grows during a call, sampled every 5 ms."""
    process = psutil.Process()
    before, peak, is_done = process.memory_info().rss, 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not is_done.wait(0.005):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    work()
    is_done.set()
    watcher.join()
    return peak - before


def report(name: str, masks: list[np.ndarray], maps: list[np.ndarray]) -> None:
    """Print ratios and memory for one input."""
    memory = extra_bytes(lambda: localisation(masks, maps))
    flat = np.concatenate([scores.ravel() for scores in maps])
    sort, ours = [], []
    for _ in range(REPEATS):
        sort.append(cpu_seconds(lambda: np.sort(flat)))
        ours.append(cpu_seconds(lambda: localisation(masks, maps)))
    reference, median = statistics.median(sort), statistics.median(ours)
    start = time.process_time()
    expected = naive(masks, maps, MAX_FPR)
    full = time.process_time() - start
    values, _ = localisation(masks, maps, max_fpr=MAX_FPR)
    share = sum(mask.sum() for mask in masks) / flat.size
    print(f"{name}: {share:.1%} of {flat.size} pixels are defective")
    print(f"  np.sort {reference:.2f} s; all six pixel metrics {median:.2f} s")
    print(f"  ratio to np.sort {median / reference:.2f} (target: at most 2.5)")
    print(f"  ratio to AU-PRO and AU-IoU by a full argsort {median / full:.2f} ({full:.2f} s)")
    print(f"  extra memory {memory / flat.nbytes:.2f} times that of the maps")
    print(f"  AU-PRO {values['au_pro']:.6f}, off by {values['au_pro'] - expected[0]:.1e}")
    print(f"  AU-IoU {values['au_iou']:.6f}, off by {values['au_iou'] - expected[1]:.1e}")


def main() -> None:
    """Print all ratios."""
    print(f"1 thread; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    report("smooth, small defects", *example(150, is_noise=False))
    report("smooth, large defects", *example(400, is_noise=False))
    report("noise", *example(150, is_noise=True))


if __name__ == "__main__":
    main()

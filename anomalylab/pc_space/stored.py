"""What ``pc_space/`` in a run folder holds, read through the guard of the run.

``space_<window>.npz``
    ``mean``, ``components``, ``variances``, ``total_variance`` for each window size.
``histograms.npy``
    float32 (n_images, n_planes, n_bins, n_bins), rows as the samples; a plane is a window size and
    a pair of components, in the order of ``run.json``. First axis of a histogram: the first
    component of the pair.
``density.npy``
    int64 (2, n_pairs, side, side): windows of the normal and of the anomalous training images in
    the first window size, on ``[-extent, extent]`` of both axes; the outermost cells hold
    everything beyond.
``coefficients.npy``
    float64 (n_planes, n_bins, n_bins) of the standardised histogram; missing if the classifier
    could not be fitted.
``odds.npz``
    That classifier, see :class:`anomalylab.pc_space.log_odds.LogOdds`; missing in older runs.
"""

from functools import partial
from pathlib import Path

import numpy as np

from anomalylab.compute.window_space import WindowSpace
from anomalylab.pc_space import log_odds
from anomalylab.pc_space.info import PCSpaceInfo
from anomalylab.runs.folder import Run

FOLDER = "pc_space"


def space(run: Run, window: int) -> WindowSpace:
    """Read the space of a window size."""
    return run.files.read(f"{FOLDER}/space_{window}.npz", partial(_space, window))


def histograms(run: Run) -> np.ndarray:
    """Read the counts of all images: (n_images, n_planes, n_bins, n_bins), memory-mapped."""
    return run.files.array(f"{FOLDER}/histograms.npy", len(run.samples), None, None, None)


def densities(run: Run) -> np.ndarray:
    """Read the windows of both groups of images: (2, n_pairs, side, side), memory-mapped."""
    n_pairs = len(run.info.part_of(PCSpaceInfo).pairs)
    return run.files.array(f"{FOLDER}/density.npy", 2, n_pairs, None, None)


def coefficients(run: Run) -> np.ndarray | None:
    """Read the log odds of each bin, (n_planes, n_bins, n_bins), or None if there are none."""
    name = f"{FOLDER}/coefficients.npy"
    return run.files.array(name, None, None, None) if run.files.has(name) else None


def classifier(run: Run) -> log_odds.LogOdds | None:
    """Read the classifier of histograms, or None if the run holds none."""
    name = f"{FOLDER}/{log_odds.FILE}"
    return run.files.read(name, log_odds.load) if run.files.has(name) else None


def check(run: Run) -> None:
    """Read every array of a PC space, and the score maps.

    Raises
    ------
    RunError
        Names what is damaged.
    """
    for window in run.info.part_of(PCSpaceInfo).windows:
        space(run, window)
    for read in (histograms, densities, coefficients, classifier):
        read(run)
    for detector in run.detectors:
        if run.files.has(f"maps/{detector}.npy"):  # a forest has none
            run.score_maps(detector)


def _space(window: int, path: Path) -> WindowSpace:
    with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as stored:
        return WindowSpace(
            window,
            stored["mean"],
            stored["components"],
            stored["variances"],
            float(stored["total_variance"]),
        )

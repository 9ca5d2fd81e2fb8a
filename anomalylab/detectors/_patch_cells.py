"""What PatchCore compares: cells together with those around them, levels side by side."""

import numpy as np
from scipy.special import logsumexp

from anomalylab.features import Features

POOLINGS = ("mean", "windows")


def patch_cells(features: Features, pooling: str, n_channels: int, side: int = 3) -> np.ndarray:
    """Return locally aware cells on the finest grid: (n_images, n_rows, n_cols, n_channels).

    Parameters
    ----------
    features : Features
    pooling : {"mean", "windows"}
    n_channels : int
        Length of the vectors when ``pooling="windows"``.
    side : int
        Cells along a side of what is put together, odd.
    """
    from anomalylab.compute import locally_aware

    if pooling == "mean":
        mean = locally_aware.neighbourhood_mean
        levels = {name: mean(features.level(name), side) for name in features.names}
        return Features(levels).aligned(interpolation="bilinear")
    levels = {
        name: locally_aware.neighbourhood_windows(features.level(name), n_channels, side)
        for name in features.names
    }
    cells = Features(levels).aligned(interpolation="bilinear")
    return locally_aware.channel_windows(cells, n_channels)


def crowd_weights(patches: np.ndarray, matched: np.ndarray, crowd: np.ndarray) -> np.ndarray:
    """Return one less the softmax share of the matched cell in its crowd.

    Parameters
    ----------
    patches : float32 ndarray of shape (n_images, n_channels)
        The worst cell of each image.
    matched : float32 ndarray of shape (n_images, n_channels)
        The nearest cell in memory.
    crowd : float32 ndarray of shape (n_images, n_neighbours, n_channels)
        The cells of the memory around it.

    Returns
    -------
    weights : float64 ndarray of shape (n_images,)
    """
    to_crowd = np.linalg.norm(crowd.astype(np.float64) - patches[:, None], axis=2)
    to_matched = np.linalg.norm(matched.astype(np.float64) - patches, axis=1)
    return np.asarray(1 - np.exp(to_matched - logsumexp(to_crowd, axis=1)))

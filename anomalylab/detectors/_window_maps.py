"""Images to moments of windows, and windows to maps: what window PCA and its pool share."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import add

import numpy as np

from anomalylab.compute.threads import in_pieces, n_threads
from anomalylab.compute.window_grid import on_grid
from anomalylab.compute.window_moments import Moments, moments
from anomalylab.compute.window_space import WindowSpace
from anomalylab.compute.window_statistics import (
    mahalanobis_of,
    outside_of,
    reach_of,
    residual_of,
)
from anomalylab.errors import ParameterError
from anomalylab.features import ImageLevel
from anomalylab.progress import counted

AT_ONCE = 2
"""Images a thread whose moments are held before they are added."""

Images = np.ndarray | ImageLevel


def read_band(name: str, images: Images, row: int) -> np.ndarray:
    """Read an image of level ``name``: float ndarray of shape (height, width).

    Raises
    ------
    ParameterError
        If it has several channels, or values that are not finite.
    """
    image = images[row]
    if image.shape[-1] != 1:
        raise ParameterError(
            f"window_pca was fitted on {name!r} of one channel and now gets {image.shape[-1]}; "
            "use the level band"
        )
    if not np.isfinite(image).all():
        raise ParameterError(f"level {name!r} holds NaN or infinite values in image {row}")
    return image[..., 0]


def total_moments(
    read: Callable[[int], np.ndarray], rows: Sequence[int], windows: Sequence[int]
) -> dict[int, Moments]:
    """Sum the windows of some images, side of the window -> moments; a few images at a time.

    ``read`` gives the band of a row.
    """

    def work(row: int) -> dict[int, Moments]:
        band = read(row)
        return {window: moments(band, window) for window in windows}

    total: dict[int, Moments] = {}
    step = AT_ONCE * n_threads()
    for start in counted(range(0, len(rows), step)):
        parts = in_pieces(work, rows[start : start + step])
        if total:
            parts = [total, *parts]
        total = {window: reduce(add, (part[window] for part in parts)) for window in windows}
    return total


def judge(
    band: np.ndarray,
    spaces: Mapping[int, WindowSpace],
    statistic: str,
    coverage: float,
    grid: tuple[int, int],
) -> tuple[float, np.ndarray]:
    """Score an image and its cells, averaged over the spaces.

    Parameters
    ----------
    band : float ndarray of shape (height, width)
    spaces : mapping
        Side of the window -> space.
    statistic, coverage, grid
        As in :class:`~anomalylab.detectors.window_pca.WindowPCA`.

    Returns
    -------
    score : float
    score_map : float32 ndarray of shape ``grid``
    """
    values = {
        window: _of_windows(band, space, statistic, coverage) for window, space in spaces.items()
    }
    height, width = band.shape
    maps = [on_grid(value, window, (height, width), grid) for window, value in values.items()]
    score_map: np.ndarray = np.stack(maps).mean(axis=0, dtype=np.float32)
    if statistic == "outside":
        return float(np.mean([value.mean() for value in values.values()])), score_map
    return float(score_map.max()), score_map


def _of_windows(
    band: np.ndarray, space: WindowSpace, statistic: str, coverage: float
) -> np.ndarray:
    if statistic == "residual":
        return residual_of(space, space.project(band)[1])
    distances = space.distances(space.coordinates(band))
    if statistic == "mahalanobis":
        return mahalanobis_of(space, distances)
    return outside_of(distances, reach_of(coverage, space.n_components))

"""Score maps on the cell grid to anomaly maps on pixels, and to regions of them.

Enlarging to the network's input, Gaussian smoothing there and resizing to the image are linear and
act on rows and columns apart. They are therefore one small matrix for each axis, and an anomaly map
is ``rows @ score_map @ cols.T``: exact, and about as fast as writing the map.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy import ndimage

from anomalylab.compute.blas import one_blas_thread
from anomalylab.errors import ParameterError
from anomalylab.features import enlargement
from anomalylab.progress import counted

Size = tuple[int, int]

EIGHT_NEIGHBOURS = np.ones((3, 3))


def anomaly_map(
    score_map: np.ndarray,
    size: Size,
    *,
    smoothing: float = 4.0,
    network_size: Size = (224, 224),
) -> np.ndarray:
    """Compute the anomaly map of one image.

    Enlarges bilinearly to the network's input with cell centres aligned, as
    ``torch.nn.functional.interpolate(align_corners=False)`` does; smooths there by a Gaussian cut
    at four deviations and mirrored at the border, as ``scipy.ndimage`` does by default and the
    published PaDiM and PatchCore [1]_ do; and resizes bilinearly to the image.

    Parameters
    ----------
    score_map : ndarray of shape (n_rows, n_cols)
        Score of each cell.
    size : (height, width)
        Of the image, in pixels.
    smoothing : float
        Standard deviation of the Gaussian in pixels of the network's input; 0 leaves it out.
    network_size : (height, width)
        Of the network's input.

    Returns
    -------
    anomaly_map : float32 ndarray of shape (height, width)

    Raises
    ------
    ParameterError
        If ``score_map`` has not two dimensions or holds NaN or infinity, a size is not two positive
        numbers, or ``smoothing`` is negative.

    References
    ----------
    .. [1] Roth et al. (2022). Towards Total Recall in Industrial Anomaly Detection. CVPR.
       https://arxiv.org/abs/2106.08265
    """
    if score_map.ndim != 2 or not np.isfinite(score_map).all():
        raise ParameterError(
            "a score map must have shape (n_rows, n_cols) and be finite; "
            f"shape {score_map.shape}, {np.isnan(score_map).sum()} values are NaN"
        )
    if any(len(pair) != 2 or min(pair) < 1 for pair in (size, network_size)):
        raise ParameterError(
            f"sizes must be (height, width) in pixels, not {size} and {network_size}"
        )
    if not smoothing >= 0:
        raise ParameterError(f"smoothing must be 0 or positive, not {smoothing}")
    axes = zip(score_map.shape, network_size, size, strict=True)
    rows, cols = (_axis_matrix(*lengths, smoothing) for lengths in axes)
    return rows @ score_map.astype(np.float32, copy=False) @ cols.T


@dataclass(frozen=True, eq=False)
class AnomalyMaps(Sequence[np.ndarray]):
    """Anomaly maps of images whose sizes may differ, each computed when it is asked for.

    Parameters
    ----------
    score_maps : ndarray of shape (n_images, n_rows, n_cols)
    sizes : sequence of (height, width)
        Of each image, in pixels.
    smoothing, network_size
        As in :func:`anomaly_map`.

    Raises
    ------
    ParameterError
        If there is not one size for each score map, or as in :func:`anomaly_map`.

    Examples
    --------
    >>> maps = AnomalyMaps(np.ones((2, 7, 7)), [(30, 40), (50, 60)])
    >>> [anomaly_map.shape for anomaly_map in maps]
    [(30, 40), (50, 60)]
    """

    score_maps: np.ndarray
    sizes: Sequence[Size]
    smoothing: float = 4.0
    network_size: Size = (224, 224)

    def __post_init__(self) -> None:
        if len(self.sizes) != len(self.score_maps):
            raise ParameterError(
                f"there must be one size for each score map, not {len(self.sizes)} for "
                f"{len(self.score_maps)}"
            )

    def __len__(self) -> int:
        return len(self.score_maps)

    def __getitem__(self, index):
        """Return the anomaly map of one image, or the maps of a slice of the images."""
        if isinstance(index, slice):
            return replace(self, score_maps=self.score_maps[index], sizes=self.sizes[index])
        return anomaly_map(
            self.score_maps[index],
            self.sizes[index],
            smoothing=self.smoothing,
            network_size=self.network_size,
        )


@one_blas_thread()
def anomaly_maps(
    score_maps: np.ndarray,
    size: Size,
    *,
    smoothing: float = 4.0,
    network_size: Size = (224, 224),
) -> np.ndarray:
    """Compute the anomaly maps of images of one size, all held at once.

    Parameters and errors as in :func:`anomaly_map`.

    Returns
    -------
    anomaly_maps : float32 ndarray of shape (n_images, height, width)
    """
    out = np.empty((len(score_maps), *size), np.float32)
    maps = AnomalyMaps(score_maps, [size] * len(out), smoothing, network_size)
    for target, made in zip(out, maps, strict=True):
        target[...] = made
    return out


@one_blas_thread()
def map_max(score_maps: np.ndarray, network_size: Size, *, smoothing: float = 4.0) -> np.ndarray:
    """Compute the maximum of each anomaly map at the network's input, holding one map at a time.

    Whatever the size of the image, its anomaly map nowhere exceeds this: the last resize only
    averages. A threshold on these maxima can therefore be drawn on every displayed map.

    Parameters and errors as in :func:`anomaly_map`.

    Returns
    -------
    map_max : float32 ndarray of shape (n_images,)
    """
    sizes = [network_size] * len(score_maps)
    maps = AnomalyMaps(score_maps, sizes, smoothing, network_size)
    return np.array([made.max() for made in counted(maps)], np.float32)


@one_blas_thread()
def peaks(
    score_maps: np.ndarray, sizes: np.ndarray, *, smoothing: float = 4.0, network_size: Size
) -> np.ndarray:
    """Find the highest place of each anomaly map, holding one map at the network's input at a time.

    Parameters and errors as in :func:`anomaly_map`.

    Returns
    -------
    peaks : int64 ndarray of shape (n_images, 2)
        Row and column, in pixels of images of ``sizes`` (n_images, 2): the pixel that holds the
        centre of the highest pixel of the network's input, the first of equal ones.
    """
    maps = AnomalyMaps(score_maps, [network_size] * len(score_maps), smoothing, network_size)
    found = np.array([divmod(int(made.argmax()), network_size[1]) for made in counted(maps)])
    centres = (found.reshape(-1, 2) + 0.5) / network_size
    return np.floor(centres * sizes).astype(np.int64)


def regions(anomaly_map: np.ndarray, threshold: float, *, min_area: int = 1) -> pd.DataFrame:
    """Find the connected regions of an anomaly map at or above a threshold.

    Parameters
    ----------
    anomaly_map : ndarray of shape (height, width)
    threshold : float
        Pixels at or above it belong to a region.
    min_area : int
        Regions of fewer pixels are left out.

    Returns
    -------
    regions : DataFrame
        One row a region of pixels connected over eight neighbours, highest peak first: ``top``,
        ``left``, ``bottom``, ``right`` (pixels, the last two exclusive), ``area`` (pixels),
        ``peak_score``, ``peak_row``, ``peak_col``, ``centroid_row``, ``centroid_col`` (pixels,
        unweighted).

    Raises
    ------
    ParameterError
        If the map has not two dimensions, or it or the threshold is NaN.
    """
    if anomaly_map.ndim != 2 or np.isnan(anomaly_map).any() or np.isnan(threshold):
        raise ParameterError(
            "regions need a map of shape (height, width) and a threshold, both without NaN; "
            f"the map has shape {anomaly_map.shape}"
        )
    labelled, _ = ndimage.label(anomaly_map >= threshold, structure=EIGHT_NEIGHBOURS)
    rows = [
        _describe(number, box, labelled[box] == number, anomaly_map[box])
        for number, box in enumerate(ndimage.find_objects(labelled), start=1)
    ]
    table = pd.DataFrame(rows, columns=list(_COLUMNS)).astype(_COLUMNS)
    table = table[table["area"] >= min_area]
    return table.sort_values("peak_score", ascending=False, kind="stable", ignore_index=True)


_COLUMNS = {
    "top": "int64",
    "left": "int64",
    "bottom": "int64",
    "right": "int64",
    "area": "int64",
    "peak_score": "float64",
    "peak_row": "int64",
    "peak_col": "int64",
    "centroid_row": "float64",
    "centroid_col": "float64",
}


def _describe(
    number: int, box: tuple[slice, slice], inside: np.ndarray, scores: np.ndarray
) -> tuple[float, ...]:
    (top, bottom), (left, right) = ((axis.start, axis.stop) for axis in box)
    rows, cols = np.nonzero(inside)
    peak = scores[rows, cols].argmax()
    return (
        *(top, left, bottom, right, len(rows)),
        *(scores[rows[peak], cols[peak]], top + rows[peak], left + cols[peak]),
        *(top + rows.mean(), left + cols.mean()),
    )


@lru_cache(maxsize=64)
def _axis_matrix(n_cells: int, n_network: int, n_pixels: int, smoothing: float) -> np.ndarray:
    """Return the matrix (n_pixels, n_cells) of one axis: enlarge, smooth, resize."""
    matrix = enlargement(n_cells, n_network, "bilinear")
    if smoothing:
        matrix = ndimage.gaussian_filter1d(matrix, smoothing, axis=0, mode="reflect")
    matrix = enlargement(n_network, n_pixels, "bilinear") @ matrix
    matrix.flags.writeable = False
    return matrix

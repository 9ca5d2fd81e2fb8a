"""The windows of one image as points, and what views ask of those that are selected.

Whatever is selected is a bool array with one value a window.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from anomalylab.compute.window_space import WindowSpace

RESIDUAL = "residual"
"""Name of the axis that is no component: the distance from PC space."""


@dataclass(frozen=True)
class Cloud:
    """All windows of one image.

    Parameters
    ----------
    sample_id : str
    window : int
        Odd side of a window in pixels.
    coordinates : float32 ndarray of shape (n_rows, n_cols, n_components)
        Row i, column j is the window whose upper left pixel is (i, j); its centre is the pixel
        ``(i + window // 2, j + window // 2)``.
    residual : float32 ndarray of shape (n_rows, n_cols)
        Squared distance of each window from PC space.
    distance : float32 ndarray of shape (n_rows, n_cols)
        Squared Mahalanobis distance in PC space.
    on_defect : bool ndarray of shape (n_rows, n_cols), optional
        Windows that hold a pixel of the defect; None where no mask is known.
    """

    sample_id: str
    window: int
    coordinates: np.ndarray
    residual: np.ndarray
    distance: np.ndarray
    on_defect: np.ndarray | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of windows."""
        return self.residual.shape[0], self.residual.shape[1]

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes: ``PC1``, ``PC2``, ..., ``residual``."""
        return axes_of(self.coordinates.shape[-1])

    @property
    def centres(self) -> tuple[np.ndarray, np.ndarray]:
        """Pixels of the centres of windows: rows of shape (n_rows, 1), columns (1, n_cols)."""
        half = self.window // 2
        return np.arange(self.shape[0])[:, None] + half, np.arange(self.shape[1])[None] + half

    def along(self, axis: str) -> np.ndarray:
        """Return the position of each window along an axis, of shape (n_rows, n_cols).

        The residual is given as its square root, in the unit of the components.
        """
        if axis == RESIDUAL:
            return np.sqrt(self.residual)
        return self.coordinates[..., self.axes.index(axis)]


def axes_of(n_components: int) -> tuple[str, ...]:
    """Return the names of the axes of a space: its components, then the residual."""
    return (*(f"PC{i + 1}" for i in range(n_components)), RESIDUAL)


def make_cloud(
    sample_id: str, band: np.ndarray, space: WindowSpace, mask: np.ndarray | None = None
) -> Cloud:
    """Project all windows of an image.

    Parameters
    ----------
    sample_id : str
    band : float ndarray of shape (height, width)
    space : WindowSpace
    mask : bool ndarray of shape (height, width), optional
        Pixels of the defect.
    """
    coordinates, residual = space.project(band)
    return Cloud(
        sample_id,
        space.window,
        coordinates.astype(np.float32),
        residual.astype(np.float32),
        space.distances(coordinates).astype(np.float32),
        None if mask is None else touching(mask, space.window),
    )


def touching(mask: np.ndarray, window: int) -> np.ndarray:
    """Return which windows hold a marked pixel: (height, width) to (n_rows, n_cols)."""
    sums = np.pad(mask.astype(np.int64).cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    inside = sums[window:, window:] - sums[:-window, window:] - sums[window:, :-window]
    return inside + sums[:-window, :-window] > 0


def as_pixels(cloud: Cloud, selected: np.ndarray) -> np.ndarray:
    """Return the centres of selected windows as a bool image of (height, width)."""
    half = cloud.window // 2
    return np.pad(selected, half)


def most_extreme(cloud: Cloud, selected: np.ndarray, n: int, by: np.ndarray) -> pd.DataFrame:
    """Return selected windows that differ in place, those highest in ``by`` first.

    Of windows whose centres are less than half a window apart only the highest is taken, for
    neighbours show the same thing.

    Parameters
    ----------
    cloud : Cloud
    selected : bool ndarray of shape (n_rows, n_cols)
    n : int
        At most so many.
    by : ndarray of shape (n_rows, n_cols)
        What is extreme, e.g. ``cloud.distance``.

    Returns
    -------
    windows : DataFrame
        Columns row and col (of the upper left pixel), value.
    """
    left = np.where(selected, by, -np.inf).astype(float)
    half = max(cloud.window // 2, 1)
    found: list[tuple[int, int, float]] = []
    while len(found) < n:
        row, col = np.unravel_index(int(left.argmax()), left.shape)
        value = left[row, col]
        if value == -np.inf:
            break
        found.append((int(row), int(col), float(value)))
        left[max(row - half, 0) : row + half + 1, max(col - half, 0) : col + half + 1] = -np.inf
    return pd.DataFrame(found, columns=["row", "col", "value"])


def defect_share(cloud: Cloud, selected: np.ndarray) -> float | None:
    """Return the share of selected windows that hold a pixel of the defect.

    None if no mask is known or nothing is selected.
    """
    if cloud.on_defect is None or not selected.any():
        return None
    return float(cloud.on_defect[selected].mean())


def patch(image: np.ndarray, cloud: Cloud, row: int, col: int) -> np.ndarray:
    """Cut the pixels of a window out of an image of (height, width, ...)."""
    return image[row : row + cloud.window, col : col + cloud.window]

"""The clouds on show: made by threads, their points end to end."""

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from anomalylab.pc_space.cloud import RESIDUAL, Cloud, most_extreme
from anomalylab.pc_space.opened import PCSpace
from anomalylab.pc_space.selection import Selection

STEPS = (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
"""Widths of views as multiples of the usual one, so that most images share one scale."""


def make_clouds(pc: PCSpace, sample_ids: Iterable[str]) -> list[Cloud]:
    """Project the windows of many images, one thread a core."""
    names, _ = list(sample_ids), pc.space  # the space is read once, before threads ask for it
    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(pc.cloud, names))


class CloudSet:
    """Windows of one or many images.

    Parameters
    ----------
    clouds : sequence of Cloud
    """

    def __init__(self, clouds: Sequence[Cloud]):
        self.clouds = list(clouds)
        self._along: dict[str, np.ndarray] = {}
        self._furthest: dict[str, float] = {}

    @property
    def n_windows(self) -> int:
        """Number of points."""
        return sum(cloud.residual.size for cloud in self.clouds)

    def along(self, axis: str) -> np.ndarray:
        """Return the position of every window along an axis: float32 (n_windows,)."""
        if axis not in self._along:
            parts = [cloud.along(axis).ravel() for cloud in self.clouds]
            self._along[axis] = np.concatenate(parts)
        return self._along[axis]

    def points(self, x: str, y: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the places of all windows in the plane of two axes."""
        return self.along(x), self.along(y)

    @property
    def on_defect(self) -> list[np.ndarray]:
        """Windows that are known to touch a defect, one array a cloud."""
        return [
            np.zeros(one.shape, bool) if one.on_defect is None else one.on_defect
            for one in self.clouds
        ]

    def beyond(self, x: str, y: str, deviations: tuple[float, float], radius: float) -> list:
        """Return the windows outside an ellipse in a plane, one bool array a cloud."""
        across, up = (radius * deviation for deviation in deviations)
        outside = Selection("beyond", (x, y), (0, 0, across, up))
        return [outside.windows(one) for one in self.clouds]

    def lit(self, masks: Sequence[np.ndarray], x: str, y: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the places of the windows that ``masks``, one a cloud, select."""
        pairs = list(zip(self.clouds, masks, strict=True))
        across, up = (
            np.concatenate([cloud.along(axis)[mask] for cloud, mask in pairs]) for axis in (x, y)
        )
        return across, up

    def reach(self, axis: str, usual: float) -> float:
        """Return how far a view must go along an axis to hold every window.

        Parameters
        ----------
        axis : str
        usual : float
            How far the usual view goes; others are multiples of it, so that most images share one
            scale.
        """
        if axis not in self._furthest:
            along = self.along(axis)
            self._furthest[axis] = float(max(-along.min(), along.max()))
        needed = 1.04 * self._furthest[axis] / usual
        return usual * next((step for step in STEPS if step >= needed), needed)


def share_beyond(
    density: np.ndarray, extent: float, deviations: tuple[float, float], radius: float
) -> float:
    """Return the share of counted windows outside an ellipse around the origin.

    Parameters
    ----------
    density : int ndarray of shape (side, side)
        Counts on ``[-extent, extent]`` of both axes; the first axis is x.
    extent : float
    deviations : tuple of float
        Half the axes of the ellipse, divided by ``radius``.
    radius : float
    """
    centres = (np.arange(len(density)) + 0.5) * 2 * extent / len(density) - extent
    across, up = (centres / deviation for deviation in deviations)
    is_beyond = across[:, None] ** 2 + up**2 > radius**2
    return float(density[is_beyond].sum() / max(density.sum(), 1))


def extremes(
    clouds: Sequence[Cloud], masks: Sequence[np.ndarray], n: int, *, by_residual: bool
) -> pd.DataFrame:
    """Return the most extreme selected windows of many images, no two of them of the same place.

    Parameters
    ----------
    clouds : sequence of Cloud
    masks : sequence of bool ndarray
        Selected windows of each.
    n : int
        At most so many.
    by_residual : bool
        Order by distance from PC space, else by distance from its origin.

    Returns
    -------
    windows : DataFrame
        Columns number (of the cloud), row, col, value.
    """
    values = [cloud.residual if by_residual else cloud.distance for cloud in clouds]
    peaks = [
        float(value[mask].max()) if mask.any() else -np.inf
        for value, mask in zip(values, masks, strict=True)
    ]
    best = [i for i in np.argsort(peaks)[::-1][:n] if peaks[i] > -np.inf]
    tables = [most_extreme(clouds[i], masks[i], n, values[i]).assign(number=int(i)) for i in best]
    if not tables:
        return pd.DataFrame(columns=["number", "row", "col", "value"])
    return pd.concat(tables).nlargest(n, "value", keep="first").reset_index(drop=True)


def along_axis(
    cloud: Cloud, axis: str, positions: Sequence[float], n: int, width: float
) -> list[pd.DataFrame]:
    """Return up to ``n`` windows that lie nearest to each position of an axis, if any do.

    Parameters
    ----------
    cloud : Cloud
    axis : str
    positions : sequence of float
    n : int
        Windows a position; no two of the same place.
    width : float
        Windows further from the position than half of it do not count.
    """
    along = cloud.along(axis)
    tables = []
    for position in positions:
        off = np.abs(along - position)
        tables.append(most_extreme(cloud, off <= width / 2, n, -off))
    return tables


def deviation(pc: PCSpace, axis: str) -> float:
    """Return the standard deviation of normal training windows along an axis.

    Of the residual, the root of its mean square.
    """
    space = pc.space
    if axis == RESIDUAL:
        return float(max(space.total_variance - space.variances.sum(), 0) ** 0.5)
    return float(space.deviations[int(axis.removeprefix("PC")) - 1])

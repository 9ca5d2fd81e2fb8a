"""Second pass: all windows of each image in PC space, once."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from anomalylab.compute.threads import in_pieces
from anomalylab.compute.window_grid import on_grid
from anomalylab.compute.window_space import WindowSpace
from anomalylab.compute.window_statistics import (
    STATISTICS,
    image_score,
    mahalanobis_of,
    outside_of,
    residual_of,
)
from anomalylab.pc_space.histogram import Plane, cells_of, density, histogram
from anomalylab.pc_space.info import GRID
from anomalylab.progress import Advance, counting
from anomalylab.recipes.pc_space.image_blocks import PIECE, Images, by_blocks, in_blocks
from anomalylab.recipes.pc_space.spaces import digest
from anomalylab.storage.blocks import Arrays, BlockStore

SIDE = 512
"""Cells of each axis of the densities."""

SIGMAS = 3.0
"""Deviations from the centre of PC space beyond which a window lies outside the bulk."""


@dataclass(frozen=True)
class View:
    """Where windows are looked at.

    Parameters
    ----------
    spaces : mapping
        Window size -> its PC space; the first one gives scores and maps.
    planes : sequence of Plane
        Histograms are made of.
    bins : int
    overflow : {"clip", "drop"}
    extent : float
        Half the width of the densities.
    """

    spaces: Mapping[int, WindowSpace]
    planes: Sequence[Plane]
    bins: int
    overflow: str
    extent: float

    @property
    def window(self) -> int:
        """The window size that scores and maps are of."""
        return next(iter(self.spaces))

    @property
    def first_planes(self) -> list[Plane]:
        """Planes of that window size."""
        return [plane for plane in self.planes if plane.window == self.window]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Planes, and bins along both axes, of the histograms of an image."""
        return len(self.planes), self.bins, self.bins

    def key(self) -> list:
        """Return all that what is seen depends on, beside the image."""
        planes = [(p.window, p.first, p.second, p.limit) for p in self.planes]
        spaces = [digest(space) for space in self.spaces.values()]
        return [spaces, planes, self.bins, self.overflow, self.extent, GRID, SIDE, SIGMAS]


def project(band: np.ndarray, view: View, *, dense: bool) -> dict[str, np.ndarray]:
    """Describe an image by its windows.

    Parameters
    ----------
    band : ndarray of shape (height, width)
    view : View
    dense : bool
        Whether to make densities too.

    Returns
    -------
    described : dict
        ``histograms`` int (n_planes, bins, bins); ``beyond`` (n_planes,), the shares of windows
        beyond the limits; ``scores`` (3,) and a float32 map of shape :data:`GRID` under each name,
        see :mod:`anomalylab.compute.window_statistics`; ``residual_sums`` (3,), number, sum and sum
        of squares of the distances of windows from PC space; ``density`` int (n_pairs, SIDE, SIDE).
    """
    seen: dict[str, np.ndarray] = {}
    histograms, beyond = [], []
    for window, space in view.spaces.items():
        coordinates, residual = space.project(band)
        for plane in (plane for plane in view.planes if plane.window == window):
            x, y = coordinates[..., plane.first], coordinates[..., plane.second]
            counts, share = histogram(x, y, view.bins, plane.limit, view.overflow)
            histograms.append(counts)
            beyond.append(share)
        if window == view.window:
            seen |= without_labels(band.shape, space, coordinates, residual)
            sums = [residual.size, np.sqrt(residual).sum(), residual.sum()]
            seen["residual_sums"] = np.array(sums)
            if dense:
                seen["density"] = _densities(coordinates, view)
    return {**seen, "histograms": np.stack(histograms), "beyond": np.array(beyond)}


def without_labels(
    shape: tuple[int, ...], space: WindowSpace, coordinates: np.ndarray, residual: np.ndarray
) -> dict[str, np.ndarray]:
    """Measure the windows of an image against the bulk.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the image.
    space : WindowSpace
    coordinates, residual : ndarray
        What it projects the image to.

    Returns
    -------
    seen : dict
        ``scores`` (3,) and a float32 map of shape :data:`GRID` under each of the statistics.
    """
    distances = space.distances(coordinates)
    of_windows = {
        "residual": residual_of(space, residual),
        "mahalanobis": mahalanobis_of(space, distances),
        "outside": outside_of(distances, SIGMAS**2),
    }
    size = shape[0], shape[1]
    maps = {name: on_grid(values, space.window, size, GRID) for name, values in of_windows.items()}
    scores = [image_score(name, of_windows[name], maps[name]) for name in STATISTICS]
    return {**maps, "scores": np.array(scores, np.float64)}


def _densities(coordinates: np.ndarray, view: View) -> np.ndarray:
    planes = view.first_planes
    return np.stack(
        [
            density(coordinates[..., p.first], coordinates[..., p.second], SIDE, view.extent)
            for p in planes
        ]
    )


def project_all(
    images: Images, view: View, groups: Mapping[int | None, np.ndarray]
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Describe all images.

    Parameters
    ----------
    images : Images
    view : View
    groups : mapping
        Group of a density (0 normal, 1 anomalous) or None -> rows of its images; together all rows.

    Returns
    -------
    described : dict
        As :func:`project` does, without densities, rows as the samples.
    densities : int64 ndarray of shape (2, n_pairs, SIDE, SIDE)
    """
    store, n_images = BlockStore("window looks"), len(images.samples)
    key = view.key()
    densities = np.zeros((2, len(view.first_planes), SIDE, SIDE), np.int64)
    described: dict[str, np.ndarray] = {}
    with counting(n_images) as advance:
        for group, members in groups.items():
            dense = group is not None
            compute = partial(_project_block, images, view, dense, advance)
            known = by_blocks(images, members, store, ("look", dense, key), compute, advance)
            for rows, block in known:
                of_images = dict(block)
                if group is not None:
                    densities[group] += of_images.pop("density")
                for name, values in of_images.items():
                    target = described.setdefault(
                        name, np.zeros((n_images, *values.shape[1:]), values.dtype)
                    )
                    target[rows] = values
    return described, densities


def _project_block(
    images: Images, view: View, dense: bool, advance: Advance, rows: np.ndarray
) -> Arrays:
    """Describe the images of a block; densities are added up as they come, to hold few."""

    def work(row: int) -> dict[str, np.ndarray]:
        described = project(images.band(row), view, dense=dense)
        advance(1)
        return described

    total: dict[str, np.ndarray] = {}
    rest = []
    for part in in_blocks(rows, PIECE):
        for described in in_pieces(work, map(int, part)):
            if dense:
                total["density"] = total.get("density", 0) + described.pop("density")
            rest.append(described)
    return {**total, **{key: np.stack([one[key] for one in rest]) for key in rest[0]}}


def log_odds_map(band: np.ndarray, view: View, weights: np.ndarray) -> np.ndarray:
    """Show where in an image the windows lie that make it look defective.

    Parameters
    ----------
    band : ndarray of shape (height, width)
    view : View
    weights : ndarray of shape (n_planes, bins, bins)
        Log odds that each bin adds, see :class:`anomalylab.pc_space.log_odds.LogOdds`.

    Returns
    -------
    log_odds : float32 ndarray of shape :data:`GRID`
        Sum over planes of the weights of the bins that windows lie in.
    """
    total = np.zeros(GRID, np.float32)
    for window, space in view.spaces.items():
        coordinates = space.coordinates(band)
        values = np.zeros(coordinates.shape[:2])
        for number, plane in enumerate(view.planes):
            if plane.window == window:
                x, y = coordinates[..., plane.first], coordinates[..., plane.second]
                cells, _ = cells_of(x, y, view.bins, plane.limit, view.overflow)
                values += np.append(weights[number], 0.0)[cells]  # -1, no cell: adds nothing
        total += on_grid(values, window, band.shape, GRID)
    return total


def log_odds_maps(images: Images, view: View, weights: np.ndarray) -> np.ndarray:
    """Make the log-odds maps of all images, of shape (n_images, *GRID)."""
    rows, store = np.arange(len(images.samples)), BlockStore("window looks")
    params = "log odds", view.key(), hashlib.blake2b(weights.tobytes()).hexdigest()
    with counting(len(rows)) as advance:

        def work(row: int) -> np.ndarray:
            made = log_odds_map(images.band(row), view, weights)
            advance(1)
            return made

        def compute(block: np.ndarray) -> Arrays:
            return {"maps": np.stack(in_pieces(work, block.tolist()))}

        known = by_blocks(images, rows, store, params, compute, advance)
        return np.concatenate([arrays["maps"] for _, arrays in known])

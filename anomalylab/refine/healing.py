"""Healing: removed images come back with suspicious cells of their features replaced by usual."""

from dataclasses import dataclass

import numpy as np

from anomalylab.compute.grouped_search import GroupedSearch
from anomalylab.compute.nearest import nearest_neighbours
from anomalylab.detectors import Detector, Pool, RefitPool
from anomalylab.errors import ParameterError
from anomalylab.features import Features
from anomalylab.registry import unknown_name

NEAREST = ("at the place", "anywhere")
"""Which kept cells a suspicious one is replaced by the mean of."""

N_NOISE = 2048
"""Cells by which it is measured how far usual cells lie from what they would be replaced by."""


@dataclass(frozen=True)
class Healed:
    """Features with healed images behind the others.

    Parameters
    ----------
    features : Features
        All images of the pool, and the healed ones; a healed image is of the group of the one that
        it was made of. Levels are those of the detector.
    rows : int ndarray of shape (n_removed,)
        Numbers of the healed images.
    originals : int ndarray of shape (n_removed,)
        Numbers of the images that they were made of.
    replaced : bool ndarray of shape (n_removed, n_rows, n_cols)
        Cells that were replaced.
    threshold : float
        Score from which a cell was suspicious.
    """

    features: Features
    rows: np.ndarray
    originals: np.ndarray
    replaced: np.ndarray
    threshold: float


@dataclass(frozen=True)
class Kept:
    """What healing goes by: the kept images, and a detector fitted on them.

    Parameters
    ----------
    fitted : Detector
    features : Features
        Of the kept images.
    groups : int ndarray of shape (n_kept,)
        Their groups, counted over all images.
    scores : ndarray of shape (n_kept,)
        Image scores, groups left out.
    score_maps : ndarray of shape (n_kept, n_rows, n_cols)
        Score maps, groups left out.
    """

    fitted: Detector
    features: Features
    groups: np.ndarray
    scores: np.ndarray
    score_maps: np.ndarray


def kept_part(pool: Pool, kept: np.ndarray) -> Kept:
    """Fit the detector of a pool on the rows that are kept, and score these left out."""
    features = pool.features.subset(kept)
    groups = pool.features.group_numbers[kept]
    pool.detector.check_training(features)
    fitted = pool.detector.unfitted().fit(features)
    if type(pool) is RefitPool:  # leaves out as a run does, where the pool would take many fits
        scores, score_maps = fitted.training_scores()
    else:
        scores, score_maps = pool.score(kept, kept, leave_out="group")
    return Kept(fitted, features, groups, scores, score_maps)


def heal(
    pool: Pool,
    part: Kept,
    removed: np.ndarray,
    *,
    quantile: float = 0.99,
    k: int = 5,
    nearest: str = "at the place",
) -> Healed:
    """Replace the suspicious cells of removed images by the mean of their k nearest kept cells.

    Suspicious is a cell that scores at least as the quantile of the cells of kept images. On levels
    of fewer cells, a cell is replaced if any that it covers is suspicious. Nearest are cells of
    images of other groups, on the same level.

    Parameters
    ----------
    pool : Pool
    part : Kept
        From :func:`kept_part`.
    removed : int ndarray of shape (n_removed,)
        Rows that are not kept.
    quantile : float in (0, 1)
        Of the left-out scores of all kept cells.
    k : int
        Cells whose mean replaces one.
    nearest : {"at the place", "anywhere"}
        Cells at the same place of kept images, for products that lie as they are photographed; or
        all cells of kept images.

    Returns
    -------
    healed : Healed

    Raises
    ------
    ParameterError
        If ``quantile`` lies outside (0, 1), no row is removed, or there are fewer than ``k`` kept
        cells to take the mean of.
    """
    if not len(removed):
        raise ParameterError("no image was removed, so there is none to heal")
    threshold = _threshold(part, quantile)
    groups = pool.features.group_numbers
    images = pool.features.subset(removed)
    suspicious = part.fitted.score_map(images) >= threshold
    levels = {}
    for name in images.names:
        usual = _Usual(part, name, k, nearest)
        healed = _replaced(usual, images.level(name), suspicious, groups[removed])
        levels[name] = np.concatenate([pool.features.level(name), healed])
    n_images = len(pool.features)
    return Healed(
        Features(levels, np.append(groups, groups[removed])),
        np.arange(n_images, n_images + len(removed)),
        np.asarray(removed),
        suspicious,
        threshold,
    )


def accepted(part: Kept, healed: Healed, *, quantile: float = 0.95) -> np.ndarray:
    """Tell which healed images score like kept ones.

    Parameters
    ----------
    part : Kept
    healed : Healed
    quantile : float in (0, 1)
        Of the left-out scores of kept images, which an accepted one does not exceed.

    Returns
    -------
    accepted : bool ndarray of shape (n_removed,)
    """
    _check_quantile(quantile)
    scores = part.fitted.image_scores(healed.features.subset(healed.rows))
    return np.asarray(scores <= np.quantile(part.scores, quantile))


def defect_energy(
    part: Kept, healed: Healed, polluted: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Measure what is left of defects: the mean squared score of their cells.

    Parameters
    ----------
    part : Kept
    healed : Healed
    polluted : bool ndarray of shape (n_removed, n_rows, n_cols)
        Cells that hold a defect, by masks.

    Returns
    -------
    before, after : ndarray of shape (n_removed,)
        Of the removed images and of the healed ones; NaN where no cell holds a defect.
    """
    both = []
    for rows in (healed.originals, healed.rows):
        squared = part.fitted.score_map(healed.features.subset(rows)).astype(float) ** 2
        total, n_cells = (squared * polluted).sum(axis=(1, 2)), polluted.sum(axis=(1, 2))
        both.append(np.divide(total, n_cells, out=np.full(len(rows), np.nan), where=n_cells > 0))
    return both[0], both[1]


def change_of_kept(
    part: Kept,
    *,
    quantile: float = 0.99,
    k: int = 5,
    nearest: str = "at the place",
    seed: int = 0,
) -> np.ndarray:
    """Heal the kept images themselves, each left out, and measure how much that changes them.

    A control: healing an image that is as usual must leave it nearly as it is.

    Parameters
    ----------
    part : Kept
    quantile, k, nearest
        As in :func:`heal`.
    seed : int
        Of the draw of cells that noise is measured by.

    Returns
    -------
    change : ndarray of shape (n_kept,)
        Root mean square change over the cells of an image, in units of the noise: the same of all
        cells if each were replaced. Averaged over levels, squared. Below 1 means that healing does
        less than replacing usual cells by usual cells would.
    """
    suspicious = part.score_maps >= _threshold(part, quantile)
    squared = np.zeros(len(part.groups))
    for name in part.features.names:
        level, usual = part.features.level(name), _Usual(part, name, k, nearest)
        healed = _replaced(usual, level, suspicious, part.groups)
        changed = np.square(healed - level).sum(axis=3).mean(axis=(1, 2))
        squared += changed / _noise(usual, seed) / len(part.features.names)
    return np.sqrt(squared)


class _Usual:
    """What a cell of one level would be if it were as those of kept images."""

    def __init__(self, part: Kept, name: str, k: int, nearest: str):
        if nearest not in NEAREST:
            unknown_name("way of choosing the nearest cells", nearest, NEAREST)
        level = part.features.level(name)
        n_cells = level[0, ..., 0].size
        self.k, self.bank = k, level.reshape(-1, level.shape[3])
        self.groups = np.repeat(part.groups, n_cells)
        self.places = np.tile(np.arange(n_cells), len(level))
        self.is_at_the_place = nearest == "at the place"

    def of(self, cells: np.ndarray, groups: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Return the mean of the k nearest kept cells of other groups: (n, n_channels)."""
        if not self.is_at_the_place:
            return self._mean(cells, groups, np.arange(len(self.bank)))
        usual = np.empty(cells.shape, np.float32)
        for place in np.unique(places):
            here = places == place
            usual[here] = self._mean(
                cells[here], groups[here], np.flatnonzero(self.places == place)
            )
        return usual

    def _mean(self, cells: np.ndarray, groups: np.ndarray, rows: np.ndarray) -> np.ndarray:
        bank = self.bank[rows]
        search = GroupedSearch(
            lambda some, of_groups: nearest_neighbours(some, groups=of_groups),
            bank,
            self.groups[rows],
        )
        return np.asarray(bank[search.search(cells, self.k, exclude_groups=groups)[1]].mean(axis=1))


def _noise(usual: _Usual, seed: int) -> float:
    """Return the mean squared distance of kept cells from what they would be replaced by."""
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(usual.bank))[:N_NOISE])
    cells = usual.bank[rows]
    means = usual.of(cells, usual.groups[rows], usual.places[rows])
    return float(np.square(means - cells).sum(axis=1).mean())


def _replaced(
    usual: _Usual, level: np.ndarray, suspicious: np.ndarray, groups: np.ndarray
) -> np.ndarray:
    """Return a level of images with suspicious cells replaced: as ``level``, float32."""
    image, row, col = np.nonzero(_any_covered(suspicious, level.shape[1:3]))
    healed = np.array(level, np.float32)
    if len(image):
        places = row * level.shape[2] + col
        healed[image, row, col] = usual.of(level[image, row, col], groups[image], places)
    return healed


def _any_covered(suspicious: np.ndarray, grid: tuple[int, ...]) -> np.ndarray:
    """Return which cells of a coarser grid touch a suspicious one: (n_images, *grid)."""
    for axis, n_cells in enumerate(grid, start=1):
        n_fine = suspicious.shape[axis]
        cell = np.arange(n_cells)[:, None] * n_fine
        fine = np.arange(n_fine) * n_cells
        touches = (fine < cell + n_fine) & (fine + n_cells > cell)
        suspicious = np.moveaxis(np.moveaxis(suspicious, axis, -1) @ touches.T, -1, axis)
    return suspicious


def _threshold(part: Kept, quantile: float) -> float:
    _check_quantile(quantile)
    return float(np.quantile(part.score_maps, quantile))


def _check_quantile(quantile: float) -> None:
    if not 0 < quantile < 1:
        raise ParameterError(f"quantile must lie in (0, 1), not {quantile}")

"""SoftPatch: a memory of cells without those that stand out at their place, and weighted.

References
----------
.. [1] Jiang et al. (2022). SoftPatch: unsupervised anomaly detection with noisy data. NeurIPS.
   https://arxiv.org/abs/2403.14233
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from anomalylab.compute.cost import Cost, seconds_of
from anomalylab.compute.local_outliers import factors_by_place
from anomalylab.compute.nearest import nearest_neighbours
from anomalylab.detectors._base import MAX_REFITS, Detector
from anomalylab.detectors._cell_memory import BLOCK
from anomalylab.detectors._enough import Shapes
from anomalylab.detectors._patch_cells import patch_cells
from anomalylab.detectors._registry import register
from anomalylab.detectors.patchcore import PatchCore
from anomalylab.errors import ParameterError
from anomalylab.features import Features
from anomalylab.progress import counted


@register("softpatch")
@dataclass(kw_only=True)
class SoftPatch(Detector):
    """``f(m) |x - m|`` with ``m`` the nearest kept cell and ``f`` how sparse its surroundings are.

    For training images of which some are defective [1]_. ``f`` is the local outlier factor of a
    cell among those at the same place of the other training images; the cells with the highest
    leave the memory. Cells are made as :class:`PatchCore` makes them. The image score is the
    largest cell score. The original brings features to 128 numbers at random before it computes
    ``f``; here all are used. Images of one group count as different ones.

    Parameters
    ----------
    levels : tuple of str or "all", optional
        Levels put side by side; those of the finest grid by default.
    reject : float in [0, 1)
        Share of all training cells that leaves, rounded down; of equal ones the first.
    neighbours : int
        Neighbours that the density of a cell is taken from.
    coreset : float in (0, 1], optional
        Share of the kept cells that stays, chosen by greedy k-center; all by default.
    seed : int
        Of the coreset.

    Attributes
    ----------
    bank_ : float32 ndarray of shape (n_bank, n_channels)
    weights_ : float64 ndarray of shape (n_bank,)
        The factor of each row of the bank.
    """

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "softpatch": {"levels": "all", "coreset": 0.1},
    }
    prefers_finest: ClassVar[bool] = True
    held_share: ClassVar[float] = 0.25

    levels: tuple[str, ...] | str | None = None
    reject: float = 0.15
    neighbours: int = 6
    coreset: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        PatchCore(coreset=self.coreset)  # refuses what is no share
        if not 0 <= self.reject < 1:
            raise ParameterError(f"reject is a share in [0, 1), not {self.reject}")
        if self.neighbours < 1:
            raise ParameterError(f"neighbours must be at least 1, not {self.neighbours}")

    def plan(self, n_images: int, shapes: Mapping[str, tuple[int, ...]]) -> Cost:
        """Estimate what fitting takes, and scoring the same images as usual.

        What :class:`PatchCore` takes to search, and for each fit, also those that leave images out,
        to read and make ``n V`` values and compare ``n`` images with ``n`` at each place.
        """
        memory = PatchCore(levels=self.levels, coreset=self.coreset).plan(n_images, shapes)
        n_values = sum(self._used(shapes).values())
        n_fits = 1 + (n_images if n_images <= MAX_REFITS else self.n_folds)
        a_fit = seconds_of(values=6 * n_images * n_values, products=n_images**2 * n_values)
        return Cost(memory.bytes, memory.seconds + n_fits * a_fit)

    def refuse_too_few(self, n_images: int, shapes: Shapes) -> None:
        """Refuse fewer training images than an image and its neighbours."""
        if n_images <= self.neighbours:
            raise ParameterError(
                f"softpatch compares each image with neighbours={self.neighbours} others and gets "
                f"{max(n_images - 1, 0)}; lower neighbours or give more images"
            )

    def _fit(self, features: Features) -> None:
        self.refuse_too_few(len(features), features.shapes)
        cells = patch_cells(features, "mean", 0)
        factors = factors_by_place(cells, k=self.neighbours).ravel()
        n_dropped = int(self.reject * factors.size + 1e-9)
        rows = np.sort(np.argsort(-factors, kind="stable")[n_dropped:])
        bank = cells.reshape(-1, cells.shape[3])[rows]
        if self.coreset is not None:
            from anomalylab.compute.coreset import coreset_rows

            chosen = coreset_rows(bank, self.coreset, seed=self.seed)
            bank, rows = bank[chosen], rows[chosen]
        self.bank_, self.weights_ = bank, factors[rows]

    def _score(self, features: Features) -> tuple[np.ndarray, np.ndarray]:
        search = nearest_neighbours(self.bank_)
        maps = []
        for start in counted(range(0, len(features), BLOCK)):
            cells = patch_cells(features.subset(slice(start, start + BLOCK)), "mean", 0)
            squared, rows = search.search(cells.reshape(-1, cells.shape[3]), 1)
            scores = self.weights_[rows[:, 0]] * np.sqrt(squared[:, 0])
            maps.append(scores.reshape(cells.shape[:3]))
        score_map = np.concatenate(maps)
        return score_map.max(axis=(1, 2)), score_map.astype(np.float32)

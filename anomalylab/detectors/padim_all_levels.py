"""PaDiM twice: image scores of all levels, maps of the finest ones.

All levels tell defective images better, and the finest ones outline defects better; see
``docs/measurements.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from anomalylab.compute.cost import Cost
from anomalylab.detectors._base import Detector
from anomalylab.detectors._pool import Pool, fast_pool, pool_of
from anomalylab.detectors._registry import register
from anomalylab.detectors._storage import learnt, restore
from anomalylab.detectors.padim import PaDiM
from anomalylab.features import Features


@register("padim_all_levels")
@dataclass(kw_only=True)
class PaDiMAllLevels(Detector):
    """Image scores of :class:`PaDiM` on all levels, score maps of it on those of the finest grid.

    Parameters
    ----------
    levels : tuple of str or "all", optional
        Levels of the image scores, all by default; maps are of the finest ones among them.
    covariance : {"ridge", "ledoit_wolf"}
        Of both, see :class:`PaDiM`.

    Attributes
    ----------
    scores_, maps_ : dict of ndarray
        What each of the two has learnt.
    """

    fixed_grid: ClassVar[bool] = True
    holds_shrinkage: ClassVar[bool] = True
    has_closed_form: ClassVar[bool] = True
    least_images: ClassVar[int] = 2

    levels: tuple[str, ...] | str | None = None
    covariance: str = "ridge"

    def __post_init__(self) -> None:
        PaDiM(covariance=self.covariance)  # refuses what it does not know

    def parts(self, shapes: Mapping[str, tuple[int, ...]]) -> tuple[PaDiM, PaDiM]:
        """Return the unfitted detectors of image scores and of maps.

        Parameters
        ----------
        shapes : mapping
            Level name -> ``(n_rows, n_cols, n_channels)`` of the levels used.
        """
        used = self.chosen_levels(shapes)
        shapes = {name: shapes[name] for name in used if name in shapes}
        finest = PaDiM().chosen_levels(shapes)
        of_scores = PaDiM(levels=used, covariance=self.covariance)
        return of_scores, replace(of_scores, levels=finest)

    def plan(self, n_images: int, shapes: Mapping[str, tuple[int, ...]]) -> Cost:
        """Estimate what fitting both takes, and scoring the same images left out."""
        costs = [part.plan(n_images, shapes) for part in self.parts(shapes)]
        return Cost(sum(cost.bytes for cost in costs), sum(cost.seconds for cost in costs))

    def _fit(self, features: Features) -> None:
        of_scores, of_maps = self.parts(features.shapes)
        self._fitted = of_scores.fit(features), of_maps.fit(features)
        self.scores_, self.maps_ = (learnt(part) for part in self._fitted)

    def _score(self, features: Features) -> tuple[np.ndarray, np.ndarray]:
        of_scores, of_maps = self._restored()
        return of_scores.image_scores(features), of_maps.score_map(features)

    def _leave_out(self, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        of_scores, of_maps = self._restored()
        return (
            of_scores.training_scores(leave_out="group")[0],
            of_maps.training_scores(leave_out="group")[1],
        )

    def _restored(self) -> tuple[PaDiM, PaDiM]:
        """Return both; after ``load`` they are set up from what was saved."""
        if not hasattr(self, "_fitted"):
            shapes = {name: tuple(map(int, shape)) for name, shape in self.shapes_.items()}
            of_scores, of_maps = self.parts(shapes)
            restore(of_scores, self.scores_)
            restore(of_maps, self.maps_)
            self._fitted = of_scores, of_maps
        return self._fitted


class _Both(Pool):
    """Image scores of one pool, score maps of another."""

    def __init__(self, detector: PaDiMAllLevels, features: Features):
        self.detector, self.features = detector, features
        parts = detector.parts(features.shapes)
        self.of_scores, self.of_maps = (pool_of(part, features) for part in parts)

    def score(
        self,
        train: np.ndarray,
        query: np.ndarray,
        *,
        leave_out: str = "none",
        keep_cells: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return image scores and score maps of ``query``."""
        return (
            self.image_scores(train, query, leave_out=leave_out, keep_cells=keep_cells),
            self.score_map(train, query, leave_out=leave_out, keep_cells=keep_cells),
        )

    def image_scores(
        self,
        train: np.ndarray,
        query: np.ndarray,
        *,
        leave_out: str = "none",
        keep_cells: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return image scores of shape (n_query,)."""
        return self.of_scores.image_scores(train, query, leave_out=leave_out, keep_cells=keep_cells)

    def score_map(
        self,
        train: np.ndarray,
        query: np.ndarray,
        *,
        leave_out: str = "none",
        keep_cells: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return score maps of shape (n_query, n_rows, n_cols)."""
        return self.of_maps.score_map(train, query, leave_out=leave_out, keep_cells=keep_cells)


@fast_pool("padim_all_levels")
def both_pools(detector: PaDiMAllLevels, features: Features) -> Pool:
    """Return the pools of both parts as one."""
    return _Both(detector, features)

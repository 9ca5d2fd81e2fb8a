"""The jobs of a study: rank images or cells, fit and measure. A worker does them one by one."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from anomalylab import refine
from anomalylab.detectors import Pool
from anomalylab.refine.cells import cell_suspicion, density_suspicion
from anomalylab.storage.blocks import Arrays
from anomalylab.studies.healed import HealedBy, measure_healed, repair
from anomalylab.studies.material import CategoryFiles
from anomalylab.studies.measured import Places, TrainingSet, measure
from anomalylab.studies.strategy import Healing, StrategyChoice

BY = ("maps", "density")
"""What cells are ranked by, the default first."""


class Job(Protocol):
    """One piece of work that gives one result."""

    def describe(self) -> list[object]:
        """Return what the result depends on, beside images and detector."""
        ...

    def __call__(self, pool: Pool, files: CategoryFiles) -> Arrays:
        """Return the result."""
        ...


@dataclass(frozen=True)
class Rank:
    """Scores the images of a training set, so that the highest can be removed.

    Parameters
    ----------
    members : int ndarray of shape (n_members,)
    strategy : StrategyChoice
    seed : int
    reject : float, optional
        Only where the strategy ranks anew for each share.
    """

    members: np.ndarray
    strategy: StrategyChoice
    seed: int
    reject: float | None = None

    def describe(self) -> list[object]:
        """Return strategy, seed and rows."""
        by = [self.strategy.name, sorted(self.strategy.ranking_params.items())]
        return ["rank", *by, self.seed, self.reject, self.members]

    def __call__(self, pool: Pool, files: CategoryFiles) -> Arrays:
        """Return ``suspicion`` (n_members,): higher is removed sooner."""
        given = {"seed": self.seed, "reject": self.reject, **self.strategy.ranking_params}
        suspicion = refine.ranking(self.strategy.name, pool, self.members, **given)  # type: ignore
        return {"suspicion": np.asarray(suspicion, float)}


@dataclass(frozen=True)
class RankCells:
    """Scores the cells of the images of a training set, so that the highest can leave.

    Parameters
    ----------
    members : int ndarray of shape (n_members,)
    by : {"maps", "density"}
        Score maps of the detector, or how sparse a cell's surroundings are.
    """

    members: np.ndarray
    by: str

    def describe(self) -> list[object]:
        """Return the rows and by what cells are scored."""
        return ["rank cells", self.by, self.members]

    def __call__(self, pool: Pool, files: CategoryFiles) -> Arrays:
        """Return ``suspicion`` (n_members, n_rows, n_cols): higher leaves sooner."""
        if self.by == "density":
            return {"suspicion": density_suspicion(pool.features, self.members)}
        return {"suspicion": cell_suspicion(pool, self.members)}


@dataclass(frozen=True)
class Repair:
    """Trains an auto-encoder on what is kept, and finds what removed images are painted over with.

    Parameters
    ----------
    chosen : TrainingSet
    how : Healing
    """

    chosen: TrainingSet
    how: Healing

    def describe(self) -> list[object]:
        """Return the rows and how pixels are healed."""
        rows = [self.chosen.members, self.chosen.is_kept]
        return ["repair", self.how.quantile, self.how.n_rounds, *rows]

    def __call__(self, pool: Pool, files: CategoryFiles) -> Arrays:
        """Return what :func:`anomalylab.studies.healed.repair` does."""
        return repair(pool, self.chosen, self.how)


@dataclass(frozen=True)
class Fit:
    """Fits on a training set, scores all and measures.

    Parameters
    ----------
    chosen : TrainingSet
    places : Places, optional
    healed : HealedBy, optional
        Removed images come back healed.
    """

    chosen: TrainingSet
    places: Places | None
    healed: HealedBy | None = None

    def describe(self) -> list[object]:
        """Return the rows, how places are measured, and how images were healed."""
        return ["fit", self.places, self.healed, *self.chosen.arrays()]

    def __call__(self, pool: Pool, files: CategoryFiles) -> Arrays:
        """Return what :func:`anomalylab.studies.measured.measure` does."""
        if self.healed is not None:
            return measure_healed(pool, self.chosen, files, self.places, self.healed)
        return measure(pool, self.chosen, files, self.places)

"""From a ranking to a training set: which images, or cells of images, a cell of a study keeps."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from anomalylab import refine
from anomalylab.datasets.pollute import Pollution
from anomalylab.refine.cells import RANKED, kept_cells
from anomalylab.studies.cells import Cell, Ranking, ranking_of
from anomalylab.studies.measured import TrainingSet
from anomalylab.studies.results import Result
from anomalylab.studies.strategy import CELLS, PERFECT, StrategyChoice


class Ranked(NamedTuple):
    """What came of a ranking, and its seconds for each cell that uses it."""

    result: Result
    seconds: float


class Chosen(NamedTuple):
    """The training set of a cell, or why nothing could be removed from it.

    Parameters
    ----------
    training : TrainingSet
    is_noise, is_added : bool ndarray of shape (n_members,)
        Whether each member is defective, and whether it came in the place of one that left.
    reason : str
        Empty unless there is no ranking.
    seconds : float
        This cell's part of ranking.
    """

    training: TrainingSet
    is_noise: np.ndarray
    is_added: np.ndarray
    reason: str
    seconds: float


def choose(
    pollution: Pollution,
    cell: Cell,
    strategy: StrategyChoice | None,
    ranked: Mapping[Ranking, Ranked],
) -> Chosen:
    """Return which images of the polluted training set of a cell are kept.

    Parameters
    ----------
    pollution : Pollution
    cell : Cell
    strategy : StrategyChoice, optional
        Of the cell; none where nothing is removed.
    ranked : mapping
    """
    rows, is_noise = pollution.training(cell.pollution, cell.seed)
    ranking, suspicion = ranking_of(cell), None
    reason, seconds = "", 0.0
    if ranking is not None:
        result, seconds = ranked[ranking]
        reason, suspicion = result.reason, result.arrays.get("suspicion")
    is_kept, added, cells = np.ones(len(rows), bool), np.empty(0, int), None
    if cell.strategy == PERFECT:
        is_kept = refine.perfect(is_noise)
    elif strategy is not None and suspicion is not None:
        is_kept, cells = _kept(suspicion, strategy, cell.reject)
        if strategy.replaces:
            spare = np.setdiff1d(pollution.normal, rows)
            added = refine.replaced(rows, is_kept, spare, seed=cell.seed)[is_kept.sum() :]
    members = np.concatenate([rows, added])
    order = np.argsort(members)
    validation = pollution.validation_of(cell.pollution, cell.seed)
    training = TrainingSet(
        members[order], np.append(is_kept, np.ones(len(added), bool))[order], validation, cells
    )
    is_noise = np.append(is_noise, np.zeros(len(added), bool))[order]
    return Chosen(training, is_noise, order >= len(rows), reason, seconds)


def _kept(
    suspicion: np.ndarray, strategy: StrategyChoice, reject: float
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return which images stay, and which of their cells where cells leave and not images.

    Cells are ranked for images in the order of their rows, in which they are fitted, too.
    """
    if strategy.name != CELLS:
        return refine.kept(suspicion, reject), None
    how = str(strategy.params.get("ranked", RANKED[0]))
    return np.ones(len(suspicion), bool), kept_cells(suspicion, reject=reject, ranked=how)

"""The cells of a study, told from its request alone, and the rankings that they share."""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from anomalylab import refine
from anomalylab.studies.spec import RefinementGrid, StudyRequest
from anomalylab.studies.strategy import CELLS, PERFECT

NOTHING_REMOVED = "none"
"""Strategy of cells from which nothing is removed."""


class Cell(NamedTuple):
    """What tells one cell from all others: :data:`anomalylab.schema.study.KEY`, in its order."""

    category: str
    study: str
    detector: str
    pollution: float
    strategy: str
    scorer: str
    reject: float
    seed: int


class Ranking(NamedTuple):
    """One scoring of a polluted training set, which serves all shares to reject.

    Parameters
    ----------
    strategy : str
        Label.
    scorer : str
        Label of the detector that scores, empty where the strategy needs none.
    pollution : float
    seed : int
    reject : float, optional
        Only where the strategy ranks anew for each share.
    """

    strategy: str
    scorer: str
    pollution: float
    seed: int
    reject: float | None


def ranking_of(cell: Cell) -> Ranking | None:
    """Return what ranked the images of a cell; None where nothing did."""
    name = cell.strategy.partition(" ")[0]
    if name in (NOTHING_REMOVED, PERFECT):
        return None
    is_each = name != CELLS and refine.depends_on_reject(name)
    reject = cell.reject if is_each else None
    return Ranking(cell.strategy, cell.scorer, cell.pollution, cell.seed, reject)


def cells_of(request: StudyRequest, category: str) -> Iterator[Cell]:
    """Yield the cells of a category, those of one detector together.

    The strategy ``perfect`` removes what it knows to be defective, whatever the share to reject:
    one cell for each share of pollution, which it is filed under.
    """
    for choice in request.source.detectors:
        grid = request.pollution
        for level, seed in product(grid.levels, grid.seeds) if grid else ():
            key = (choice.label, float(level), NOTHING_REMOVED, "", 0.0, seed)
            yield Cell(category, "pollution", *key)
        if request.refinement is not None:
            yield from _refined(request.refinement, category, choice.label)


def _refined(grid: RefinementGrid, category: str, detector: str) -> Iterator[Cell]:
    for level, strategy in product(map(float, grid.pollution), grid.strategies):
        rejects = (level,) if strategy.name == PERFECT else tuple(map(float, grid.rejects))
        scorers = grid.scorers_of(strategy, detector)
        for scorer, seed, reject in product(scorers, grid.seeds, rejects):
            key = (detector, level, strategy.label, scorer, reject, seed)
            yield Cell(category, "refinement", *key)

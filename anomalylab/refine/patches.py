"""Patches: an image is suspicious by how many of its cells are.

A large but weak defect that no single cell gives away counts; one strong cell counts as one. The
suspicious cells alone can leave, see :mod:`anomalylab.refine.cells`.
"""

import numpy as np

from anomalylab.detectors import Pool
from anomalylab.refine._parts import check_left_out
from anomalylab.refine._registry import number, one_of, strategy
from anomalylab.refine.cells import RANKED, cell_suspicion, kept_cells


@strategy("patches", cells=number(0, 1), ranked=one_of(*RANKED))
def suspicion(
    pool: Pool, train: np.ndarray, *, seed: int, cells: float = 0.05, ranked: str = "everywhere"
) -> np.ndarray:
    """Count the cells of each image that are among the most suspicious of all.

    Cells are scored with their image's group left out. Of images with as many, the one with the
    higher cell is more suspicious.

    Parameters
    ----------
    pool, train
        As of :func:`anomalylab.refine.ranking`.
    seed : int
        Unused: nothing is drawn.
    cells : float in (0, 1)
        Share of all cells that counts as suspicious, rounded down.
    ranked : {"everywhere", "by place"}
        As of :func:`anomalylab.refine.cells.kept_cells`.

    Raises
    ------
    ParameterError
        If there are too few images, ``cells`` is out of range, or the detector cannot leave out so
        many groups one by one.
    """
    check_left_out(pool, train, "group")
    scores = cell_suspicion(pool, train)
    n_suspicious = (~kept_cells(scores, reject=cells, ranked=ranked)).sum(axis=(1, 2))
    highest = scores.max(axis=(1, 2))
    place_of_highest = np.argsort(np.argsort(highest, kind="stable"), kind="stable")
    return np.asarray(n_suspicious + place_of_highest / len(train))

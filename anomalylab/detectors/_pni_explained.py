"""What PNI allows one cell to be compared with, and what difference it makes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from anomalylab.detectors._allowed import USES, squared_to
from anomalylab.detectors._pni_cells import Cells
from anomalylab.errors import ParameterError
from anomalylab.features import Features


@dataclass(frozen=True)
class ExplainedCell:
    """One cell of an image beside the memory, row by row of ``bank_``.

    Parameters
    ----------
    distance : float64 ndarray of shape (n_bank,)
        From the cell to each row.
    position, beside : float32 ndarray of shape (n_bank,)
        ``p(kind | place)`` and ``p(kind | neighbours)`` of the kind of each row.
    by_position, by_neighbours, allowed : bool ndarray of shape (n_bank,)
        What either alone would allow, and what both together do.
    image, cell : int64 ndarray of shape (n_bank,)
        Where each row comes from: the training image, and its cell counted row by row.
    tau : float
        What shares must exceed.
    score : mapping
        ``both``, ``position``, ``neighbourhood`` and ``none`` -> the score with what is so named in
        use; ``none`` is the distance to the nearest row of all.
    nearest : mapping
        The same -> the row that is nearest of those allowed.
    is_fallback : bool
        Whether nothing is allowed, so that the memory counts as with ``fallback``.
    """

    distance: np.ndarray
    position: np.ndarray
    beside: np.ndarray
    by_position: np.ndarray
    by_neighbours: np.ndarray
    allowed: np.ndarray
    image: np.ndarray
    cell: np.ndarray
    tau: float
    score: Mapping[str, float]
    nearest: Mapping[str, int]
    is_fallback: bool


def explained(pni: Cells, features: Features, image: int, row: int, col: int) -> ExplainedCell:
    """Explain a cell; see :meth:`PNI.explained`."""
    if pni.use != "both":
        raise ParameterError(f"pni was fitted with use={pni.use!r}; fit it with 'both' to explain")
    cells = pni.embed(features.subset([image]))
    place = _place(pni, cells.shape[1:3], row, col)
    position, beside = (share[[place]] for share in pni.shares(cells))
    inside = pni.inner(cells)
    query, rules = inside.reshape(-1, inside.shape[3])[[place]], pni.rules()
    scores, nearest, is_fallback = {}, {}, False
    for use in USES:
        alone = replace(rules, use=use)
        distances, found = alone.distances(pni.prepared(), query, alone.allowed(position, beside))
        best = min(found, key=lambda one: one.squared[0])
        scores[use], nearest[use] = float(distances[0]), int(best.rows[0])
        is_fallback |= use == "both" and all(bool(one.is_fallback[0]) for one in found)
    kind = pni.kind_ if pni.position_over == "dist" else np.arange(len(pni.bank_))
    allowed = np.logical_or.reduce(rules.allowed(position, beside))[0, kind]
    of_place, of_neighbours = position[0, kind], beside[0, kind]
    return ExplainedCell(
        distance=np.sqrt(squared_to(pni.bank_, query[0])),
        position=of_place,
        beside=of_neighbours,
        by_position=of_place > rules.tau,
        by_neighbours=of_neighbours > rules.tau,
        allowed=allowed,
        image=pni.bank_image_,
        cell=pni.bank_cell_,
        tau=rules.tau,
        score=scores,
        nearest=nearest,
        is_fallback=is_fallback,
    )


def _place(pni: Cells, grid: tuple[int, ...], row: int, col: int) -> int:
    """Return the number of a cell without the margin; of the margin, of the next one inside."""
    n_rows, n_cols = grid
    if not (0 <= row < n_rows and 0 <= col < n_cols):
        raise ParameterError(f"there is no cell {row}, {col} in a map of {n_rows} x {n_cols}")
    last = n_rows - 2 * pni.border - 1, n_cols - 2 * pni.border - 1
    y, x = np.clip(row - pni.border, 0, last[0]), np.clip(col - pni.border, 0, last[1])
    return int(y * (last[1] + 1) + x)

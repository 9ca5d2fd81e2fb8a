"""What a page shows beside numbers and pictures: an embedding, the nearest normal images."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from anomalylab.features import Features
from anomalylab.progress import counted

N_CANDIDATES = 20
"""Normal images, nearest by their pooled features, whose cells are compared."""


def embedding(features: Features, sample_ids: Iterable[str]) -> pd.DataFrame:
    """Return EMBEDDING: the first two principal components of pooled features.

    The sign of each component is set so that its largest coordinate is positive.
    """
    pooled = features.pooled().astype(np.float64)
    centred = pooled - pooled.mean(axis=0)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    xy = np.zeros((len(pooled), 2))
    n_components = min(2, len(singular))
    xy[:, :n_components] = (left * singular)[:, :n_components]
    xy *= np.sign(xy[np.abs(xy).argmax(axis=0), [0, 1]])
    return pd.DataFrame({"sample_id": list(sample_ids), "x": xy[:, 0], "y": xy[:, 1]})


def nearest_normal(
    features: Features, score_maps: np.ndarray, query: np.ndarray, trusted: np.ndarray
) -> pd.DataFrame:
    """Find what the most anomalous cell of each query looks most like among normal images.

    The cell is compared with all cells of the trusted images of other groups that are nearest by
    their pooled features, so that the answer is a similar image with a similar place in it.

    Parameters
    ----------
    features : Features
        Levels of all images.
    score_maps : ndarray of shape (n_query, n_rows, n_cols)
    query, trusted : int ndarray
        Rows of the judged images and of those that count as normal.

    Returns
    -------
    matches : DataFrame
        Columns neighbour (row number), row, col, neighbour_row, neighbour_col; cells are those of
        the score map. ``neighbour`` is -1 where no other image is trusted.
    """
    pooled, groups = features.pooled().astype(np.float64), features.group_numbers
    n_rows, n_cols = score_maps.shape[1:]
    worst = score_maps.reshape(len(score_maps), -1).argmax(axis=1)
    found = []
    for cell, row in counted(zip(worst, query, strict=True), len(query)):
        candidates = trusted[groups[trusted] != groups[row]]
        if not len(candidates):
            found.append((-1, -1))
            continue
        distances = np.linalg.norm(pooled[candidates] - pooled[row], axis=1)
        near = candidates[np.argsort(distances, kind="stable")[:N_CANDIDATES]]
        found.append(_best_cell(features, row, cell, near, (n_rows, n_cols)))
    neighbour, neighbour_cell = np.array(found).T
    return pd.DataFrame(
        {
            "neighbour": neighbour,
            "row": worst // n_cols,
            "col": worst % n_cols,
            "neighbour_row": neighbour_cell // n_cols,
            "neighbour_col": neighbour_cell % n_cols,
        }
    )


def _best_cell(
    features: Features, row: int, cell: int, near: np.ndarray, grid: tuple[int, int]
) -> tuple[int, int]:
    """Return which image of ``near``, and which of its cells, is nearest over all levels."""
    n_rows, n_cols = grid
    total = np.zeros((len(near), n_rows, n_cols))
    for name in features.stored:
        level = features.level(name)
        by_rows = np.arange(n_rows) * level.shape[1] // n_rows
        by_cols = np.arange(n_cols) * level.shape[2] // n_cols
        own = level[row, by_rows[cell // n_cols], by_cols[cell % n_cols]]
        squared = ((level[near] - own) ** 2).sum(axis=3)
        total += squared[:, by_rows][:, :, by_cols]
    image, neighbour_cell = divmod(int(total.argmin()), n_rows * n_cols)
    return int(near[image]), neighbour_cell

"""The largest cell score of an image, without scoring most of its cells.

The image score of a patch memory is a maximum over cells. Cells that are known to score at most
as much as one already scored cannot be the largest. They are scored in the order of their bounds,
until none is left.
"""

from collections.abc import Callable

import numpy as np

N_FIRST = 4
"""Cells of an image that are scored first, those with the largest bounds; then twice as many, and
so on."""

ROUNDING = 1e-12
"""Bounds are raised by this share, more than sums in another order can differ."""


def squared_distances(cells: np.ndarray, bank: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return how far cells lie from some rows of a bank, squared: (n_images, n_rows, n_cols, k).

    Parameters
    ----------
    cells : float32 ndarray of shape (n_images, n_rows, n_cols, n_channels)
    bank : float32 ndarray of shape (n_bank, n_channels)
    rows : int ndarray of shape (n_images, n_rows, n_cols, k)
    """
    out = np.empty(rows.shape)
    for image, near, target in zip(cells, rows, out, strict=True):
        for place in range(near.shape[2]):
            difference = bank[near[..., place]].astype(np.float64) - image
            target[..., place] = np.einsum("rcd,rcd->rc", difference, difference)
    return out


def largest_scores(
    cells: np.ndarray,
    bounds: np.ndarray,
    hidden: np.ndarray,
    score: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> np.ndarray:
    """Return ``max_c score(x_c)`` of each image, as scoring every cell would.

    Parameters
    ----------
    cells : float32 ndarray of shape (n_images, n_rows, n_cols, n_channels)
    bounds : ndarray of shape (n_images, n_rows, n_cols)
        Never below the score of the cell, but for rounding.
    hidden : int ndarray of shape (n_images,)
        Group that each image must not see.
    score : callable
        Rows (n, n_channels) and the group that each must not see (n,) -> scores (n,).

    Returns
    -------
    largest : float64 ndarray of shape (n_images,)
    """
    n_images, n_channels = len(cells), cells.shape[-1]
    rows, bounds = cells.reshape(n_images, -1, n_channels), bounds.reshape(n_images, -1)
    order = np.argsort(-bounds, axis=1, kind="stable")
    bounds = np.take_along_axis(bounds, order, 1) * (1 + ROUNDING)
    largest, first, step = np.full(n_images, -np.inf), 0, N_FIRST
    while first < bounds.shape[1]:
        some = np.flatnonzero(bounds[:, first] > largest)
        if not len(some):
            break
        place = order[some, first : first + step]
        asked = rows[some[:, None], place].reshape(-1, n_channels)
        found = score(asked, np.repeat(hidden[some], place.shape[1])).reshape(place.shape)
        largest[some] = np.maximum(largest[some], found.max(axis=1))
        first, step = first + step, 2 * step
    return largest

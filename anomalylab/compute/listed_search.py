"""Nearest cells among the cells of any choice of images, read from lists of all."""

from typing import NamedTuple

import numpy as np

from anomalylab.compute.neighbour_lists import Lists
from anomalylab.compute.order_weights import Weights

CHUNK_BYTES = 2**22
"""What the lists read at once take, about: they stay in the processor's cache."""


class Choice(NamedTuple):
    """Images to compare with, and what each image must not see of them.

    Parameters
    ----------
    is_chosen : bool ndarray of shape (n_images,)
    groups : int ndarray of shape (n_images,)
        Images of one group are hidden together.
    is_left_out : bool ndarray of shape (n_images,)
        Images that must not see their own group.
    keep_cells : bool ndarray of shape (n_images, n_cells), optional
        Cells to compare with; all of chosen images by default.
    """

    is_chosen: np.ndarray
    groups: np.ndarray
    is_left_out: np.ndarray
    keep_cells: np.ndarray | None = None

    def allowed(self, image: np.ndarray, own: np.ndarray) -> np.ndarray:
        """Return which listed images may be seen.

        Parameters
        ----------
        image : int ndarray of shape (n_some, n_cells, n_entries)
        own : int ndarray of shape (n_some,)
            The images whose cells ask.
        """
        allowed = np.empty(image.shape, bool)
        for row, asking in enumerate(own):
            np.take(self.seen_by(asking), image[row], out=allowed[row])
        return allowed

    def seen_by(self, image: int) -> np.ndarray:
        """Return which images one image may be compared with, (n_images,)."""
        if not self.is_left_out[image]:
            return self.is_chosen
        return np.asarray(self.is_chosen & (self.groups != self.groups[image]))


def images_at_once(lists: Lists) -> int:
    """Return how many images' lists are read at once."""
    return max(1, CHUNK_BYTES // int(lists.squared[0].nbytes))


def nearest(
    lists: Lists, places: np.ndarray, own: np.ndarray, choice: Choice, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Find the ``k`` nearest cells of each cell of some images, as far as lists tell.

    Parameters
    ----------
    lists : Lists
        Over images and cells, made for at least ``k`` nearest cells.
    places : int ndarray of shape (n_some,)
        Rows of ``lists``.
    own : int ndarray of shape (n_some,)
        The images there.
    choice : Choice
    k : int

    Returns
    -------
    squared : float64 ndarray of shape (n_some, n_cells, k)
        Squared distances, nearest first.
    is_known : bool ndarray of shape (n_some, n_cells)
        Whether they are right: a list may end before ``k`` cells are found, or hold too few of an
        image some cells of which are not kept.
    """
    image = lists.image[places]
    usable = choice.allowed(image, own)
    horizon = lists.horizon[places]
    if choice.keep_cells is not None:
        gaps = np.where(usable & lists.is_last[places], lists.squared[places], np.inf)
        horizon = np.minimum(horizon, gaps.min(axis=2))
        usable &= choice.keep_cells[image, lists.cell[places]]
    if k == 1:
        first, cells = usable.argmax(axis=2), np.arange(usable.shape[1])
        found = lists.squared[places[:, None], cells, first]
        found[~np.take_along_axis(usable, first[..., None], axis=2)[..., 0]] = np.inf
        found = found[..., None]
    else:
        found = _smallest(np.where(usable, lists.squared[places], np.inf), k)
    return found, np.isfinite(found[..., -1]) & (found[..., -1] <= horizon)


def _smallest(values: np.ndarray, k: int) -> np.ndarray:
    """Return the ``k`` smallest of the last axis, rising; infinite where there are too few."""
    n_short = k - values.shape[-1]
    if n_short > 0:
        values = np.concatenate([values, np.full((*values.shape[:-1], n_short), np.inf)], axis=-1)
    return np.sort(np.partition(values, k - 1, axis=-1)[..., :k], axis=-1)


def weighted(
    lists: Lists, places: np.ndarray, own: np.ndarray, choice: Choice, weights: Weights
) -> tuple[np.ndarray, np.ndarray]:
    """Add up distances to the nearest cell of each image, weighted by its rank.

    Parameters
    ----------
    lists, places, own, choice
        As for :func:`nearest`; the lists hold one cell of an image, and all cells are kept.
    weights : callable
        As in :mod:`anomalylab.compute.order_weights`.

    Returns
    -------
    total : float64 ndarray of shape (n_some, n_cells)
    is_known : bool ndarray of shape (n_some, n_cells)
        Whether the list holds all images that count.
    """
    usable = choice.allowed(lists.image[places], own)
    rank = np.cumsum(usable, axis=2, dtype=np.int32)
    total, is_known = np.zeros(usable.shape[:2]), np.zeros(usable.shape[:2], bool)
    for row, (place, asking) in enumerate(zip(places, own, strict=True)):
        counts = weights(int(choice.seen_by(asking).sum()))
        is_counted = usable[row] & (rank[row] <= len(counts))
        squared, horizon = lists.squared[place], lists.horizon[place]
        reached = np.where(is_counted, squared, 0).max(axis=1)
        is_known[row] = (rank[row, :, -1] >= len(counts)) & (reached <= horizon)
        known = is_known[row]
        nearest_first = squared[known][is_counted[known]].reshape(-1, len(counts))
        total[row, known] = (np.sqrt(nearest_first) * counts).sum(axis=1)
    return total, is_known

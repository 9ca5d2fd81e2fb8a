"""Nearest cells among the cells of any choice of images, read from lists of all."""

from typing import NamedTuple

import numpy as np

from anomalylab.compute.neighbour_lists import Lists

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
            seen = self.is_chosen
            if self.is_left_out[asking]:
                seen = seen & (self.groups != self.groups[asking])
            np.take(seen, image[row], out=allowed[row])
        return allowed


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

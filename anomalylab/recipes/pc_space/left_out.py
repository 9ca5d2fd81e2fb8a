"""Training images seen from the PC space of the others, for scores that need no labels.

A space that was made of an image finds less to wonder at in it. Each normal training image is
therefore scored in the space of those of other groups, as ``window_pca`` does: the sums over their
windows are those of all images less those of the group.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from anomalylab.compute import window_space
from anomalylab.compute.threads import in_pieces, n_threads
from anomalylab.compute.window_moments import Moments
from anomalylab.compute.window_space import WindowSpace
from anomalylab.pc_space.info import GRID, PCSpaceInfo
from anomalylab.progress import Advance, counting
from anomalylab.recipes.pc_space import spaces
from anomalylab.recipes.pc_space.image_blocks import Images, by_blocks
from anomalylab.recipes.pc_space.projections import SIGMAS, without_labels
from anomalylab.recipes.pc_space.request import PCSpaceRequest
from anomalylab.recipes.pc_space.spaces import ImageMoments, add, digest, varying
from anomalylab.runs.inputs import groups_of
from anomalylab.storage.blocks import Arrays, BlockStore


@dataclass(frozen=True)
class Others:
    """What the spaces of all training images but those of one group are made of.

    Parameters
    ----------
    of_images : ImageMoments
    rows : int ndarray of shape (n_training,)
        Images that the whole space was made of.
    groups : int ndarray of shape (n_training,)
        The group of each of them; at least two different ones.
    total : Moments
        Of all their windows.
    whole : WindowSpace
        The space of all their windows.
    """

    of_images: ImageMoments
    rows: np.ndarray
    groups: np.ndarray
    total: Moments
    whole: WindowSpace

    def moments_without(self, rows: np.ndarray) -> Moments:
        """Return the sums over all training images but some, at least one."""
        return self.total - add(self.of_images.of(row) for row in rows)

    def space_without(self, group: int) -> WindowSpace:
        """Return the space of the images of other groups.

        Raises
        ------
        DatasetError
            If their windows vary along fewer directions than there are components.
        """
        others = self.moments_without(self.rows[self.groups == group])
        return varying(window_space.fit(others, self.whole.n_components, near=self.whole))


def fit_window(
    asked: PCSpaceRequest | PCSpaceInfo,
    images: Images,
    window: int,
    training: Mapping[int, np.ndarray],
) -> tuple[WindowSpace, Others | None]:
    """Return the space of all normal training images, and what leaves each of them out.

    There is none of the latter where all images are of one group, where sums over windows are not
    what is fitted, or for windows that give no scores.

    Parameters
    ----------
    asked : PCSpaceRequest or PCSpaceInfo
    images : Images
    window : int
        Side of a window in pixels.
    training : mapping
        Number of a fold -> rows of its normal training images.
    """
    rows = np.sort(np.concatenate(list(training.values())))
    if asked.solver == "incremental":
        return spaces.incremental(images, window, rows, asked.n_components), None
    of_images = spaces.ImageMoments(images, window)
    total = spaces.add(spaces.moments_by_fold(of_images, training).values())
    space, groups = spaces.fit([total], asked.n_components), groups_of(images.samples)[rows]
    if window != asked.windows[0] or len(np.unique(groups)) < 2:
        return space, None
    return space, Others(of_images, rows, groups, total, space)


def project_left_out(others: Others) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Score training images without labels, each in the space of those of other groups.

    Returns
    -------
    rows : int ndarray of shape (n_training,)
        The training images, group by group.
    described : dict
        ``scores`` and a map under each of the statistics, in that order.

    Raises
    ------
    DatasetError
        If the windows of the others vary along fewer directions than there are components.
    """
    images, groups = others.of_images.images, others.groups
    order = np.argsort(groups, kind="stable")
    rows, group_of = others.rows[order], dict(zip(others.rows, groups, strict=True))
    space_without = lru_cache(n_threads() + 1)(others.space_without)  # a group may span two blocks

    def project_group(members: np.ndarray) -> list[Arrays]:
        space = space_without(group_of[members[0]])
        return [_project(images, space, row, advance) for row in members]

    def project_block(block: np.ndarray) -> Arrays:
        ends = np.flatnonzero(np.diff([group_of[row] for row in block])) + 1
        seen = [one for part in in_pieces(project_group, np.split(block, ends)) for one in part]
        return {name: np.stack([one[name] for one in seen]) for name in seen[0]}

    grouping = images.key(rows, groups[order].tolist())
    params = "look left out", digest(others.whole), grouping, GRID, SIGMAS
    store = BlockStore("window looks")
    with counting(len(rows)) as advance:
        known = by_blocks(images, rows, store, params, project_block, advance)
        parts = [arrays for _, arrays in known]
    return rows, {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _project(images: Images, space: WindowSpace, row: int, advance: Advance) -> Arrays:
    band = images.band(row)
    seen = without_labels(band.shape, space, *space.project(band))
    advance(1)
    return seen

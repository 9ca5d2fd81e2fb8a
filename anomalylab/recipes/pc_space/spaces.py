"""First pass: the PC space of all windows of the normal training images."""

import hashlib
import operator
from collections.abc import Iterable, Mapping
from functools import partial, reduce

import numpy as np

from anomalylab.compute import window_space
from anomalylab.compute.blas import one_blas_thread
from anomalylab.compute.window_moments import Moments, moments
from anomalylab.compute.window_space import WindowSpace
from anomalylab.errors import DatasetError
from anomalylab.progress import Advance, counted, counting
from anomalylab.recipes.pc_space.image_blocks import Images, add_up, by_blocks
from anomalylab.storage.blocks import Arrays, BlockStore

HELD_BYTES = 2**28
"""Sums of single images kept in memory: those of 85 images for a window of 25."""


class ImageMoments:
    """The sums over the windows of each image, made when asked and kept while there is room.

    Parameters
    ----------
    images : Images
    window : int
        Odd side of a window in pixels.
    """

    def __init__(self, images: Images, window: int):
        self.images, self.window = images, window
        self._held: dict[int, Moments] = {}
        self._n_most = HELD_BYTES // (8 * window**4)

    def of(self, row: int) -> Moments:
        """Return the sums over the windows of the image of a row."""
        found = self._held.get(row)
        if found is None:
            found = moments(self.images.band(row), self.window)
            if len(self._held) < self._n_most:
                self._held[row] = found
        return found


def moments_by_fold(of_images: ImageMoments, folds: Mapping[int, np.ndarray]) -> dict[int, Moments]:
    """Sum the windows of images, fold by fold.

    Parameters
    ----------
    of_images : ImageMoments
    folds : mapping
        Number of a fold -> rows of its images.

    Returns
    -------
    moments : dict
        Number of a fold -> sums over its images; folds without images are missing.
    """
    images, window = of_images.images, of_images.window
    store, n_images = BlockStore("window moments"), sum(map(len, folds.values()))
    with counting(n_images, "adding up windows") as advance:
        compute = partial(_sums_of_block, of_images, advance)

        def total(members: np.ndarray) -> Moments:
            blocks = by_blocks(images, members, store, ("moments", window), compute, advance)
            return add(_unpacked(arrays, window) for _, arrays in blocks)

        return {fold: total(members) for fold, members in folds.items() if len(members)}


def fit(parts: Iterable[Moments], n_components: int) -> WindowSpace:
    """Find PC space from the sums of the folds it is to be made of.

    Raises
    ------
    DatasetError
        If windows vary along fewer directions than there are components.
    """
    with one_blas_thread():
        return varying(window_space.fit(add(parts), n_components))


def incremental(images: Images, window: int, rows: np.ndarray, n_components: int) -> WindowSpace:
    """Find PC space as the published analysis did, image by image in the order of rows.

    See :func:`anomalylab.compute.window_space.incremental`; nothing of it is cached.

    Parameters
    ----------
    images : Images
    window : int
    rows : int ndarray
        Of the normal training images.
    n_components : int

    Raises
    ------
    DatasetError
        As :func:`fit`.
    """
    bands = (images.band(row) for row in counted(rows, len(rows)))
    return varying(window_space.incremental(bands, window, n_components))


def digest(space: WindowSpace) -> str:
    """Return a short name of a space, made of its numbers."""
    content = hashlib.blake2b(digest_size=16)
    total = np.array(space.total_variance)
    for array in (space.mean, space.components, space.variances, total):
        content.update(np.ascontiguousarray(array, np.float64).tobytes())
    return content.hexdigest()


def varying(space: WindowSpace) -> WindowSpace:
    """Return a space whose every component varies; else refuse it.

    Raises
    ------
    DatasetError
        If windows vary along fewer directions than there are components.
    """
    if not space.variances[-1] > 1e-12 * max(space.total_variance, 1e-12):
        raise DatasetError(
            f"windows of the training images vary along fewer than {space.n_components} "
            "directions; are the images constant?"
        )
    return space


def add(parts: Iterable[Moments]) -> Moments:
    """Return the sums over the windows of all parts."""
    return reduce(operator.add, parts)


def _sums_of_block(of_images: ImageMoments, advance: Advance, rows: np.ndarray) -> Arrays:
    found = add_up(of_images.of, rows, operator.add, advance)
    upper = np.triu_indices(of_images.window**2)
    return {
        "count": np.array(found.count),
        "total": found.total,
        "upper": found.products[upper],
    }


def _unpacked(stored: Arrays, window: int) -> Moments:
    products = np.zeros((window**2, window**2))
    products[np.triu_indices(window**2)] = stored["upper"]
    products += np.triu(products, 1).T
    return Moments(int(stored["count"]), stored["total"], products)

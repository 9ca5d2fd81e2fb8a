"""First pass: the PC space of all windows of the normal training images."""

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np
from tqdm.auto import tqdm

from anomalylab.compute import window_space
from anomalylab.compute.blas import one_blas_thread
from anomalylab.compute.window_moments import Moments, moments
from anomalylab.compute.window_space import WindowSpace
from anomalylab.errors import DatasetError
from anomalylab.recipes.pc_space.blocks import Images, add_up, in_blocks, known_or_computed
from anomalylab.storage.blocks import BlockStore


def moments_by_fold(
    images: Images, window: int, folds: Mapping[int, np.ndarray]
) -> dict[int, Moments]:
    """Sum the windows of images, fold by fold.

    Parameters
    ----------
    images : Images
    window : int
        Odd side of a window in pixels.
    folds : mapping
        Number of a fold -> rows of its images.

    Returns
    -------
    moments : dict
        Number of a fold -> sums over its images; folds without images are missing.
    """
    store = BlockStore("window moments")
    n_images = sum(map(len, folds.values()))
    with tqdm(total=n_images, desc=f"windows of {window} px", unit="image", delay=2) as bar:
        return {
            fold: _sum(_block(images, window, rows, store, bar) for rows in in_blocks(members))
            for fold, members in folds.items()
            if len(members)
        }


def fit(parts: Iterable[Moments], n_components: int) -> WindowSpace:
    """Find PC space from the sums of the folds it is to be made of.

    Raises
    ------
    DatasetError
        If windows vary along fewer directions than there are components.
    """
    with one_blas_thread():
        space = window_space.fit(_sum(parts), n_components)
    return _varying(space)


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
    bar = tqdm(rows, desc=f"incremental PCA, {window} px", unit="image", delay=2)
    bands = (images.band(row) for row in bar)
    return _varying(window_space.incremental(bands, window, n_components))


def digest(space: WindowSpace) -> str:
    """Return a short name of a space, made of its numbers."""
    content = hashlib.blake2b(digest_size=16)
    total = np.array(space.total_variance)
    for array in (space.mean, space.components, space.variances, total):
        content.update(np.ascontiguousarray(array, np.float64).tobytes())
    return content.hexdigest()


def _varying(space: WindowSpace) -> WindowSpace:
    if not space.variances[-1] > 1e-12 * max(space.total_variance, 1e-12):
        raise DatasetError(
            f"windows of the training images vary along fewer than {space.n_components} "
            "directions; are the images constant?"
        )
    return space


def _block(images: Images, window: int, rows: np.ndarray, store: BlockStore, bar: tqdm) -> Moments:
    name = images.key(rows, "moments", window)
    upper = np.triu_indices(window**2)

    def compute() -> dict[str, np.ndarray]:
        found = add_up(lambda row: moments(images.band(row), window), rows, _plus, bar)
        return {
            "count": np.array(found.count),
            "total": found.total,
            "upper": found.products[upper],
        }

    stored = known_or_computed(store, name, len(rows), compute, bar)
    products = np.zeros((window**2, window**2))
    products[upper] = stored["upper"]
    products += np.triu(products, 1).T
    return Moments(int(stored["count"]), stored["total"], products)


def _plus(one: Moments, other: Moments) -> Moments:
    return one + other


def _sum(parts: Iterable[Moments]) -> Moments:
    first, *others = parts
    return sum(others, start=first)

"""Cells of all images and lists of their nearest cells, in the cache and shared by processes."""

import hashlib
import os
from collections.abc import Callable
from functools import partial

import numpy as np

from anomalylab.compute.listed_search import Choice, images_at_once
from anomalylab.compute.neighbour_lists import ListMaker, Lists, list_bytes
from anomalylab.errors import StorageError
from anomalylab.features import Features
from anomalylab.progress import counted
from anomalylab.storage.parts import Arrays, PartStore

VERSION = 1
"""Of what is kept; another one finds nothing of what was kept before."""

N_IMAGES = 32
"""Images of a part."""

N_ENTRIES = 24
"""Nearest cells that a list holds at first for each of ``k``, within these limits."""

MIN_ENTRIES, MAX_ENTRIES = 64, 512

DEEPER = 4
"""How many times as many nearest cells a list holds when it is made anew."""


class ListedCells:
    """Vectors and lists of every cell, made where the cache has none.

    A copy that was pickled, and another one made for the same features, read the same files.

    Parameters
    ----------
    features : Features
    embed : callable
        Some of the images -> vectors of their cells, (n_images, n_rows, n_cols, n_channels).
    method : str
        All that ``embed`` depends on beside the features.
    n_nearest : int
        Cells listed of each image.

    Raises
    ------
    StorageError
        If the cache cannot be written or its disk is too full.
    """

    n_entries: int
    """Cells that a list holds."""

    _lists_of: PartStore

    def __init__(
        self,
        features: Features,
        embed: Callable[[Features], np.ndarray],
        method: str,
        n_nearest: int,
    ):
        self.n_images = len(features)
        n_rows, n_cols = features.grid()
        self.n_cells = n_rows * n_cols
        self._n_nearest = min(n_nearest, self.n_cells)
        self._vectors_of = PartStore(f"cells of {method}, {VERSION}, of {fingerprint(features)}")
        n_bytes = 4 * self.n_images * self.n_cells * _width(features, embed)
        self._cells = self._made(self._vectors_of, partial(_embedded, features, embed), n_bytes)
        self._list(int(np.clip(N_ENTRIES * n_nearest, MIN_ENTRIES, MAX_ENTRIES)))

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_cells": None, "_lists": None}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._cells = self._made(self._vectors_of, _gone)
        self._lists = self._made(self._lists_of, _gone)

    def deepen(self) -> None:
        """List more cells, if there are more."""
        if not self.is_whole:
            self._list(DEEPER * self.n_entries)

    @property
    def is_whole(self) -> bool:
        """Whether cells of every image are listed."""
        return self.n_entries == self.n_images * self._n_nearest

    def list_all(self) -> None:
        """List cells of every image."""
        self._list(self.n_images * self._n_nearest)

    def pieces(self, images: np.ndarray) -> list[np.ndarray]:
        """Return places in ``images`` that :meth:`of` may be asked for together."""
        step, pieces = images_at_once(self._part(0)), []
        for part in np.unique(images // N_IMAGES):
            places = np.flatnonzero(images // N_IMAGES == part)
            pieces += np.array_split(places, -(-len(places) // step))
        return pieces

    def of(self, images: np.ndarray) -> tuple[Lists, np.ndarray]:
        """Return lists, and the rows of them that belong to ``images``, all of one piece."""
        return self._part(int(images[0]) // N_IMAGES), images % N_IMAGES

    def vectors(self, image: np.ndarray, cell: np.ndarray) -> np.ndarray:
        """Return the vectors of cells, float32 of shape (n, n_channels)."""
        parts = [part["cells"] for part in self._cells]
        vectors = np.empty((len(image), parts[0].shape[2]), np.float32)
        for number in np.unique(image // N_IMAGES):
            places = np.flatnonzero(image // N_IMAGES == number)
            vectors[places] = parts[number][image[places] % N_IMAGES, cell[places]]
        return vectors

    def chosen(self, choice: Choice) -> tuple[np.ndarray, np.ndarray]:
        """Return the image and number of all cells to compare with, each of shape (n,)."""
        if choice.keep_cells is not None:
            image, cell = np.nonzero(choice.keep_cells)
            return image, cell
        images = np.flatnonzero(choice.is_chosen)
        cells = np.arange(self.n_cells)
        return np.repeat(images, len(cells)), np.tile(cells, len(images))

    def _part(self, number: int) -> Lists:
        return Lists(**self._lists[number])

    def _list(self, n_entries: int) -> None:
        """Open lists of so many cells, or make them; on failure, lists stay as they were."""
        n_entries = min(n_entries, self.n_images * self._n_nearest)
        depth = f"{n_entries} cells, {self._n_nearest} of an image"
        store = PartStore(f"lists of {depth}, in {self._vectors_of.folder.name}")
        maker: list[ListMaker] = []

        def listed(images: slice) -> Arrays:
            if not maker:
                cells = np.concatenate([part["cells"] for part in self._cells])
                maker.append(ListMaker(cells, self._n_nearest, n_entries))
            return maker[0].of_images(images)._asdict()

        n_bytes = list_bytes(self.n_images * self.n_cells, n_entries)
        self._lists = self._made(store, listed, n_bytes)
        self._lists_of = store
        self.n_entries = n_entries

    def _made(
        self, store: PartStore, make: Callable[[slice], Arrays], n_bytes: int = 0
    ) -> list[Arrays]:
        """Return all parts of a store, ``n_bytes`` in all; what it lacks is made."""
        starts = range(0, self.n_images, N_IMAGES)
        parts = [store.open(number) for number in range(len(starts))]
        missing = [number for number, part in enumerate(parts) if part is None]
        if missing:
            store.check_writable(n_bytes * len(missing) // len(starts))
        first = os.getpid() % max(1, len(missing))  # processes that do the same begin elsewhere
        for number in counted(missing[first:] + missing[:first]):
            images = slice(starts[number], min(starts[number] + N_IMAGES, self.n_images))
            while (part := store.open(number)) is None:
                store.write(number, make(images))
            parts[number] = part
        return [part for part in parts if part is not None]


def fingerprint(features: Features) -> str:
    """Return a hash of all stored values, with names and shapes of levels."""
    digest = hashlib.blake2b(digest_size=16)
    for name in features.names:
        level = features.level(name)
        digest.update(f"{name} {level.shape} {level.dtype}".encode())
        for image in level:
            digest.update(np.ascontiguousarray(image).data)
    return digest.hexdigest()


def _width(features: Features, embed: Callable[[Features], np.ndarray]) -> int:
    return int(embed(features.subset(slice(1))).shape[3])


def _embedded(features: Features, embed: Callable[[Features], np.ndarray], images: slice) -> Arrays:
    cells = embed(features.subset(images))
    return {"cells": cells.reshape(len(cells), -1, cells.shape[3])}


def _gone(images: slice) -> Arrays:
    raise StorageError(
        f"the cache no longer holds what is known of images {images.start} to {images.stop - 1}; "
        "make the pool again"
    )

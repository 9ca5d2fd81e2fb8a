"""Images in blocks of some dozen, and names for what is computed of a block.

A name is made of all that the numbers depend on, so that an interrupted run goes on where it was,
and gives the very same numbers.
"""

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from anomalylab.compute.blas import one_blas_thread
from anomalylab.compute.threads import in_pieces
from anomalylab.extractors.band import project
from anomalylab.images.read import read_image
from anomalylab.progress import Advance
from anomalylab.runs.masks import Masks
from anomalylab.runs.pictures import Thumbnails
from anomalylab.storage.blocks import Arrays, BlockStore

VERSION = 4
"""Raised whenever the same images give other numbers."""

BLOCK = 32
PIECE = 4
"""Images that one thread adds up; fixed, so that sums do not depend on the number of threads."""

HELD_BYTES = 2**28
"""Bands kept in memory between the passes; those of further images are read again in each."""

T = TypeVar("T")


@dataclass(frozen=True)
class Images:
    """The images of a run, read when asked.

    Parameters
    ----------
    samples : DataFrame
        Rows of SAMPLES.
    root : path
        Folder that their paths are relative to.
    hashes : sequence of str
        Content hash of each image.
    intensity, orient : str
        How images are read and turned into one band.
    held : dict
        Row -> its band, float32 (height, width), for as many as :data:`HELD_BYTES` allow.
    shown : Thumbnails, optional
        What was made of images when they were checked.
    """

    samples: pd.DataFrame
    root: Path
    hashes: Sequence[str]
    intensity: str
    orient: str
    held: dict[int, np.ndarray] = field(default_factory=dict)
    shown: Thumbnails | None = None

    @cached_property
    def masks(self) -> Masks:
        """Masks of the images, each read once."""
        return Masks(self.root)

    def band(self, row: int) -> np.ndarray:
        """Return the one-band projection of an image: float64 (height, width)."""
        band = self.held.get(row)
        if band is None:
            path = self.root / self.samples["image_path"].iloc[row]
            band = band_of(read_image(path, intensity=self.intensity), self.orient)
        return band.astype(np.float64)

    def key(self, rows: Iterable[int], *params: object) -> str:
        """Return a name for what is computed of some images with some parameters."""
        hashes = [self.hashes[row] for row in rows]
        text = json.dumps([VERSION, self.intensity, self.orient, *params, hashes])
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def band_of(image: np.ndarray, orient: str) -> np.ndarray:
    """Return the one-band projection of an image: float32 (height, width)."""
    if (image == image[0, 0]).all():  # constant; noted by the check of the data
        return np.zeros(image.shape[:2], np.float32)
    band: np.ndarray = project(image, orient)[..., 0]
    return band


class Room:
    """What is left of :data:`HELD_BYTES`, shared by threads."""

    def __init__(self) -> None:
        self._left, self._lock = HELD_BYTES, threading.Lock()

    def take(self, band: np.ndarray) -> np.ndarray | None:
        """Return the band if there is room to hold it, else None."""
        with self._lock:
            if band.nbytes > self._left:
                return None
            self._left -= band.nbytes
            return band


def in_blocks(rows: Iterable[int], size: int = BLOCK) -> list[np.ndarray]:
    """Split row numbers into blocks of at most ``size``."""
    rows = np.asarray(list(rows), int)
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def add_up(
    work: Callable[[int], T], rows: np.ndarray, add: Callable[[T, T], T], advance: Advance
) -> T:
    """Do ``work`` on each row, some at a time, and add up what comes of it in the order of rows."""

    def piece(part: np.ndarray) -> T:
        total = None
        for row in part:
            result = work(int(row))
            total = result if total is None else add(total, result)
            advance(1)
        return total  # type: ignore[return-value]

    return reduce(add, in_pieces(piece, in_blocks(rows, PIECE)))


def by_blocks(
    images: Images,
    rows: Iterable[int],
    store: BlockStore,
    params: Sequence[object],
    compute: Callable[[np.ndarray], Arrays],
    advance: Advance,
) -> Iterator[tuple[np.ndarray, Arrays]]:
    """Yield the rows of each block of images and the arrays of the block, known or computed.

    Parameters
    ----------
    images : Images
    rows : iterable of int
    store : BlockStore
        Holds what is known and takes what is computed.
    params : sequence
        All that the arrays depend on, beside the images.
    compute : callable
        Rows of a block -> its arrays. It counts images itself and runs with one thread of
        linear algebra.
    advance : callable
        Counts images on, see :func:`anomalylab.progress.counting`.
    """
    for block in in_blocks(rows):
        name = images.key(block, *params)
        arrays = store.read(name)
        if arrays is not None:
            advance(len(block))
        else:
            with one_blas_thread():
                arrays = compute(block)
            store.write(name, arrays)
        yield block, arrays

"""Images in blocks, and what was computed of a block, kept on disk until the work is done.

A block is some dozen images. Its file appears whole or not at all under a name made of all that it
depends on, so that an interrupted run goes on where it was, and gives the very same numbers.
"""

import hashlib
import json
import logging
import os
import threading
import uuid
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from anomalylab.compute.blas import one_blas_thread
from anomalylab.compute.threads import in_pieces
from anomalylab.errors import StorageError
from anomalylab.extractors.band import project
from anomalylab.images.read import read_image
from anomalylab.storage.cache import FOLDER_VARIABLE, feature_store

VERSION = 4
"""Raised whenever the same images give other numbers."""

BLOCK = 32
PIECE = 4
"""Images that one thread adds up; fixed, so that sums do not depend on the number of threads."""

Arrays = Mapping[str, np.ndarray]
T = TypeVar("T")

log = logging.getLogger(__name__)


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
    """

    samples: pd.DataFrame
    root: Path
    hashes: Sequence[str]
    intensity: str
    orient: str

    def band(self, row: int) -> np.ndarray:
        """Return the one-band projection of an image: float64 (height, width)."""
        image = read_image(
            self.root / self.samples["image_path"].iloc[row], intensity=self.intensity
        )
        if (image == image[0, 0]).all():  # constant; noted by the check of the data
            return np.zeros(image.shape[:2])
        return project(image, self.orient)[..., 0].astype(np.float64)

    def key(self, rows: Iterable[int], *params: object) -> str:
        """Return a name for what is computed of some images with some parameters."""
        hashes = [self.hashes[row] for row in rows]
        text = json.dumps([VERSION, self.intensity, self.orient, *params, hashes])
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def in_blocks(rows: Iterable[int], size: int = BLOCK) -> list[np.ndarray]:
    """Split row numbers into blocks of at most ``size``."""
    rows = np.asarray(list(rows), int)
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def add_up(
    work: Callable[[int], T], rows: np.ndarray, add: Callable[[T, T], T], bar: tqdm | None = None
) -> T:
    """Do ``work`` on each row, some at a time, and add up what comes of it in the order of rows."""

    def piece(part: np.ndarray) -> T:
        total = None
        for row in part:
            result = work(int(row))
            total = result if total is None else add(total, result)
            tick(bar)
        return total  # type: ignore[return-value]

    return reduce(add, in_pieces(piece, in_blocks(rows, PIECE)))


_ticking = threading.Lock()


def tick(bar: tqdm | None, n: int = 1) -> None:
    """Move a progress bar on, from any thread."""
    if bar is not None:
        with _ticking:
            bar.update(n)


class BlockStore:
    """Arrays of finished blocks by name.

    Parameters
    ----------
    kind : str
        What the blocks hold; each kind has its folder in the cache.

    Raises
    ------
    StorageError
        If the cache cannot be written.
    """

    def __init__(self, kind: str):
        store = feature_store(f"kolektor {kind}")
        store.check_writable(0)
        self.folder = store.folder

    def get_or(self, name: str, compute: Callable[[], Arrays]) -> Arrays:
        """Return the arrays of a block, computed now unless they are known."""
        path = self.folder / f"{name}.npz"
        known = _read(path)
        if known is not None:
            return known
        with one_blas_thread():
            arrays = compute()
        _write(path, arrays)
        return arrays

    def knows(self, name: str) -> bool:
        """Tell whether a block is finished."""
        return (self.folder / f"{name}.npz").is_file()


def _read(path: Path) -> Arrays | None:
    if not path.is_file():
        return None
    try:
        with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as stored:
            return dict(stored)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        log.warning("cached sums in %s are damaged and are computed again", path)
        return None


def _write(path: Path, arrays: Arrays) -> None:
    unfinished = path.with_name(f".unfinished-{uuid.uuid4().hex}.npz")
    try:
        with open(unfinished, "wb") as stream:
            np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise StorageError(
            f"cannot write to {path.parent}: {error.strerror or error}; make room or set "
            f"{FOLDER_VARIABLE} to another folder"
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)

"""Arrays put away on disk for as long as a process needs them."""

import io
import os
import shutil
import threading
import weakref
from pathlib import Path
from typing import Any

import numpy as np

from anomalylab.storage.cache import cache_folder
from anomalylab.storage.unfinished import owner, sweep
from anomalylab.storage.writable import cannot_write_to, refuse_less

_FOLDER = "spills"


class Spill:
    """float32 arrays by number, in a file that goes with this object or, at last, its process.

    Threads may write and read at the same time. A copy that was pickled reads the same file as long
    as this object lives. What a killed process has left is deleted by the next spill.

    Parameters
    ----------
    n_bytes : int
        Expected in all; refused if the disk has less.

    Raises
    ------
    StorageError
        If the cache folder cannot be written or its disk is too full.
    """

    def __init__(self, n_bytes: int = 0):
        folder = cache_folder() / _FOLDER
        try:
            folder.mkdir(parents=True, exist_ok=True)
            sweep(folder, "*")
            free = shutil.disk_usage(folder).free
            self._path = folder / owner()
            self._file: io.BufferedRandom | io.BufferedReader = open(self._path, "w+b")  # noqa: SIM115  closed by finalize
        except OSError as error:
            raise cannot_write_to(cache_folder(), error) from error
        weakref.finalize(self, _delete, self._file, self._path)
        refuse_less("intermediate sums", n_bytes, folder, free)
        self._lock = threading.Lock()
        self._places: dict[int, tuple[int, tuple[int, ...]]] = {}

    def __getstate__(self) -> dict[str, object]:
        return {"path": self._path, "places": self._places}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._path, self._places = state["path"], state["places"]
        self._lock = threading.Lock()
        self._file = open(self._path, "rb")  # noqa: SIM115  closed by finalize
        weakref.finalize(self, self._file.close)

    def write(self, number: int, array: np.ndarray) -> None:
        """Put an array away, once for each number.

        Raises
        ------
        StorageError
            If the disk is full.
        """
        stored = np.ascontiguousarray(array, np.float32)
        with self._lock:
            try:
                start = self._file.seek(0, os.SEEK_END)
                self._file.write(stored.data)
                self._file.flush()
            except OSError as error:
                raise cannot_write_to(cache_folder(), error) from error
            self._places[number] = start, stored.shape

    def read(self, number: int) -> np.ndarray:
        """Return the array of a number."""
        start, shape = self._places[number]
        array = np.empty(shape, np.float32)
        with self._lock:
            self._file.seek(start)
            self._file.readinto(array.data.cast("B"))
        return array


def _delete(file: io.BufferedRandom | io.BufferedReader, path: Path) -> None:
    file.close()
    path.unlink(missing_ok=True)

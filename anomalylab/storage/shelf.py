"""A folder of arrays that several processes read, for as long as the one that wrote them lives."""

import shutil
import weakref
from pathlib import Path

import numpy as np

from anomalylab.errors import StorageError
from anomalylab.storage.cache import FOLDER_VARIABLE, cache_folder
from anomalylab.storage.unfinished import owner, remove, sweep
from anomalylab.storage.writable import cannot_write_to, reason_of, refuse_less

_FOLDER = "spills"


class Shelf:
    """Arrays by name in a folder of the cache, which goes with this object or with its process.

    What a killed process has left is deleted by the next shelf.

    Parameters
    ----------
    n_bytes : int
        Expected in all; refused if the disk has less.

    Attributes
    ----------
    folder : Path
        Other processes read the arrays there, see :func:`read_array`.

    Raises
    ------
    StorageError
        If the cache folder cannot be written or its disk is too full.
    """

    def __init__(self, n_bytes: int = 0):
        above = cache_folder() / _FOLDER
        self.folder = above / owner()
        try:
            self.folder.mkdir(parents=True)
            sweep(above, "*")
            free = shutil.disk_usage(above).free
        except OSError as error:
            raise cannot_write_to(cache_folder(), error) from error
        weakref.finalize(self, remove, self.folder)
        refuse_less("features", n_bytes, above, free)

    def write(self, name: str, array: np.ndarray) -> None:
        """Put an array away; ``name`` may lead into a folder.

        Raises
        ------
        StorageError
            If the disk is full.
        """
        path = self.folder / f"{name}.npy"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, array, allow_pickle=False)
        except OSError as error:
            raise cannot_write_to(cache_folder(), error) from error


def read_array(folder: Path, name: str) -> np.ndarray:
    """Return an array of a shelf, memory-mapped and not to be written.

    Raises
    ------
    StorageError
        If it is not there: whoever wrote it has ended, or works with another cache folder.
    """
    try:
        array: np.ndarray = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise StorageError(
            f"cannot read {folder / name}: {reason_of(error)}; workers must see the cache "
            f"folder of the process that asks them ({FOLDER_VARIABLE})"
        ) from error
    return array

"""Arrays to be filled that may be larger than memory."""

import math
import shutil
import weakref

import numpy as np

from anomalylab.errors import StorageError
from anomalylab.storage.cache import IN_MEMORY, cache_folder
from anomalylab.storage.unfinished import owner, remove, sweep
from anomalylab.storage.writable import cannot_write_to, refuse_less, reserve

_FOLDER = "spills"


def spacious(shape: tuple[int, ...], limit: int = IN_MEMORY) -> np.ndarray:
    """Return an array that is to be filled: in memory, or on disk where it is large.

    A file lies in the cache folder and goes with the array or, at last, its process; what a killed
    process has left is deleted by the next one.

    Parameters
    ----------
    shape : tuple of int
    limit : int
        Bytes up to which it is in memory.

    Returns
    -------
    array : float32 ndarray
        A writable memory map beyond ``limit``.

    Raises
    ------
    StorageError
        If the cache folder cannot be written or its disk is too full.
    """
    n_bytes = 4 * math.prod(shape)
    if n_bytes <= limit:
        return np.empty(shape, np.float32)
    folder = cache_folder() / _FOLDER
    path = folder / owner()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sweep(folder, "*")
        free = shutil.disk_usage(folder).free
        refuse_less("features", n_bytes, folder, free)
        array = np.memmap(path, np.float32, "w+", shape=shape)
        weakref.finalize(array, remove, path)
        reserve(path)
    except StorageError:
        raise
    except OSError as error:
        raise cannot_write_to(folder, error) from error
    return array

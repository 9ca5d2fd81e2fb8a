"""Arrays of one long computation, kept on disk in parts and read as memory maps.

A part is a folder of ``.npy`` files and an index of their checksums. It is written under another
name and renamed when it is whole: a computation that was killed goes on after its last part, and
processes that do the same one share what is done. A part whose bytes are not those that were
written is dropped.
"""

import json
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from anomalylab.storage.cache import FeatureStore, feature_store
from anomalylab.storage.checked_arrays import checksum, write_array, write_bytes
from anomalylab.storage.unfinished import owner
from anomalylab.storage.writable import cannot_write_to

Arrays = Mapping[str, np.ndarray]

_INDEX = "index.json"

log = logging.getLogger(__name__)


class PartStore:
    """Arrays by number of a part. A copy that was pickled reads the same folder.

    Parameters
    ----------
    key : str
        All that the arrays depend on.
    folder : path, optional
        The cache; that of the user if not given.
    """

    def __init__(self, key: str, folder: Path | None = None):
        self.folder = feature_store(f"parts of {key}", folder).folder.absolute()

    def check_writable(self, n_bytes: int) -> None:
        """Make the folder, and see that it can take ``n_bytes``.

        Raises
        ------
        StorageError
            If it cannot be written or its disk has less free space.
        """
        FeatureStore(self.folder).check_writable(n_bytes)

    def open(self, number: int) -> Arrays | None:
        """Return the arrays of a part as read-only memory maps, or None if it is not there."""
        part = self._part(number)
        try:
            index = json.loads((part / _INDEX).read_bytes())
            arrays = {name: np.load(part / f"{name}.npy", mmap_mode="r") for name in index}
            if all(_said_of(arrays[name]) == index[name] for name in index):
                return arrays
        except Exception:  # damage may break the parser of a header anywhere
            if not part.exists():
                return None
        log.warning("cached arrays in %s are damaged and are computed again", part)
        shutil.rmtree(part, ignore_errors=True)
        return None

    def write(self, number: int, arrays: Arrays) -> None:
        """Keep the arrays of a part, all of them or nothing; nothing if it is there already.

        Raises
        ------
        StorageError
            If the folder cannot be written or is full.
        """
        unfinished = self.folder / f".unfinished-{owner()}"
        try:
            unfinished.mkdir(parents=True)
            index = {}
            for name, array in arrays.items():
                write_array(unfinished / f"{name}.npy", array := np.ascontiguousarray(array))
                index[name] = _said_of(array)
            write_bytes(unfinished / _INDEX, json.dumps(index).encode())
            if not self._part(number).exists():
                unfinished.rename(self._part(number))
        except OSError as error:
            if self._part(number).exists():  # another process was quicker
                return
            raise cannot_write_to(self.folder, error) from error
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def _part(self, number: int) -> Path:
        return self.folder / f"part-{number:05d}"


def _said_of(array: np.ndarray) -> dict[str, object]:
    """Return what the index says of an array."""
    return {"dtype": str(array.dtype), "shape": list(array.shape), "checksum": checksum(array)}

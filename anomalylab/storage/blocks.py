"""Arrays of finished blocks of work, kept on disk under a name: one shard a name.

A shard is one file: the checksum of what follows, then an ``.npz``. It is written under another
name and renamed when it is whole, so that a killed process leaves nothing that could be mistaken
for data. A shard whose bytes are not those that were written is dropped.
"""

import hashlib
import io
import logging
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from anomalylab.storage.cache import feature_store
from anomalylab.storage.unfinished import owner
from anomalylab.storage.writable import cannot_write_to

Arrays = Mapping[str, np.ndarray]

_SUFFIX = ".block"
_DIGEST = 16

log = logging.getLogger(__name__)


class BlockStore:
    """Arrays of finished blocks by name.

    Parameters
    ----------
    kind : str
        What the blocks hold; each kind has a folder of its own beside the cached features.
    folder : path, optional
        The cache; that of the user if not given.

    Raises
    ------
    StorageError
        If the cache cannot be written.
    """

    def __init__(self, kind: str, folder: Path | None = None):
        store = feature_store(f"blocks {kind}", folder)
        store.check_writable(0)
        self.folder = store.folder

    def read(self, name: str) -> Arrays | None:
        """Return the arrays of a block, or None if they are not known.

        A damaged shard is deleted with a warning in the log.
        """
        path = self._path(name)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        digest, packed = content[:_DIGEST], content[_DIGEST:]
        if digest != _checksum(packed):
            log.warning("cached sums in %s are damaged and are computed again", path)
            path.unlink(missing_ok=True)
            return None
        with np.load(io.BytesIO(packed), allow_pickle=False) as stored:
            return dict(stored)

    def write(self, name: str, arrays: Arrays) -> None:
        """Keep the arrays of a block, all of them or nothing.

        Raises
        ------
        StorageError
            If the folder cannot be written or is full.
        """
        packed = io.BytesIO()
        np.savez_compressed(packed, **arrays)  # type: ignore[arg-type]
        content = packed.getvalue()
        unfinished = self.folder / f".unfinished-{owner()}"
        try:
            with open(unfinished, "wb") as stream:
                stream.write(_checksum(content) + content)
                stream.flush()
                os.fsync(stream.fileno())
            unfinished.replace(self._path(name))
        except OSError as error:
            raise cannot_write_to(self.folder, error) from error
        finally:
            unfinished.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}{_SUFFIX}"


def _checksum(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST).digest()

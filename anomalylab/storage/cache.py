"""Features that were computed once: found again by content, on disk, without locks.

A store is one folder per extractor, resize and intensity rule. It holds shards: folders of some
dozen images, one ``.npy`` a level, and an index of the content hashes of the images. A shard is
written under another name and renamed when it is whole, so that a killed process leaves nothing
that could be mistaken for data, and two processes at worst compute the same image twice.
"""

import hashlib
import json
import logging
import math
import os
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs

from anomalylab.errors import StorageError
from anomalylab.storage.checked_arrays import checksum, matches, sound_map, write_array, write_bytes
from anomalylab.storage.unfinished import owner, sweep
from anomalylab.storage.writable import FOLDER_VARIABLE as FOLDER_VARIABLE
from anomalylab.storage.writable import cannot_write_to, reason_of, refuse_less, reserve

IN_MEMORY = 2**30
"""Bytes up to which gathered features are returned in memory, and beyond as memory maps."""
FOLDER_OF_NETWORKS = "networks"
_FEATURES = "features"
_INDEX = "index.json"
_UNFINISHED = ".unfinished-"

log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Return the folder of everything that may be deleted and is made again."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else Path(platformdirs.user_cache_dir("anomalylab"))


def size_of_cache(folder: Path | None = None) -> int:
    """Return how many bytes of features and networks are cached."""
    return sum(_size(path) for part in _parts(folder) for path in part.rglob("*"))


def clear_cache(folder: Path | None = None) -> None:
    """Delete cached features and networks, and nothing else in the cache folder.

    Raises
    ------
    StorageError
        If they cannot be deleted.
    """
    for part in filter(Path.exists, _parts(folder)):
        try:
            shutil.rmtree(part)
        except OSError as error:
            raise StorageError(f"cannot delete {part}: {reason_of(error)}") from error


def _parts(folder: Path | None) -> list[Path]:
    return [(folder or cache_folder()) / name for name in (_FEATURES, FOLDER_OF_NETWORKS)]


def feature_store(key: str, folder: Path | None = None) -> "FeatureStore":
    """Return the store of ``key``, which says all that features depend on beside the image."""
    digest = hashlib.blake2b(key.encode(), digest_size=12).hexdigest()
    return FeatureStore((folder or cache_folder()) / _FEATURES / digest)


@dataclass(frozen=True)
class Place:
    """Where the features of one image are: row ``row`` of a shard."""

    shard: Path
    row: int


class FeatureStore:
    """Feature maps of images under the content hash of the image file.

    Parameters
    ----------
    folder : Path
        Made when something is written.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)

    def check_writable(self, n_bytes: int) -> None:
        """Make the folder, and see that it can take ``n_bytes``.

        Raises
        ------
        StorageError
            If it cannot be written or its disk has less free space.
        """
        probe = self.folder / f"{_UNFINISHED}{owner()}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            probe.touch()
            probe.unlink()
            free = shutil.disk_usage(self.folder).free
        except OSError as error:
            raise cannot_write_to(self.folder, error, "features") from error
        refuse_less("features", n_bytes, self.folder, free)
        sweep(self.folder, f"{_UNFINISHED}*")

    def find(self, hashes: Iterable[str], levels: Sequence[str]) -> dict[str, Place]:
        """Return where images are whose ``levels`` are all stored.

        Shards that are damaged are deleted with a warning in the log.
        """
        missing = set(hashes)
        found: dict[str, Place] = {}
        for shard in self._shards():
            stored = _read_index(shard, levels)
            rows = {name: row for row, name in enumerate(stored) if name in missing}
            if rows and _is_sound(shard, levels):
                found |= {name: Place(shard, row) for name, row in rows.items()}
                missing -= rows.keys()
            elif rows:
                log.warning("cached features in %s are damaged and are computed again", shard)
                shutil.rmtree(shard, ignore_errors=True)
        return found

    def write(self, hashes: Sequence[str], levels: Mapping[str, np.ndarray]) -> None:
        """Store the images of ``hashes`` as one shard; all of it or nothing.

        Parameters
        ----------
        hashes : sequence of str
            Content hash of each image.
        levels : mapping
            Level -> array of shape (n_images, n_rows, n_cols, n_channels).

        Raises
        ------
        StorageError
            If the folder cannot be written or is full.
        """
        name = f"{time.time_ns():020d}-{owner()[-8:]}"
        unfinished = self.folder / f"{_UNFINISHED}{owner()}"
        try:
            unfinished.mkdir(parents=True)
            written = {
                level: write_array(unfinished / f"{level}.npy", np.ascontiguousarray(array))
                for level, array in levels.items()
            }
            index = {"hashes": list(hashes), "levels": written}
            write_bytes(unfinished / _INDEX, json.dumps(index).encode())
            unfinished.rename(self.folder / name)
        except OSError as error:
            raise cannot_write_to(self.folder, error, "features") from error
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def gather(
        self, places: Sequence[Place], levels: Sequence[str], limit: int | None = IN_MEMORY
    ) -> dict[str, np.ndarray]:
        """Return stored features in the order of ``places``, which may repeat.

        Parameters
        ----------
        places : sequence of Place
            From :meth:`find`; at least one.
        limit : int or None
            Bytes of all levels together up to which they are held in memory; None for no limit.

        Returns
        -------
        gathered : dict
            Level -> float32 array of shape (n_images, n_rows, n_cols, n_channels). Beyond
            ``limit`` read-only memory maps of files that stay in the store and are used again for
            the same images.

        Raises
        ------
        StorageError
            If memory maps are needed and cannot be written.
        """
        shapes = {
            level: (len(places), *_open(places[0].shard, level).shape[1:]) for level in levels
        }
        n_bytes = 4 * sum(math.prod(shape) for shape in shapes.values())
        if limit is not None and n_bytes > limit:
            return {level: self._map(places, level, shape) for level, shape in shapes.items()}
        return {n: _fill(np.empty(shape, np.float32), places, n) for n, shape in shapes.items()}

    def _map(self, places: Sequence[Place], level: str, shape: tuple[int, ...]) -> np.ndarray:
        images = "\n".join(f"{place.shard.name} {place.row}" for place in places)
        digest = hashlib.blake2b(images.encode(), digest_size=12).hexdigest()
        name = f"gathered-{digest}-{level}"
        for path in self.folder.glob(f"{name}*.npy"):
            known = sound_map(path, name, shape)
            if known is not None:
                return known
        unfinished = self.folder / f"{_UNFINISHED}{owner()}.npy"
        try:
            target = np.lib.format.open_memmap(unfinished, "w+", np.float32, shape)
            reserve(unfinished)
            _fill(target, places, level).flush()  # type: ignore[attr-defined]
            path = self.folder / f"{name}-{checksum(target):08x}.npy"
            del target
            unfinished.replace(path)
        except OSError as error:
            raise cannot_write_to(self.folder, error, "features") from error
        finally:
            unfinished.unlink(missing_ok=True)
        return np.load(path, mmap_mode="r", allow_pickle=False)

    def _shards(self) -> list[Path]:
        """Return whole shards, oldest first, so that of two that hold an image one always wins."""
        return sorted(path.parent for path in self.folder.glob(f"[0-9]*/{_INDEX}"))


def _read_index(shard: Path, levels: Sequence[str]) -> list[str]:
    """Return the content hashes of a shard; none if it lacks one of ``levels``."""
    try:
        index = json.loads((shard / _INDEX).read_bytes())
        return index["hashes"] if all(level in index["levels"] for level in levels) else []
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _is_sound(shard: Path, levels: Sequence[str]) -> bool:
    try:
        index = json.loads((shard / _INDEX).read_bytes())
        arrays = {level: _open(shard, level) for level in levels}
        is_whole = all(len(array) == len(index["hashes"]) for array in arrays.values())
        return is_whole and all(matches(arrays[name], index["levels"][name]) for name in levels)
    except Exception:  # damage may break the parser of a header anywhere
        return False


def _open(shard: Path, level: str) -> np.ndarray:
    return np.load(shard / f"{level}.npy", mmap_mode="r", allow_pickle=False)


def _fill(target: np.ndarray, places: Sequence[Place], level: str) -> np.ndarray:
    """Copy one level of ``places`` into ``target``, shard by shard."""
    by_shard: dict[Path, list[int]] = {}
    for position, place in enumerate(places):
        by_shard.setdefault(place.shard, []).append(position)
    for shard, positions in by_shard.items():
        stored = _open(shard, level)
        for position in positions:  # one copy each; a list of rows would make two
            target[position] = stored[places[position].row]
    return target


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:  # deleted by another process meanwhile
        return 0

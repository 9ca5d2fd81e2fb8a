"""Small folders of files that took long to make, such as a network made ready for an engine.

A folder is written under another name and renamed when it is whole. Its checksums are compared
whenever it is read; what is damaged is deleted and made again by whoever needs it.
"""

import hashlib
import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

from anomalylab.storage.cache import FOLDER_OF_NETWORKS, cache_folder
from anomalylab.storage.unfinished import owner, sweep
from anomalylab.storage.writable import reason_of

_CHECKSUMS = "checksums.json"

log = logging.getLogger(__name__)


def recall(key: str) -> Path | None:
    """Return the folder kept under ``key`` if every file in it is as it was written."""
    folder = _folder(key)
    if not folder.is_dir():
        return None
    try:
        expected = json.loads((folder / _CHECKSUMS).read_bytes())
        if expected and all(_checksum(folder / name) == expected[name] for name in expected):
            return folder
    except (OSError, ValueError, TypeError):
        pass
    log.warning("%s is damaged and is made again", folder)
    shutil.rmtree(folder, ignore_errors=True)
    return None


def keep(key: str, write: Callable[[Path], object]) -> None:
    """Keep under ``key`` what ``write`` puts into a folder; nothing if it cannot be written.

    Parameters
    ----------
    key : str
        All that the files depend on.
    write : callable
        Gets an empty folder.
    """
    folder = _folder(key)
    unfinished = folder.with_name(f".unfinished-{owner()}")
    sweep(folder.parent, ".unfinished-*")
    try:
        unfinished.mkdir(parents=True)
        write(unfinished)
        sums = {path.name: _checksum(path) for path in sorted(unfinished.iterdir())}
        (unfinished / _CHECKSUMS).write_text(json.dumps(sums), encoding="utf-8")
        unfinished.rename(folder)
    except (OSError, RuntimeError) as error:  # openvino raises the latter where a disk is full
        log.info("%s is not kept: %s", folder, reason_of(error))
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _folder(key: str) -> Path:
    return (
        cache_folder()
        / FOLDER_OF_NETWORKS
        / hashlib.blake2b(key.encode(), digest_size=12).hexdigest()
    )


def _checksum(path: Path) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

"""Put a finished folder in the place of an earlier run, and keep what is not ours.

Two renames exchange the folders; then what a person kept or changed in the earlier one moves over,
and the rest of it is deleted. A process may be killed at any point of this: :func:`recover` brings
it to an end.
"""

import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from anomalylab.runs.authorship import free_name, is_as_signed
from anomalylab.runs.files import FILE_LIST, FOR_PEOPLE, checksum
from anomalylab.runs.info import FILE
from anomalylab.storage.unfinished import beside, left_beside, remove

PARTIAL, OLD = "partial", "old"
"""Endings of the hidden names of a run that is being written, and of the one it replaces."""

OF_UNLISTED_RUNS = (
    FILE,
    "*.parquet",
    "training_pooled.npy",
    "report.html",
    "maps/*.npy",
    "detectors/*/detector.json",
    "detectors/*/arrays.safetensors",
    "pc_space/*.npy",
    "pc_space/*.npz",
    "pc_space/*.json",
    "pc_space/*.safetensors",
)
"""Files of runs that were written before runs listed their files."""

log = logging.getLogger(__name__)


def put_in_place(partial: Path, folder: Path) -> None:
    """Give a finished folder its name; what an earlier run of that name holds of others stays.

    Raises
    ------
    OSError
        If it cannot be; the earlier run is in its place then.
    """
    old = beside(folder, OLD)
    if folder.exists():
        folder.rename(old)
    try:
        partial.rename(folder)
    except BaseException:  # an interrupt, too
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise
    try:
        if old.exists():
            _keep_theirs(old, folder)
    except OSError as error:
        log.warning("what you kept in %s is in %s (%s)", folder, old, error.strerror or error)


def recover(parent: Path) -> None:
    """Bring to an end what killed processes have begun in a folder of runs.

    A run that was moved away and not replaced returns. What is not whole is deleted.
    """
    for name, old in left_beside(parent, OLD):
        folder = parent / name
        with suppress(OSError):  # another process does the same
            if not folder.exists() and (old / FILE).exists():
                old.rename(folder)
            else:
                _keep_theirs(old, folder)
    for _, partial in left_beside(parent, PARTIAL):
        remove(partial)


def _keep_theirs(old: Path, folder: Path) -> None:
    """Move what is not ours from an earlier run to its successor, and delete the earlier one."""
    listed = _listed(old)
    remove(old / FILE)  # from here on the earlier run is no run any more
    for name in list(_files(old)):
        if not _is_ours(name, old, listed):
            _move(old / name, folder / name)
        elif name != FILE_LIST:
            (old / name).unlink()
    remove(old)


def _files(folder: Path) -> Iterator[str]:
    """Return names of all files below a folder; links are not followed."""
    for parent, folders, files in os.walk(folder):
        links = [name for name in folders if Path(parent, name).is_symlink()]
        for name in sorted([*files, *links]):
            yield Path(parent, name).relative_to(folder).as_posix()


def _is_ours(name: str, folder: Path, listed: Mapping[str, str] | None) -> bool:
    path = folder / name
    if path.is_symlink():
        return False
    if name == FILE_LIST or is_as_signed(path):
        return True
    if listed is None:
        return any(PurePosixPath("/", name).match(f"/{kind}") for kind in OF_UNLISTED_RUNS)
    if name.endswith(FOR_PEOPLE):
        return listed.get(name) == checksum(path)
    return name in listed


def _listed(folder: Path) -> dict[str, str] | None:
    try:
        listed = json.loads((folder / FILE_LIST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return listed if isinstance(listed, dict) else None


def _move(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    kept = free_name(target)
    path.rename(kept)
    if kept != target:
        log.warning("%s was changed by hand and is kept as %s", target, kept)

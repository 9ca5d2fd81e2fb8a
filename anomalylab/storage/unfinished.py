"""Unfinished files and folders: their names say whose work they are, and who is gone is swept.

What is written gets such a name until it is whole. The name holds the machine, the process and
when that process started, so that what a killed process leaves is told from work that goes on.
What another machine left, on a shared drive, is told by its age alone.
"""

import contextlib
import hashlib
import os
import platform
import re
import shutil
import time
import uuid
from functools import cache
from pathlib import Path

import psutil

ABANDONED_AFTER = 7 * 24 * 3600.0
"""Seconds without a change after which what another machine has left counts as abandoned."""

_OWNER = re.compile(r"([0-9a-f]{8})-(\d+)-(\d+)-[0-9a-f]{8}")


def owner() -> str:
    """Return a new name that tells this process from all others, of other machines too."""
    return f"{_machine()}-{os.getpid()}-{_started(os.getpid())}-{uuid.uuid4().hex[:8]}"


def beside(path: Path, ending: str) -> Path:
    """Return a hidden name beside ``path`` for something of this process."""
    return path.with_name(f".{path.name}.{owner()}.{ending}")


def left_beside(folder: Path, ending: str) -> list[tuple[str, Path]]:
    """Return what :func:`beside` named in a folder and whose process is gone, oldest first.

    Returns
    -------
    list of (str, Path)
        The name it was meant for, and what was left.
    """
    found = []
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            name = re.fullmatch(rf"\.(.+)\.{_OWNER.pattern}\.{ending}", path.name)
            if name and is_abandoned(path):
                found.append((_changed(path), name[1], path))
    return [(name, path) for _, name, path in sorted(found)]


def is_abandoned(path: Path) -> bool:
    """Tell whether the process that an unfinished file or folder belongs to is gone.

    Names that tell no process, and those of other machines, count as abandoned when nothing in them
    has changed for :data:`ABANDONED_AFTER`.
    """
    name = _OWNER.search(path.name)
    if name and name[1] == _machine():
        return not _runs(int(name[2]), int(name[3]))
    return time.time() - _changed(path) > ABANDONED_AFTER


def sweep(folder: Path, pattern: str) -> None:
    """Delete what is abandoned among the entries of a folder that match a pattern."""
    for path in folder.glob(pattern):
        if is_abandoned(path):
            remove(path)


def remove(path: Path) -> None:
    """Delete a file or a folder, as far as it is there and can be deleted."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def write_whole(path: Path, text: str) -> None:
    """Write a text file that is there whole or not at all."""
    partial = beside(path, "partial")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@cache
def _machine() -> str:
    """Return 8 digits for this machine and, in a container, for its table of processes."""
    parts = [platform.node()]
    with contextlib.suppress(OSError):
        parts.append(Path("/etc/machine-id").read_text(encoding="ascii"))
    with contextlib.suppress(OSError):
        parts.append(os.readlink("/proc/self/ns/pid"))
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=4).hexdigest()


def _runs(pid: int, started: int) -> bool:
    """Tell whether a process runs that is not merely another one of the same number."""
    try:
        is_dead = psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        return not is_dead and _started(pid) == started
    except psutil.NoSuchProcess:
        return False
    except (OSError, psutil.Error):  # somebody else's, which does not let itself be looked at
        return psutil.pid_exists(pid)


def _started(pid: int) -> int:
    """Return when a process started: ticks since the system did where they are told, which no
    change of the clock moves, and elsewhere hundredths of a second.
    """
    stat = Path(f"/proc/{pid}/stat")
    if stat.exists():
        return int(
            stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
        )
    return round(psutil.Process(pid).create_time() * 100)


def _changed(path: Path) -> float:
    """Return when a file, or anything in a folder, was changed last; now if that cannot be told."""
    try:
        return max(p.lstat().st_mtime for p in (path, *path.rglob("*")))
    except OSError:  # it changes this very moment
        return time.time()

"""What is said where a folder cannot be written, and room that is taken before it is filled."""

import errno
import os
import re
from pathlib import Path

from anomalylab.errors import StorageError

FOLDER_VARIABLE = "ANOMALYLAB_CACHE"
"""Environment variable that names another cache folder."""

_FULL = re.compile(r"no space left|os error 28\b|errno 28\b|requested and \d+ written", re.I)
"""What libraries say of a full disk without saying so by number: parquet, safetensors, numpy."""

_STEP = 2**24


def reason_of(error: BaseException) -> str:
    """Return in words why something could not be written.

    Examples
    --------
    >>> reason_of(OSError("4736 requested and 3040 written"))
    'No space left on device'
    >>> reason_of(OSError(13, "Permission denied"))
    'Permission denied'
    """
    if _FULL.search(str(error)):
        return os.strerror(errno.ENOSPC)
    return getattr(error, "strerror", None) or str(error).strip().partition("\n")[0]


def cannot_write_to(folder: Path, error: BaseException, what: str = "") -> StorageError:
    """Return the error that says why the cache cannot be written, and what to do.

    Parameters
    ----------
    folder : path
    error : Exception
    what : str, optional
        That was to be written.
    """
    return StorageError(
        f"cannot write {what}{' ' if what else ''}to {folder}: {reason_of(error)}; make room or "
        f"set {FOLDER_VARIABLE} to another folder"
    )


def refuse_less(what: str, n_bytes: int, folder: Path, free: int) -> None:
    """Refuse to begin what has no room on the disk of the cache.

    Parameters
    ----------
    what : str
        It takes room, as "features".
    n_bytes : int
        That it takes.
    folder : path
    free : int
        Bytes.

    Raises
    ------
    StorageError
        If so.
    """
    if free < n_bytes:
        raise StorageError(
            f"{what} take {size_words(n_bytes)} and the disk of {folder} has {size_words(free)} "
            f"left; free some or set {FOLDER_VARIABLE} to another folder"
        )


def size_words(n_bytes: int) -> str:
    """Return a size in words.

    Examples
    --------
    >>> size_words(3000), size_words(5 * 2**20)
    ('3 KiB', '5 MiB')
    """
    return f"{n_bytes / 2**10:.0f} KiB" if n_bytes < 2**20 else f"{n_bytes / 2**20:.0f} MiB"


def reserve(path: Path) -> None:
    """Take on the disk all the room that a file of zeros says it has.

    A memory map of a file that has less ends the process when the disk is full.

    Raises
    ------
    OSError
        If there is less.
    """
    with open(path, "r+b") as stream:
        n_bytes = os.fstat(stream.fileno()).st_size
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(stream.fileno(), 0, n_bytes)
            return
        for start in range(0, n_bytes, _STEP):
            part = stream.read(_STEP)
            stream.seek(start)
            stream.write(part)

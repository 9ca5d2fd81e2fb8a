"""Whether an output can be written, found out before the long work."""

import contextlib
import shutil
from pathlib import Path

from anomalylab.errors import RunError
from anomalylab.storage.unfinished import owner, sweep
from anomalylab.storage.writable import reason_of, size_words

_PROBE = ".anomalylab-"


def check_folder(folder: Path, n_bytes: int = 0) -> None:
    """Refuse a folder that cannot be made and filled.

    Parameters
    ----------
    folder : path
        It need not exist, nor the folders above it; none is made.
    n_bytes : int
        What is to be written at least.

    Raises
    ------
    RunError
        If it or one above it is a file or cannot be written, or its disk has less space.
    """
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise RunError(f"{there} is a file; give a folder to write to")
    for folder_above in (there, *there.absolute().parents[:2]):
        sweep(folder_above, f"{_PROBE}{'[0-9a-f]' * 8}-*-*-*")
    probe = there / f"{_PROBE}{owner()}"
    try:
        probe.mkdir()
        free = shutil.disk_usage(probe).free
    except OSError as error:
        raise cannot_write(folder, error) from error
    finally:
        with contextlib.suppress(OSError):
            probe.rmdir()
    if free < n_bytes:
        raise RunError(
            f"{folder} takes {size_words(n_bytes)} or more, and its disk has {size_words(free)} "
            "left; free some or choose another folder with -o"
        )


def check_file(path: Path, n_bytes: int = 0) -> None:
    """Refuse a file that cannot be written where it is to be; see :func:`check_folder`."""
    if path.is_dir():
        raise RunError(f"{path} is a folder; give a file to write with -o")
    check_folder(path.parent, n_bytes)


def cannot_write(path: Path, error: BaseException) -> RunError:
    """Return the error that says why a file or folder cannot be written."""
    return RunError(
        f"cannot write {path}: {reason_of(error)}; choose another place with -o, or make room"
    )

"""Files of a run folder: what was written, and one guarded reader of all of it.

``files.json`` names every file that was written, with its checksum. A file is compared with it
when it is first read. Older runs list none; their files are trusted as far as they can be read.
Tables for people are listed too, but a person may change them: nothing reads them again.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
import pandas as pd

from anomalylab.errors import RunError
from anomalylab.images.inside import why_outside
from anomalylab.schema import Table

FILE_LIST = "files.json"

FOR_PEOPLE = (".csv",)
"""Endings of files that are made to be opened, changed and saved elsewhere, or thrown away:
``scores.csv``, ``suspects.csv``."""

ADVICE = "copy the run folder again from where it was made, or make the run again"

T = TypeVar("T")


class RunFiles:
    """Reads the files of a run; what cannot be trusted ends in one line that names the file.

    Names lead from the run folder to a file, in POSIX form.

    Parameters
    ----------
    folder : path
        A run folder.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._compared: dict[str, tuple[int, int]] = {}

    @cached_property
    def written(self) -> dict[str, str] | None:
        """Checksum of every file that was written, by name; None for older runs."""
        path = self.folder / FILE_LIST
        if not path.exists():
            return None
        with guarded(path):
            written = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
        if any(why_outside(name) for name in written):
            raise RunError(f"{path} names files outside the run folder; {ADVICE}")
        return written

    def has(self, name: str) -> bool:
        """Return whether the run has a file, be it lost or not."""
        return name in (self.written or {}) or (self.folder / name).is_file()

    def checked(self, name: str) -> Path:
        """Return the path of a file that is as it was written.

        Raises
        ------
        RunError
            If it is missing or damaged.
        """
        path = self.folder / name
        if not path.is_file():
            raise RunError(f"{path} is missing; {ADVICE}")
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise RunError(f"{path} is a link that leads out of the run folder; {ADVICE}")
        with guarded(path):
            state = path.stat().st_size, path.stat().st_mtime_ns
            if self.written is not None and self._compared.get(name) != state:
                if self.written.get(name) != checksum(path):
                    raise RunError(f"{path} is damaged (not as it was written); {ADVICE}")
                self._compared[name] = state
        return path

    def read(self, name: str, how: Callable[[Path], T]) -> T:
        """Return what ``how`` makes of the path of a file.

        Raises
        ------
        RunError
            If the file is missing or damaged, or ``how`` fails on it.
        """
        path = self.checked(name)
        with guarded(path):
            return how(path)

    def table(self, name: str, table: Table) -> pd.DataFrame:
        """Return a parquet file as a table that keeps its schema."""
        return self.read(name, lambda path: table.check(table.completed(pd.read_parquet(path))))

    def array(self, name: str, *shape: int | None) -> np.ndarray:
        """Return the numbers of an ``.npy`` file, memory-mapped; None stands for any length."""
        return self.read(name, lambda path: _mapped(path, shape))

    def check(self) -> None:
        """Compare every file that was written with its checksum, but for those for people."""
        for name in self.written or {}:
            if not name.endswith(FOR_PEOPLE):
                self.checked(name)


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong while a file is read into one line that names it."""
    try:
        yield
    except RunError:
        raise
    except Exception as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise RunError(f"{path} is damaged ({reason}); {ADVICE}") from error


def list_files(folder: Path) -> None:
    """Write :data:`FILE_LIST` of all files in a folder: name -> checksum."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    sums = {path.relative_to(folder).as_posix(): checksum(path) for path in paths}
    sums.pop(FILE_LIST, None)
    text = json.dumps(sums, indent=1, ensure_ascii=False)
    (folder / FILE_LIST).write_text(text + "\n", encoding="utf-8")


def checksum(path: Path) -> str:
    """Return the BLAKE2b of a file's bytes, 32 hexadecimal digits."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _mapped(path: Path, shape: tuple[int | None, ...]) -> np.ndarray:
    array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    fits = array.ndim == len(shape) and all(
        wanted in (None, length) for wanted, length in zip(shape, array.shape, strict=True)
    )
    if array.dtype.kind not in "fiu" or not fits:
        words = " x ".join("any" if length is None else str(length) for length in shape)
        raise ValueError(f"{array.dtype} of shape {array.shape} where {words} numbers are expected")
    return array

"""Copies of the images to look at first, in a folder of their own."""

import os
import re
import shutil
import uuid
from pathlib import Path
from typing import Any

import pandas as pd

from anomalylab.errors import DatasetError, ParameterError
from anomalylab.images.read import content_hash, hash_of
from anomalylab.runs.originals import Originals
from anomalylab.runs.spreadsheet import write_csv
from anomalylab.runs.suspects import FILE
from anomalylab.runs.writable import cannot_write

LONGEST_NAME = 200
"""Bytes of the name of a copy."""


def copy_suspects(table: pd.DataFrame, originals: Originals, folder: Path) -> pd.DataFrame:
    """Copy image files into a folder, with a table of them; the folder appears whole or not at all.

    Names begin with the rank, so that they keep the order and none occurs twice. What an earlier
    call put there is replaced.

    Parameters
    ----------
    table : DataFrame
        Rows of :func:`anomalylab.runs.suspects.suspects`.
    originals : Originals
    folder : path
        It may be missing or empty, or hold what this function put there and nobody has changed.

    Returns
    -------
    table : DataFrame
        With two columns more: ``copy``, the name of the copy, and ``content_hash`` of the file,
        which tells an untouched copy; both are missing for files that are missing. A third,
        ``why_not``, is not written: why there is no copy, else empty.

    Raises
    ------
    ParameterError
        If the folder holds anything else, or is that of the images or within it, or worked in.
    DatasetError
        If not one image can be read.
    RunError
        If the folder cannot be written.
    """
    target = Path(os.path.abspath(folder))
    _check_target(target, originals.root)
    partial = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.partial")
    try:
        partial.mkdir(parents=True)
        copied = pd.concat([table, _copied(table, originals, partial)], axis="columns")
        write_csv(copied.drop(columns="why_not"), partial / FILE)
        _put(partial, target)
    except OSError as error:
        if isinstance(error, DatasetError):
            raise
        raise cannot_write(folder, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return copied


def copy_name(rank: int, image_path: str, width: int = 3) -> str:
    """Return the name of a copy: the rank and the path in one, of letters that all systems take.

    Examples
    --------
    >>> copy_name(7, "test/bad: 1/../a?b.png")
    '007 test_bad_ 1_.._a_b.png'
    """
    stem, suffix = os.path.splitext(re.sub(r"[^\w.\- ()]", "_", image_path))
    suffix = suffix[:10].rstrip(" .")
    room = LONGEST_NAME - len(suffix.encode()) - width - 1
    stem = stem.strip("_ .").encode(errors="replace")[-room:].decode(errors="ignore")
    return f"{rank:0{width}d} {stem}{suffix}".rstrip(" .")


def _copied(table: pd.DataFrame, originals: Originals, folder: Path) -> pd.DataFrame:
    width = max(3, len(str(table["rank"].max())))
    rows: list[tuple[str | None, str | None, str]] = []
    row: Any
    for row in table.itertuples():
        name = copy_name(row.rank, row.image_path, width)
        try:
            content = originals.read(row.image_path)
        except DatasetError as error:
            rows.append((None, None, str(error)))
            continue
        (folder / name).write_bytes(content)
        rows.append((name, hash_of(content), ""))
    if not any(name for name, _, _ in rows):
        raise DatasetError(f"no image can be copied: {rows[0][2] if rows else 'none is listed'}")
    names = ["copy", "content_hash", "why_not"]
    return pd.DataFrame(rows, table.index, names, dtype="str")


def _check_target(target: Path, images: Path) -> None:
    if target.exists() and not target.is_dir():
        raise ParameterError(f"{target} is a file; give a folder to copy to")
    if target.resolve().is_relative_to(images.resolve()):
        raise ParameterError(
            f"{target} lies in the folder of the images, where copies would count as images; give "
            "another"
        )
    if target.is_dir():
        here = Path.cwd()
        if target.resolve() in (here, *here.parents) or target.is_symlink():
            raise ParameterError(f"{target} is a link or the folder you work in; give another")
        foreign = _foreign(target)
        if foreign:
            raise ParameterError(
                f"{target} holds {foreign!r}, which is not from here or was changed since; give "
                "another folder"
            )


def _foreign(folder: Path) -> str:
    """Return the first entry of a folder that is no untouched copy; empty if there is none."""
    try:
        listed = pd.read_csv(folder / FILE, dtype=str, keep_default_na=False)
        ours = dict(zip(listed["copy"], listed["content_hash"], strict=True))
    except (OSError, ValueError, KeyError):
        ours = {}
    for path in sorted(folder.iterdir()):
        is_list = bool(ours) and path.name == FILE
        is_file = path.is_file() and not path.is_symlink()
        if not (is_file and (is_list or ours.get(path.name) == content_hash(path))):
            return path.name
    return ""


def _put(partial: Path, target: Path) -> None:
    old = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.old")
    if target.exists():
        target.rename(old)
    partial.rename(target)
    shutil.rmtree(old, ignore_errors=True)

"""Tables as office programs save them: any separator, two encodings, spaces, names in any case."""

import csv
import difflib
import io
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from anomalylab.errors import SchemaError

SEPARATORS = (",", ";", "\t", "|")

READ = ("image_path", "path", "mask_path", "split", "label", "defect_type", "category", "group")
"""Columns that the loader of tables reads; others travel along."""

_MEANT = {
    "image": "image_path",
    "file": "image_path",
    "filename": "image_path",
    "mask": "mask_path",
    "class": "label",
    "target": "label",
    "is_anomaly": "label",
    "klasse": "label",
    "subset": "split",
    "set": "split",
    "defect": "defect_type",
}
_NEAR = 0.75


def read_csv(path: Path) -> pd.DataFrame:
    """Read a CSV table; the columns of :data:`READ` are text, names of columns as they stand.

    UTF-8 and UTF-16 are told by their first bytes, else it is UTF-8 or, where that fails, the
    Western code page of Windows. The separator is the one that cuts the header into most names.
    Rows without any value are dropped.

    Raises
    ------
    ValueError, OSError
        If it cannot be read.
    """
    text = _without_hint(_decoded(path.read_bytes()))
    header = text.partition("\n")[0]
    by = max(SEPARATORS, key=lambda separator: len(_cells(header, separator)))
    table = pd.read_csv(
        io.StringIO(text),
        sep=by,
        skipinitialspace=f"{by} " in header,
        dtype={name: str for name in _cells(header, by) if known_name(name) in READ},
    )
    return table.dropna(how="all").reset_index(drop=True)


def _decoded(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _without_hint(text: str) -> str:
    """Return a text without the line by which Excel is told the separator, ``sep=;``."""
    return re.sub(r"\Asep=.\r?\n", "", text)


def _cells(header: str, separator: str) -> list[str]:
    return next(csv.reader([header], delimiter=separator, skipinitialspace=True), [])


def known_name(name: object) -> str:
    """Return the name of a column without case and surrounding spaces, words joined by ``_``.

    Examples
    --------
    >>> known_name(" Image Path")
    'image_path'
    """
    return re.sub(r"[\s-]+", "_", str(name).strip()).casefold()


def with_known_names(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Call the columns that are read by their own names; of others only spaces are cut off.

    Raises
    ------
    SchemaError
        If two columns come to have one name.
    """
    names = [known if (known := known_name(n)) in READ else str(n).strip() for n in table.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SchemaError(f"{path.name!r} has several columns {twice[0]!r}; rename or remove one")
    return table.set_axis(names, axis=1)


def near_misses(columns: Sequence[str]) -> list[str]:
    """Ask about columns whose name is nearly one that is read, and is not there.

    Examples
    --------
    >>> near_misses(["image_path", "lable", "shift"])
    ["'lable': did you mean 'label'?"]
    """
    paths = {"image_path", "path"}
    there = set(columns) | (paths if paths & set(columns) else set())
    lacking = [name for name in READ if name not in there]
    questions = []
    for column in columns:
        name = known_name(column)
        near = difflib.get_close_matches(name, lacking, n=1, cutoff=_NEAR)
        near = near or [meant for meant in (_MEANT.get(name),) if meant in lacking]
        if column not in READ and near:
            questions.append(f"{column!r}: did you mean {near[0]!r}?")
    return questions


def refuse_lists(table: pd.DataFrame, path: Path) -> None:
    """Refuse cells that hold several values.

    Raises
    ------
    SchemaError
        Naming the first such cell.
    """
    for column in table.columns:
        cells = table[column]
        if cells.dtype != object and not pd.api.types.is_string_dtype(cells):
            continue
        is_list = [_is_list(cell, column) for cell in cells]
        if any(is_list):
            row = is_list.index(True)
            raise SchemaError(
                f"{path.name!r}: a cell holds one value, but {column!r} of row {row + 1} is "
                f"{_short(cells.iloc[row])}; write a row for each image"
            )


def _is_list(cell: object, column: str) -> bool:
    if isinstance(cell, str):
        return column in READ and bool(re.fullmatch(r"\s*\[.*\]\s*", cell, re.DOTALL))
    return hasattr(cell, "__len__") and not isinstance(cell, bytes)


def _short(cell: object) -> str:
    text = " ".join(str(cell).split())
    return text if len(text) < 60 else f"{text[:57]}..."

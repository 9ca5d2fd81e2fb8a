"""A table of image paths, from a database or a line's log; what else it knows travels along."""

import os
import re
from pathlib import Path

import pandas as pd

from anomalylab.datasets import Option, register
from anomalylab.datasets._listing import finding, samples_table
from anomalylab.datasets._table_text import near_misses, read_csv, refuse_lists, with_known_names
from anomalylab.datasets._words import label_of, split_of
from anomalylab.errors import DatasetError, ParameterError, SchemaError
from anomalylab.images.inside import shortened, why_outside
from anomalylab.registry import unknown_name
from anomalylab.schema import SAMPLES, SCORES, SPLITS

TABLE_SUFFIXES = frozenset({".csv", ".parquet"})

IMAGES = Option(
    help="table: folder that its images lie in, if that is not the table's",
    metavar="FOLDER",
    read=Path,
)

_LABELS = {"0": 0, "1": 1, "false": 0, "true": 1}
_GIVEN = ("image_path", "mask_path", "split", "label", "defect_type", "category")
_TAKEN = (set(SAMPLES.columns) | set(SCORES.columns)) - {*_GIVEN, "group"}


def fits(path: Path) -> bool:
    """Tell whether a path is that of a table."""
    return path.is_file() and path.suffix.lower() in TABLE_SUFFIXES


@register("table", fits=fits, options={"images": IMAGES})
def load(root: Path, *, images: Path | None = None) -> pd.DataFrame:
    """List the images of a CSV or parquet table.

    Parameters
    ----------
    root : Path
        The table. It needs a column ``image_path`` or ``path``, relative to the table's folder, and
        may have ``label`` (0 or 1, OK or NG, good or defect and the like, or empty), ``mask_path``,
        ``split``, ``defect_type``, ``category`` and any others, such as shift, camera or batch.
        Names of columns and words count in any case. A CSV may be separated by commas, semicolons
        or tabs, and its paths by backslashes.
    images : path, optional
        Folder that images and masks lie in; that of the table if not given. None outside of it is
        read.

    Returns
    -------
    samples : DataFrame
        Rows of SAMPLES and the other columns. Without a column ``split``, nothing is known about
        roles: every image is for fitting and judging. ``attrs["root"]`` is the images' folder.

    Raises
    ------
    DatasetError
        If the table is missing, cannot be read or is empty, or no image can be read.
    SchemaError
        If there is no column of paths, an image occurs twice, a cell holds a list, or a column
        has a name that the results need.
    UnknownNameError, ParameterError
        If a split or a label is not understood.
    """
    table = _check_columns(_read(root), root)
    folder = Path(os.path.abspath(images or root.parent))
    paths = [_relative(path, root, folder) for path in table["image_path"]]
    masks = _column(table, "mask_path", None)
    _refuse_twice(paths, root)
    known = pd.DataFrame(
        {
            "category": _column(table, "category", root.stem),
            "split": _splits(table),
            "label": [_label(value) for value in _column(table, "label", None)],
            "image_path": paths,
            "mask_path": [_relative(path, root, folder) for path in masks],
        },
        dtype=object,
    )
    good = ["good" if label == 0 else None for label in known["label"]]
    known["defect_type"] = _column(table, "defect_type", None).fillna(pd.Series(good, dtype=object))
    others = table.drop(columns=list(_GIVEN), errors="ignore")
    rows = pd.concat([known, others], axis=1).to_dict("records")
    questions = near_misses(list(others.columns))
    samples = samples_table(
        folder,
        rows,
        ignored={},
        findings=finding("near_columns", questions and [root.name], "; ".join(questions)),
        expected=f"rows with image paths in {root.name!r}",
    )
    samples.attrs["root"] = str(folder)
    return samples


def labels_of(path: Path) -> pd.DataFrame:
    """Read a table of labels, of images that are not looked at.

    Parameters
    ----------
    path : Path
        A CSV or parquet table with a column ``image_path`` or ``path``, and ``label`` in the words
        of :func:`load`; perhaps ``defect_type``, and others.

    Returns
    -------
    table : DataFrame
        ``image_path`` with slashes, ``label`` 0, 1 or missing, ``defect_type``, and the others.

    Raises
    ------
    DatasetError, ParameterError
        If it is missing, cannot be read, or a label is not understood.
    SchemaError
        If it lacks paths or labels, or a path occurs twice.
    """
    table = with_known_names(_read(path), path)
    if "image_path" not in table:
        table = table.rename(columns={"path": "image_path"})
    lacking = [name for name in ("image_path", "label") if name not in table]
    if lacking:
        raise SchemaError(
            f"{path.name!r} needs the columns path and label; it has {list(table.columns)}"
        )
    table = table[table["image_path"].notna()].reset_index(drop=True)
    paths = (
        table["image_path"].astype(str).str.strip().str.replace("\\", "/").str.removeprefix("./")
    )
    _refuse_twice(list(paths), path)
    labels = pd.Series([_label(value) for value in table["label"]], table.index, dtype="Int64")
    kinds = _column(table, "defect_type", None)
    return table.assign(image_path=paths, label=labels, defect_type=kinds)


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise DatasetError(f"there is no table {str(path)!r}; give a CSV or parquet file")
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise DatasetError(f"{path.name!r} must end in .csv or .parquet")
    try:
        if path.suffix.lower() == ".parquet":
            return pd.read_parquet(path)
        return read_csv(path)
    except (ValueError, OSError) as error:
        why = " ".join(str(error).split())
        raise DatasetError(f"the table {path.name!r} cannot be read ({why})") from error


def _check_columns(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    table = with_known_names(table, path)
    refuse_lists(table, path)
    if "image_path" not in table:
        table = table.rename(columns={"path": "image_path"})
    if "image_path" not in table:
        raise SchemaError(
            f"{path.name!r} needs a column image_path or path; it has {list(table.columns)}"
        )
    taken = sorted(_TAKEN.intersection(table.columns))
    if taken:
        raise SchemaError(f"{path.name!r}: rename the columns {taken}; results use these names")
    if table["image_path"].isna().any():
        raise SchemaError(
            f"{path.name!r}: {table['image_path'].isna().sum()} rows have no image path"
        )
    return table.reset_index(drop=True)


def _refuse_twice(paths: list[str | None], table: Path) -> None:
    twice = pd.Series(paths)[pd.Series(paths).duplicated()]
    if len(twice):
        raise SchemaError(f"{table.name!r} lists {len(twice)} images twice, as {twice.iloc[0]!r}")


def _column(table: pd.DataFrame, name: str, default: str | None) -> pd.Series:
    if name not in table:
        return pd.Series([default] * len(table), dtype=object)
    return table[name].astype(object).where(table[name].notna(), default)


def _splits(table: pd.DataFrame) -> pd.Series:
    given = _column(table, "split", "unlabelled").map(lambda word: str(word).strip())
    splits = given.map(lambda word: split_of(word) or word.casefold())
    for split in set(splits) - set(SPLITS):
        unknown_name("split", str(split), SPLITS)
    return splits


def _label(value: str | float | None) -> int | None:
    if pd.isna(value):
        return None
    name = str(value).strip().casefold().removesuffix(".0")
    label = _LABELS[name] if name in _LABELS else label_of(name)
    if label is None and name:
        raise ParameterError(
            f"a label is 0, normal, good or OK; 1, anomalous, defect or NG; or empty; the table "
            f"has {value!r}"
        )
    return label


def _relative(path: str | float | None, table: Path, folder: Path) -> str | None:
    """Return a path of the table relative to the folder of the images, in POSIX form.

    It is looked for from that folder, then from the table's. What is not there as written is taken
    as Windows writes it, and without spaces around it.
    """
    if pd.isna(path) or not str(path).strip():
        return None
    given = str(path)
    if not any(os.path.lexists(base / given) for base in (folder, table.parent)):
        given = given.strip().replace("\\", "/")
    if re.match("[A-Za-z]:/", given) and os.name != "nt":
        raise DatasetError(
            f"{table.name!r} names {shortened(str(path))}, on a drive of Windows; write paths "
            "relative to the table's folder"
        )
    base = folder if os.path.lexists(folder / given) else table.parent
    way = Path(os.path.abspath(base / given))
    if way.is_relative_to(folder):
        below = way.relative_to(folder).as_posix()
        reason = why_outside(below)
    else:
        reason = "it leads out of the folder of the images"
    if reason:
        raise DatasetError(
            f"{table.name!r} names {shortened(str(path))}, but {reason} ({str(folder)!r}); "
            "name their folder with --images if it is another"
        )
    return below

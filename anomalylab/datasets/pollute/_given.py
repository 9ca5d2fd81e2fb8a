"""A polluted split that is given as a table, as published ones are."""

import difflib
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab.datasets._table_text import read_csv
from anomalylab.datasets._words import split_of
from anomalylab.datasets.pollute._protocol import Pollution
from anomalylab.errors import DatasetError, ParameterError, SchemaError
from anomalylab.registry import unknown_name

COLUMNS = ("path", "role", "is_noise")
"""Of the table: an image's path as in ``samples.image_path``; train or test; 0 or 1."""

_TRUTH = {"0": 0, "false": 0, "no": 0, "": 0, "1": 1, "true": 1, "yes": 1}


def pollution_from_table(samples: pd.DataFrame, table: Path) -> Pollution:
    """Read a polluted split from a CSV.

    Each row is an image and what it is for: ``role`` train or test, and for training images
    ``is_noise``, whether it is a defect that was put there. An image may be listed for both roles;
    the split then is one of ``append-overlap``. Images that are not listed are not used. The level
    ``share`` of what is returned is the split as given, lower levels leave noise out.

    Parameters
    ----------
    samples : DataFrame
        Rows of SAMPLES.
    table : Path
        CSV with the columns ``path``, ``role``, ``is_noise``.

    Returns
    -------
    pollution : Pollution
        Of protocol ``append`` or ``append-overlap``; ``share`` is noise to good training images.

    Raises
    ------
    DatasetError
        If the table is missing or cannot be read, or a path is none of the samples.
    SchemaError
        If a column is missing, or an image is listed twice for one role.
    UnknownNameError
        If a role is neither train nor test.
    ParameterError
        If ``is_noise`` is not 0 or 1 or contradicts the label of an image, or a role has no image.
    """
    table = Path(table)
    split = _read(table)
    rows = _rows(samples, split["path"], table)
    is_train = np.array([_role(value, table) == "train" for value in split["role"]])
    is_noise = np.array([_noise(value, table) for value in split["is_noise"]]) & is_train
    repeated = pd.DataFrame({"row": rows, "is_train": is_train}).duplicated()
    if repeated.any():
        raise SchemaError(f"{table.name!r} lists {split['path'][repeated].iloc[0]!r} twice")
    _check_truth(samples, rows[is_train], is_noise[is_train], table)
    normal, noise, test = rows[is_train & ~is_noise], rows[is_noise], rows[~is_train]
    if not len(normal) or not len(test):
        raise ParameterError(
            f"{table.name!r} must list good training images and test images; it has {len(normal)} "
            f"and {len(test)}"
        )
    if len(noise) >= len(normal):
        raise ParameterError(
            f"{table.name!r} lists {len(noise)} training images as noise beside {len(normal)} good "
            "ones; noise must be the smaller part"
        )
    if np.isin(normal, test).any():
        path = samples["image_path"].iloc[normal[np.isin(normal, test)][0]]
        raise ParameterError(f"{table.name!r} lists the good image {path!r} for training and test")
    protocol = "append-overlap" if np.isin(noise, test).any() else "append"
    return Pollution(
        np.sort(normal), np.sort(noise), np.sort(test), protocol, len(noise) / len(normal)
    )


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise DatasetError(f"there is no table {str(path)!r}; give a CSV of {', '.join(COLUMNS)}")
    try:
        table = read_csv(path)
    except (ValueError, OSError) as error:
        why = " ".join(str(error).split())
        raise DatasetError(f"the table {path.name!r} cannot be read ({why})") from error
    table = table.set_axis([str(name).strip().casefold() for name in table.columns], axis=1)
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise SchemaError(
            f"{path.name!r} needs the columns {', '.join(COLUMNS)}; it lacks {missing} and has "
            f"{list(table.columns)}"
        )
    if table["path"].isna().any():
        raise SchemaError(f"{path.name!r}: {int(table['path'].isna().sum())} rows have no path")
    return table


def _rows(samples: pd.DataFrame, paths: pd.Series, table: Path) -> np.ndarray:
    row_of = {path: row for row, path in enumerate(samples["image_path"])}
    plain = paths.astype(str).str.strip().str.replace("\\", "/").str.removeprefix("./")
    unknown = [path for path in plain if path not in row_of]
    if unknown:
        near = difflib.get_close_matches(unknown[0], list(row_of), n=1, cutoff=0.6)
        hint = f"did you mean {near[0]!r}?" if near else f"they are like {next(iter(row_of))!r}"
        unknown_path = f"{unknown[0]!r} ({len(unknown)} of {len(plain)} rows of {table.name!r})"
        raise DatasetError(f"there is no image {unknown_path} among the samples; {hint}")
    return np.array([row_of[path] for path in plain], dtype=int)


def _role(value: object, table: Path) -> str:
    role = split_of(str(value))
    if role is None:
        unknown_name(f"role in {table.name!r}", str(value), ("train", "test"))
    return role


def _noise(value: object, table: Path) -> bool:
    word = "" if pd.isna(value) else str(value).strip().casefold().removesuffix(".0")  # type: ignore[call-overload]
    if word not in _TRUTH:
        raise ParameterError(f"is_noise is 0 or 1; {table.name!r} has {value!r}")
    return bool(_TRUTH[word])


def _check_truth(
    samples: pd.DataFrame, rows: np.ndarray, is_noise: np.ndarray, table: Path
) -> None:
    """Refuse a table that calls a good image noise, or a defective one good."""
    labels = samples["label"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)[rows]
    wrong = np.flatnonzero(~np.isnan(labels) & (labels != is_noise))
    if len(wrong):
        path, said = samples["image_path"].iloc[rows[wrong[0]]], int(is_noise[wrong[0]])
        raise ParameterError(
            f"{table.name!r} has is_noise {said} for {len(wrong)} images whose label is "
            f"{int(labels[wrong[0]])}, as {path!r}; they must agree"
        )

"""Labels of a table, given to the images of a finished run by their paths."""

from collections import defaultdict
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from anomalylab.datasets.table import labels_of
from anomalylab.errors import DatasetError
from anomalylab.images.inside import shortened
from anomalylab.runs.folder import Run


def files_of_queries(run: Run) -> pd.Series:
    """Return the file of each judged image, relative to the folder of the images."""
    return run.queries["image_path"].map(lambda name: run.files_of_images.get(name, name))


def given_labels(run: Run, path: Path) -> pd.DataFrame:
    """Read labels of the judged images of a run from a table.

    A row belongs to the image of its path. Where none has that path, it belongs to the only image
    whose path ends as it does, or begins further down: ``images/a.png`` to ``a.png``.

    Parameters
    ----------
    run : Run
    path : path
        See :func:`anomalylab.datasets.table.labels_of`.

    Returns
    -------
    known : DataFrame
        ``sample_id``, ``label`` and ``defect_type`` of each image in the table, and its further
        columns.

    Raises
    ------
    DatasetError
        If no row belongs to an image.
    """
    table, files = labels_of(path), files_of_queries(run)
    rows = _rows_of(files, table["image_path"])
    is_found = rows >= 0
    if not is_found.any():
        first, own = (shortened(paths.iloc[0]) for paths in (table["image_path"], files))
        raise DatasetError(
            f"no path of {path.name!r}, as {first}, is that of an image of the run, as {own}"
        )
    found = table.iloc[rows[is_found]].reset_index(drop=True)
    return found.assign(sample_id=run.queries["sample_id"].to_numpy()[is_found])


def _rows_of(files: pd.Series, given: pd.Series) -> np.ndarray:
    """Return the row of ``given`` for each file, or -1."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for row, path in enumerate(given):
        places[PurePosixPath(path).name].append(row)

    def row_of(file: str) -> int:
        named = places[PurePosixPath(file).name]
        alike = [row for row in named if given.iloc[row] == file]
        alike = alike or [row for row in named if _end_alike(given.iloc[row], file)]
        return alike[0] if len(alike) == 1 else -1

    rows = np.array([row_of(file) for file in files], dtype=int)
    is_same = given.to_numpy()[rows] == files.to_numpy()
    return np.where(pd.Series(rows).duplicated(keep=False) & ~is_same, -1, rows)


def _end_alike(one: str, other: str) -> bool:
    parts = PurePosixPath(one).parts, PurePosixPath(other).parts
    n = min(map(len, parts))
    return parts[0][-n:] == parts[1][-n:]

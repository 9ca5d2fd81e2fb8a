"""Real and painted images below one folder, for whatever reads a data set of one root."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from anomalylab.datasets._whole import cache_folder, holds, write_record, write_whole
from anomalylab.datasets.pollute.planted import with_planted
from anomalylab.images.masks import mask_files
from anomalylab.images.read import content_hash

RECORD = "files.json"
PAINTED = "synthetic/"
"""Begins the paths of painted images."""


def in_one_folder(
    samples: pd.DataFrame, root: Path, planted: pd.DataFrame, folder: Path | None = None
) -> pd.DataFrame:
    """Put the samples that were not painted on, and the painted ones, below one folder.

    Files are linked where the file system can, else copied. Masks come along.

    Parameters
    ----------
    samples : DataFrame
        Rows of SAMPLES.
    root : Path
        Folder that their paths are relative to.
    planted : DataFrame
        From :func:`anomalylab.datasets.pollute.planted.plant_defects` on them.
    folder : Path, optional
        To write to; by default one in the user's cache, named by a hash of all files.

    Returns
    -------
    both : DataFrame
        As :func:`anomalylab.datasets.pollute.planted.with_planted`, paths relative to the folder,
        which ``attrs["root"]`` names.

    Raises
    ------
    DatasetError
        If the folder holds other images or cannot be written to.
    """
    both = with_planted(samples, planted)
    files = dict(_files(both, Path(root), Path(planted.attrs["root"])))
    record = {path: content_hash(source) for path, source in files.items()}
    folder = cache_folder("polluted", record) if folder is None else Path(folder)
    if not holds(folder, RECORD, record):

        def write(part: Path) -> None:
            for path, source in files.items():
                _link(source, part / path)
            write_record(part, RECORD, record)

        write_whole(folder, write, name=RECORD)
    is_painted = both["source_id"].notna()
    for name in ("image_path", "mask_path"):
        both[name] = both[name].where(~is_painted, PAINTED + both[name].astype(object))
    both.attrs = {**samples.attrs, "root": str(folder)}
    return both


def _files(both: pd.DataFrame, root: Path, painted: Path) -> Iterator[tuple[str, Path]]:
    """Yield where each file goes, and where it is."""
    for row in both.itertuples():
        is_painted = isinstance(row.source_id, str)
        above, prefix = (painted, PAINTED) if is_painted else (root, "")
        yield f"{prefix}{row.image_path}", above / str(row.image_path)
        if isinstance(row.mask_path, str):
            for file in mask_files(above / row.mask_path):
                yield f"{prefix}{file.relative_to(above).as_posix()}", file


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)

"""Labels kept aside: a labelled set is run as if nobody had labelled it.

Names of files and folders tell labels too (``test/scratch/003.png``). So images are named and
sorted by their content, as if they lay in one flat folder under those names; the names of their
files are kept aside with the labels.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pandas as pd

from anomalylab.images.read import content_hash
from anomalylab.runs.info import FindingInfo, RunInfo
from anomalylab.schema import HIDDEN, SAMPLES

N_DIGITS = 12
"""Digits of the hash of a file that its image is named by."""


def hide(samples: pd.DataFrame, root: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Take from samples whatever tells a label, or may do so.

    Parameters
    ----------
    samples : DataFrame
        Rows of SAMPLES and perhaps further columns; ``attrs`` of the loader.
    root : Path
        Folder that their paths are relative to.

    Returns
    -------
    samples : DataFrame
        Rows of SAMPLES in the order of their new ``sample_id``, of unknown roles, without labels,
        types, masks and further columns. Groups are numbered. ``image_path`` is still that of the
        file, to be read; :meth:`anomalylab.runs.writing.RunWriter.hide` lets none be written.
        ``attrs`` hold no findings, which are about names and roles, and number broken files.
    hidden : DataFrame
        Rows of HIDDEN in the same order, with all further columns.
    """
    samples = samples.assign(sample_id=_names(samples, root))
    samples = samples.sort_values("sample_id", ignore_index=True)
    kept = [name for name in samples if name in HIDDEN.columns or name not in SAMPLES.columns]
    seen = samples[list(SAMPLES.columns)].assign(
        split="unlabelled", label=None, defect_type=None, mask_path=None, group=_numbered(samples)
    )
    seen = seen.astype({"label": "Int64"})
    broken = [
        {**found, "path": f"unreadable {number}{PurePosixPath(found['path']).suffix}"}
        for number, found in enumerate(samples.attrs.get("broken", []), 1)
    ]
    seen.attrs = {**samples.attrs, "broken": broken, "findings": []}
    return seen, samples[kept]


def renamed(info: RunInfo, names: Mapping[str, str]) -> RunInfo:
    """Call images by other names in what the check of the data found."""
    return replace(info, findings=[_renamed(finding, names) for finding in info.findings])


def _names(samples: pd.DataFrame, root: Path) -> pd.Series:
    """Name images by the content of their files; copies of one file are numbered."""
    hashes = [
        content_hash(root / path) if pd.isna(known) else str(known)
        for path, known in zip(samples["image_path"], samples["content_hash"], strict=True)
    ]
    stems = pd.Series([found[:N_DIGITS] for found in hashes], samples.index)
    copy = stems.groupby(stems).cumcount() + 1
    numbers = copy.map(lambda n: "" if n == 1 else f"-{n}")
    suffixes = samples["image_path"].map(lambda path: PurePosixPath(path).suffix.lower())
    return stems + numbers + suffixes


def _numbered(samples: pd.DataFrame) -> pd.Series:
    numbers = pd.Series(pd.factorize(samples["group"])[0] + 1, samples.index)
    return ("group " + numbers.astype(str)).where(samples["group"].notna(), None)


def _renamed(finding: FindingInfo, names: Mapping[str, str]) -> FindingInfo:
    message = finding.message
    for path, name in names.items():
        message = message.replace(repr(path), repr(name))
    paths = [names.get(path, path) for path in finding.paths]
    return replace(finding, message=message, paths=paths)

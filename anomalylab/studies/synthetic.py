"""Categories that have too few defects get synthetic ones, which are called so throughout."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from anomalylab.datasets.check import Finding
from anomalylab.datasets.pollute.planted import n_synthetic, plant_defects, with_planted
from anomalylab.errors import ParameterError
from anomalylab.studies.material import Listed
from anomalylab.studies.spec import PollutionSource

PLANTED = "source_id"
"""Column that only synthetic images have a value in: the image that was painted on."""


def with_synthetic(category: Listed, source: PollutionSource) -> Listed:
    """Paint as many defects as a category lacks, and list them among its test images.

    Parameters
    ----------
    category : Listed
    source : PollutionSource
        Whose ``synthetic`` says how many defects are to be left to be judged.

    Raises
    ------
    InfeasiblePollution
        If that takes more than half of the good training images.
    ParameterError
        If images are on another drive than the cache, or must be read by a rule of their own.
    """
    samples, intensity = category.samples, category.source.intensity
    n_planted = n_synthetic(samples, share=source.share, n_judged=source.synthetic)
    if not n_planted:
        return category
    if intensity != "full":
        raise ParameterError(
            f"painted images are 8 bits deep and the others are read by {intensity!r}; studies "
            "with synthetic defects want the intensity 'full'"
        )
    planted = plant_defects(samples, category.root, n=n_planted, seed=source.split_seed)
    folder = Path(planted.attrs["root"])
    both = with_planted(samples, _seen_from(category.root, folder, planted, category.name))
    both.attrs = samples.attrs
    return replace(category, samples=both)


def as_told(samples: pd.DataFrame) -> pd.DataFrame:
    """Return samples as tables tell them: painted images by a name, not by their place on disk."""
    if PLANTED not in samples:
        return samples
    is_planted = samples[PLANTED].notna()
    names = samples["sample_id"]
    told = samples.assign(
        image_path=samples["image_path"].where(~is_planted, names),
        mask_path=samples["mask_path"].where(~is_planted, names.str[:-4] + "_mask.png"),
    )
    told.attrs = samples.attrs
    return told


def findings_as_told(findings: Iterable[Finding], samples: pd.DataFrame) -> list[Finding]:
    """Return findings that call painted images as tables do."""
    told = dict(zip(samples["image_path"], as_told(samples)["image_path"], strict=True))
    renamed = {path: name for path, name in told.items() if path != name}
    return [_renamed(finding, renamed) for finding in findings]


def _renamed(finding: Finding, names: Mapping[str, str]) -> Finding:
    message = finding.message
    for path, name in names.items():
        message = message.replace(path, name)
    return replace(finding, message=message, paths=[names.get(p, p) for p in finding.paths])


def _seen_from(root: Path, folder: Path, planted: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return painted images with paths from the root of the others, and names of their own."""
    try:
        way = Path(os.path.relpath(folder.resolve(), root.resolve())).as_posix()
    except ValueError as error:
        raise ParameterError(
            f"synthetic defects are written to {folder}, which must be on the drive of {root}"
        ) from error
    return planted.assign(
        sample_id=f"{name}/" + planted["sample_id"],
        image_path=f"{way}/" + planted["image_path"],
        mask_path=f"{way}/" + planted["mask_path"],
    )

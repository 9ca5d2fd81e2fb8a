"""New images that a finished run is to score: what they are, and how they differ from its own."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab import datasets
from anomalylab.datasets.check import Finding, about, brightness_beside, check_new
from anomalylab.datasets.folder import looks_like_mask
from anomalylab.errors import DatasetError
from anomalylab.images.read import content_hash
from anomalylab.pictures.thumbnails import mean_grey
from anomalylab.progress import stage
from anomalylab.runs.folder import Run

ABOUT_ROLES = ("roles_by_name", "good_by_name", "perhaps_masks", "unused_images")
"""Findings of loaders that mean nothing where all images are only scored."""


@dataclass(frozen=True)
class NewImages:
    """Images of which nothing is known.

    Parameters
    ----------
    name : str
        Of their folder or table.
    samples : DataFrame
        Rows of SAMPLES, all for testing, without labels and masks; ``attrs`` of the loader.
    root : Path
        Folder that their paths are relative to.
    loader : str
    findings : list of Finding
    """

    name: str
    samples: pd.DataFrame
    root: Path
    loader: str
    findings: list[Finding]

    def hashes(self) -> pd.Series:
        """Return the hash of each file's content."""
        return pd.Series([content_hash(self.root / path) for path in self.samples["image_path"]])


def list_new(data: Path) -> NewImages:
    """List the images of a folder or table; masks among them are left out.

    Raises
    ------
    DatasetError
        If there is no such folder or table, or no image in it.
    """
    loader = datasets.detect_layout(data)
    with stage("read the folder"):
        listed = datasets.load(loader, data)
    is_mask = listed["image_path"].map(looks_like_mask)
    if loader != datasets.FALLBACK or is_mask.all():
        is_mask[:] = False
    samples = listed[~is_mask].reset_index(drop=True)
    samples = samples.assign(split="test", label=None, defect_type=None, mask_path=None)
    samples = samples.astype({"label": "Int64"})
    told = [found for found in listed.attrs["findings"] if found["what"] not in ABOUT_ROLES]
    samples.attrs = {**listed.attrs, "findings": told}
    root = Path(listed.attrs.get("root") or data)
    masks = listed.loc[is_mask, "image_path"]
    findings = about("note", "masks", masks, "{files} not scored: named as masks are")
    return NewImages(data.resolve().name, samples, root, loader, findings)


def checked(new: NewImages, base: Run, *, size: tuple[int, int], cell: int) -> list[Finding]:
    """Look through new images before they are scored.

    Parameters
    ----------
    new : NewImages
    base : Run
    size : (height, width)
        What images are resized to.
    cell : int
        Side of a cell of the finest feature map, in pixels of the resized image.

    Returns
    -------
    findings : list of Finding

    Raises
    ------
    DatasetError
        If something forbids scoring them.
    """
    known = base.samples[base.samples["sample_id"].isin(base.info.training_ids)]
    found = check_new(
        new.samples, new.root, known, size=size, cell=cell, intensity=base.info.intensity
    )
    errors = [finding for finding in found if finding.severity == "error"]
    if errors:
        raise DatasetError(f"{errors[0].message}; {errors[0].advice}")
    return new.findings + found


def check_brightness(base: Run, thumbnails: pd.DataFrame) -> list[Finding]:
    """Compare the mean grey of new images with that of the training images that a run shows.

    Parameters
    ----------
    base : Run
    thumbnails : DataFrame
        Rows of THUMBNAILS of the new images.
    """
    shown = base.table("thumbnails")
    is_known = shown["sample_id"].isin(base.info.training_ids)
    known = np.array([mean_grey(picture) for picture in shown.loc[is_known, "image"]])
    new = pd.Series(
        [mean_grey(picture) for picture in thumbnails["image"]], thumbnails["sample_id"], float
    )
    return brightness_beside(new, known)

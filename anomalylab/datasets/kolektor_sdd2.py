"""KolektorSDD2: surfaces of one product, split as published, sizes varying by some pixels.

``train/<id>.png`` with ``train/<id>_GT.png``, and ``test`` likewise. An image is anomalous if its
mask marks any pixel; the published training split holds defective images.

Bozic et al. (2021). Mixed supervision for surface-defect detection: from weakly to fully supervised
learning. Computers in Industry 129. https://www.vicos.si/resources/kolektorsdd2
Licence of the images: CC BY-NC-SA 4.0.
"""

from pathlib import Path, PurePosixPath

import pandas as pd

from anomalylab.datasets import register
from anomalylab.datasets._listing import (
    finding,
    holds,
    labels_from_masks,
    list_files,
    samples_table,
)
from anomalylab.datasets._masks import match_masks


def fits(root: Path) -> bool:
    """Tell whether masks lie beside the images of a split."""
    return any(holds(root / split, "*_GT.*") for split in ("train", "test"))


@register("kolektor_sdd2", fits=fits, rather_than=["kolektor_sdd"])
def load(root: Path) -> pd.DataFrame:
    """List the images of both splits.

    Parameters
    ----------
    root : Path
        Folder that holds ``train`` and ``test``.

    Returns
    -------
    samples : DataFrame
        Rows of SAMPLES; an image without a mask has no label.

    Raises
    ------
    DatasetError
        If there is no image.
    """
    listing = list_files(root)
    inside = [path for path in listing.images if path.split("/")[0] in ("train", "test")]
    masks = {path: _folder(path) for path in inside if _is_mask(path)}
    images = [path for path in inside if path not in masks]
    matches = match_masks(images, masks)
    found = [matches.masks.get(path) for path in images]
    labels = labels_from_masks(root, found)
    category = root.resolve().name
    rows = [
        {
            "category": category,
            "split": path.split("/")[0],
            "label": label,
            "defect_type": None if label is None else ("good", "defect")[label],
            "image_path": path,
            "mask_path": mask,
        }
        for path, mask, label in zip(images, found, labels, strict=True)
    ]
    without = [path for path, mask in zip(images, found, strict=True) if mask is None]
    findings = [
        *matches.findings,
        *finding("images_without_mask", without),
        *finding("unused_images", sorted(set(listing.images) - set(inside))),
    ]
    expected = "train/<id>.png with train/<id>_GT.png, and test likewise"
    return samples_table(root, rows, ignored=listing.ignored, findings=findings, expected=expected)


def _is_mask(path: str) -> bool:
    return PurePosixPath(path).stem.upper().endswith("_GT")


def _folder(path: str) -> str:
    return PurePosixPath(path).parent.as_posix()

"""MVTec AD and everything in its layout: products and textures, defects in the test split only.

``<category>/train/good/*``, ``<category>/test/<good or defect>/*`` and
``<category>/ground_truth/<defect>/<stem>_mask.png``. Also read: VisA and BTAD as they are commonly
converted, where masks are called as their images; MVTec LOCO AD, where a mask is a folder of files;
and other words for the same, in any case: ``train/OK``, ``Test/NG``, ``masks/NG``.

Bergmann et al. (2019). MVTec AD - A Comprehensive Real-World Dataset for Unsupervised Anomaly
Detection. CVPR. https://www.mvtec.com/company/research/datasets/mvtec-ad
Licence of the images: CC BY-NC-SA 4.0.
"""

import os
from contextlib import suppress
from pathlib import Path, PurePosixPath

import pandas as pd

from anomalylab.datasets import Option, register
from anomalylab.datasets._listing import finding, list_files, samples_table
from anomalylab.datasets._masks import match_masks
from anomalylab.datasets._words import label_of_folder, names_masks, split_of
from anomalylab.errors import DatasetError, ParameterError
from anomalylab.registry import unknown_name

CATEGORY = Option(help="category of a data set that has several")


def fits(root: Path) -> bool:
    """Tell whether a folder is a category, or holds some."""
    return root.is_dir() and (is_category(root) or bool(categories(root)))


def is_category(folder: Path) -> bool:
    """Tell whether a folder is a category in the layout of MVTec AD."""
    return any(
        label_of_folder(kind.name) == 0
        for split in _subfolders(folder)
        if split_of(split.name) == "train"
        for kind in _subfolders(split)
    )


def categories(root: Path) -> list[str]:
    """Return the folders in ``root`` that are categories in the layout of MVTec AD."""
    return sorted(path.name for path in _subfolders(root) if is_category(path))


def _subfolders(folder: Path) -> list[Path]:
    """Return the folders in a folder; none if it cannot be read, which listing it will say."""
    with suppress(PermissionError), os.scandir(folder) as entries:
        return [Path(entry.path) for entry in entries if entry.is_dir()]
    return []


@register(
    "mvtec_ad",
    options={"category": CATEGORY},
    fits=fits,
    rather_than=["kolektor_sdd", "kolektor_sdd2"],
)
def load(root: Path, *, category: str | None = None) -> pd.DataFrame:
    """List the images of one category.

    Parameters
    ----------
    root : Path
        Folder of categories, or the folder of one.
    category : str, optional
        Needed if ``root`` holds several.

    Returns
    -------
    samples : DataFrame
        Rows of SAMPLES; without a mask ``mask_path`` is missing.

    Raises
    ------
    UnknownNameError
        If there is no such category.
    ParameterError
        If there are several and none is named.
    DatasetError
        If there is no category, or no image in it.
    """
    folder = _category_folder(root, category)
    listing = list_files(folder)
    start = PurePosixPath(folder.relative_to(root).as_posix())
    by_part: dict[str, list[str]] = {"train": [], "test": [], "masks": [], "": []}
    for path in listing.images:
        by_part[_part(path)].append(path)
    masks = {path: "/".join(PurePosixPath(path).parts[1:-1]) for path in by_part["masks"]}
    defective = [path for path in by_part["train"] if _kind(path, "train") != "good"]
    matches = match_masks(by_part["test"] + defective, masks)
    name = folder.resolve().name
    rows = [
        _row(path, split, name, matches.masks.get(path), start)
        for split in ("train", "test")
        for path in by_part[split]
    ]
    without = [row["image_path"] for row in rows if row["label"] == 1 and not row["mask_path"]]
    findings = [
        *({**found, "paths": _below(start, found["paths"])} for found in matches.findings),
        *finding("images_without_mask", without),
        *finding("unused_images", _below(start, by_part[""])),
    ]
    expected = "train/good/* and test/<good or defect>/*"
    return samples_table(root, rows, ignored=listing.ignored, findings=findings, expected=expected)


def _category_folder(root: Path, category: str | None) -> Path:
    if not root.is_dir():
        raise DatasetError(f"{str(root)!r} is not a folder; give a folder of categories")
    if is_category(root) and category in (None, root.resolve().name):
        return root
    known = categories(root)
    if not known:
        raise DatasetError(
            f"no category in {str(root)!r}: expected folders that hold train/good, as in MVTec AD, "
            "or the like, as train/OK or train/normal"
        )
    if category is None and len(known) > 1:
        raise ParameterError(
            f"{str(root)!r} holds {len(known)} categories; choose one: {', '.join(known)}"
        )
    if category is not None and category not in known:
        unknown_name("category", category, known)
    return root / (category or known[0])


def _below(start: PurePosixPath, paths: list[str]) -> list[str]:
    return [(start / path).as_posix() for path in paths]


def _part(path: str) -> str:
    """Return ``train``, ``test`` or ``masks``; ``""`` for a file that lies elsewhere."""
    outermost = PurePosixPath(path).parts[0]
    return split_of(outermost) or ("masks" if names_masks(outermost) else "")


def _kind(path: str, split: str) -> str | None:
    """Return ``good``, the name of a defect, or None: right in ``test`` nothing is known."""
    folders = PurePosixPath(path).parts[1:-1]
    kind = folders[0] if folders else "good" if split == "train" else None
    return "good" if kind is not None and label_of_folder(kind) == 0 else kind


def _row(path: str, split: str, category: str, mask: str | None, start: PurePosixPath) -> dict:
    """Return a row; images right in ``train`` are normal, right in ``test`` unlabelled."""
    kind = _kind(path, split)
    return {
        "category": category,
        "split": split,
        "label": None if kind is None else int(kind != "good"),
        "defect_type": kind,
        "image_path": (start / path).as_posix(),
        "mask_path": None if mask is None else (start / mask).as_posix(),
    }

"""MVTec AD and everything in its layout: products and textures, defects in the test split only.

``<category>/train/good/*``, ``<category>/test/<good or defect>/*`` and
``<category>/ground_truth/<defect>/<stem>_mask.png``. Also read: VisA and BTAD as they are commonly
converted, where masks are called as their images and normal ones ``good``, ``ok`` or ``normal``.

Bergmann et al. (2019). MVTec AD - A Comprehensive Real-World Dataset for Unsupervised Anomaly
Detection. CVPR. https://www.mvtec.com/company/research/datasets/mvtec-ad
Licence of the images: CC BY-NC-SA 4.0.
"""

from pathlib import Path, PurePosixPath

import pandas as pd

from anomalylab.datasets import Option, register
from anomalylab.datasets._listing import finding, list_files, samples_table
from anomalylab.datasets._masks import match_masks
from anomalylab.errors import DatasetError, ParameterError
from anomalylab.registry import unknown_name

NORMAL_NAMES = frozenset({"good", "ok", "normal"})
"""What published data sets call the folder of images without defects."""

CATEGORY = Option(help="category of a data set that has several")


def fits(root: Path) -> bool:
    """Tell whether a folder is a category, or holds some."""
    return root.is_dir() and (is_category(root) or bool(categories(root)))


def is_category(folder: Path) -> bool:
    """Tell whether a folder is a category in the layout of MVTec AD."""
    return any((folder / "train" / name).is_dir() for name in NORMAL_NAMES)


def categories(root: Path) -> list[str]:
    """Return the folders in ``root`` that are categories in the layout of MVTec AD."""
    return sorted(path.name for path in root.iterdir() if path.is_dir() and is_category(path))


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
    by_part: dict[str, list[str]] = {"train": [], "test": [], "ground_truth": [], "": []}
    for path in listing.images:
        part = PurePosixPath(path).parts[0]
        by_part[part if part in by_part else ""].append(path)
    masks = {path: "/".join(PurePosixPath(path).parts[1:-1]) for path in by_part["ground_truth"]}
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
            f"no category in {str(root)!r}: expected folders that hold train/good, as in MVTec AD"
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


def _kind(path: str, split: str) -> str | None:
    """Return ``good``, the name of a defect, or None: right in ``test`` nothing is known."""
    folders = PurePosixPath(path).parts[1:-1]
    kind = folders[0] if folders else "good" if split == "train" else None
    return "good" if kind is not None and kind.lower() in NORMAL_NAMES else kind


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

"""Any folder tree of images, about which an analyst may know something, or nothing."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import pandas as pd

from anomalylab.datasets import Option, register
from anomalylab.datasets._beside import masks_beside
from anomalylab.datasets._hints import mask_flags, role_findings
from anomalylab.datasets._listing import finding, labels_from_masks, list_files, samples_table
from anomalylab.datasets._masks import MASK_ENDING, match_masks
from anomalylab.datasets._words import names_masks
from anomalylab.registry import unknown_name

Patterns = str | Sequence[str]


def _option(what: str) -> Option:
    """Return an option that names folders or files."""
    told = f"folder layout: {what}; folders or files, may be given several times"
    return Option(help=told, metavar="GLOB", many=True)


@register(
    "folder",
    options={
        "normal": _option("images known to be good"),
        "anomalous": _option("images known to be defective"),
        "test": _option("images to be judged only"),
        "masks": _option("masks of defects, matched by name"),
    },
)
def load(
    root: Path,
    *,
    normal: Patterns = (),
    anomalous: Patterns = (),
    test: Patterns = (),
    masks: Patterns = (),
) -> pd.DataFrame:
    """List the images of a folder and all its folders.

    Each option names folders or files, relative to ``root``; ``*`` stands for anything, ``.`` for
    ``root``. What lies deeper in a folder belongs to it. With no option, nothing is known: every
    image is for fitting and judging, and a finding says where names of folders tell otherwise. A
    file of two values beside an image of its name, as ``1.png`` beside ``1.jpg``, is its mask.

    Parameters
    ----------
    root : Path
    normal : str or sequence of str
        Images without defects. They are for training unless ``test`` names them too; without
        ``test`` all others are for testing.
    anomalous : str or sequence of str
        Images with defects, for testing.
    test : str or sequence of str
        Images to be judged only; without ``normal`` all others are for training.
    masks : str or sequence of str
        Masks of defects, matched by name. An image with a mask needs no label: it is anomalous
        if a pixel is marked.

    Returns
    -------
    samples : DataFrame
        Rows of SAMPLES and a column ``folder``; the defect type is the folder's name.

    Raises
    ------
    UnknownNameError
        If an option names no folder and no file.
    DatasetError
        If there is no image.
    """
    listing = list_files(root)
    chosen = {
        role: _inside(listing.images, patterns)
        for role, patterns in (
            ("normal", normal),
            ("anomalous", anomalous),
            ("test", test),
            ("masks", masks),
        )
    }
    mask_folders = chosen.pop("masks")
    photographs = [path for path in listing.images if path not in mask_folders]
    beside = masks_beside(root, photographs)
    images = sorted(set(photographs) - set(beside.masks.values()))
    splits = {path: _split(path, **chosen) for path in images}
    used = [path for path in images if splits[path] is not None]
    matches = match_masks(used, {mask: _below(mask, mask_folders[mask]) for mask in mask_folders})
    mask_of = beside.masks | matches.masks
    labels = _labels(root, used, mask_of, chosen)
    category = root.resolve().name
    rows = [
        {
            "category": category,
            "split": splits[path],
            "label": labels[path],
            "defect_type": _defect_type(path, labels[path], category),
            "image_path": path,
            "mask_path": mask_of.get(path),
            "folder": str(PurePosixPath(path).parent),
        }
        for path in used
    ]
    findings = [
        *matches.findings,
        *finding("unused_images", [path for path in images if splits[path] is None]),
        *_perhaps_masks([path for path in used if looks_like_mask(path)]),
        *beside.findings,
        *role_findings(splits, is_told=any(chosen.values())),
    ]
    return samples_table(
        root, rows, ignored=listing.ignored, findings=findings, expected="image files in any folder"
    )


def _inside(paths: Sequence[str], patterns: Patterns) -> dict[str, str]:
    """Return the paths that fit a pattern, and the outermost folder of each that does.

    A file that fits by its own path stands for itself: its folder is the one it lies in.
    """
    found: dict[str, str] = {}
    for given in [patterns] if isinstance(patterns, str) else patterns:
        pattern = PurePosixPath(given.replace("\\", "/")).as_posix()
        fitting = {path: folder for path in paths if (folder := _first(path, pattern))}
        if not fitting:
            known = {folder for path in paths for folder in _folders(path)}
            unknown_name("folder or file of images", given, known)
        found = fitting | found
    return found


def _folders(path: str) -> list[str]:
    """Return the folders that a path lies in, the outermost first."""
    return [folder.as_posix() for folder in reversed(PurePosixPath(path).parents)]


def _first(path: str, pattern: str) -> str | None:
    parent = PurePosixPath(path).parent.as_posix()
    folders = {folder: folder for folder in _folders(path)} | {path: parent}
    return next((folders[f] for f in folders if f == pattern or fnmatchcase(f, pattern)), None)


def _below(path: str, folder: str) -> str:
    """Return the folders between ``folder`` and the file."""
    between = PurePosixPath(path).relative_to(folder).parent.as_posix()
    return "" if between == "." else between


def _split(path: str, normal: dict, anomalous: dict, test: dict) -> str | None:
    """Return what an image is for; None if all roles are given and it has none."""
    if path in test or path in anomalous:
        return "test"
    if path in normal:
        return "train"
    if normal and test:
        return None
    if normal:
        return "test"
    return "train" if test else "unlabelled"


def _labels(
    root: Path, paths: Sequence[str], masks: dict[str, str], chosen: dict[str, dict]
) -> dict[str, int | None]:
    """Return labels by path, from folders or else from masks."""
    by_mask = labels_from_masks(root, [masks.get(path) for path in paths])
    labels = dict(zip(paths, by_mask, strict=True))
    labels |= {path: 0 for path in paths if path in chosen["normal"]}
    labels |= {path: 1 for path in paths if path in chosen["anomalous"]}
    return labels


def _defect_type(path: str, label: int | None, category: str) -> str | None:
    if label is None:
        return None
    return "good" if label == 0 else PurePosixPath(path).parent.name or category


def _perhaps_masks(paths: Sequence[str]) -> list[dict]:
    return finding("perhaps_masks", paths, f"say so by {mask_flags(paths)}, or move them away")


def looks_like_mask(path: str) -> bool:
    """Tell whether a file or a folder that it lies in is named as masks are."""
    folders = PurePosixPath(path).parts[:-1]
    return any(map(names_masks, folders)) or bool(MASK_ENDING.search(PurePosixPath(path).stem))

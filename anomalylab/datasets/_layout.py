"""Which loader fits a folder that nobody has described."""

from pathlib import Path

from anomalylab.errors import DatasetError

TABLE_SUFFIXES = frozenset({".csv", ".parquet"})
NORMAL_NAMES = frozenset({"good", "ok", "normal"})
"""What published data sets call the folder of images without defects."""


def detect_layout(root: Path) -> str:
    """Find out which loader fits a folder or file, by its names alone.

    Parameters
    ----------
    root : Path

    Returns
    -------
    name : str
        ``table`` for a CSV or parquet file; ``mvtec_ad`` for one of its categories or a folder of
        them; ``kolektor_sdd2``; ``kolektor_sdd``; otherwise ``folder``.

    Raises
    ------
    DatasetError
        If ``root`` is neither a folder nor a table.
    """
    root = Path(root)
    if root.is_file() and root.suffix.lower() in TABLE_SUFFIXES:
        return "table"
    if not root.is_dir():
        raise DatasetError(f"{str(root)!r} is neither a folder nor a CSV or parquet table")
    if is_category(root) or categories(root):
        return "mvtec_ad"
    if any(_holds(root / split, "*_GT.*") for split in ("train", "test")):
        return "kolektor_sdd2"
    if _holds(root, "kos*/*_label.*"):
        return "kolektor_sdd"
    return "folder"


def is_category(folder: Path) -> bool:
    """Tell whether a folder is a category in the layout of MVTec AD."""
    return any((folder / "train" / name).is_dir() for name in NORMAL_NAMES)


def categories(root: Path) -> list[str]:
    """Return the folders in ``root`` that are categories in the layout of MVTec AD."""
    return sorted(path.name for path in root.iterdir() if path.is_dir() and is_category(path))


def _holds(folder: Path, pattern: str) -> bool:
    return next(iter(folder.glob(pattern)), None) is not None

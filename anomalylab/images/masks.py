"""Masks of defects: what is marked, in one file or in several that are united."""

from pathlib import Path

import numpy as np

from anomalylab.errors import ImageError
from anomalylab.images.files import SUFFIXES, Header, probe, read_values

_LOSSY = frozenset({".jpg", ".jpeg"})


def mask_files(path: Path) -> list[Path]:
    """Return the files of a mask: the file itself, or the images in a folder, one a region.

    Raises
    ------
    ImageError
        If a folder holds no image.
    """
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
    if not files:
        raise ImageError(path, "a folder without images")
    return files


def probe_mask(path: Path) -> Header:
    """Read the headers of a mask and return the first; see :func:`anomalylab.images.files.probe`.

    Raises
    ------
    ImageError
        If a file cannot be used, or files differ in size.
    """
    headers = [probe(file) for file in mask_files(path)]
    if len({(header.height, header.width) for header in headers}) > 1:
        raise ImageError(path, "its masks are of several sizes")
    return headers[0]


def read_mask(path: Path, size: tuple[int, int] | None = None) -> np.ndarray:
    """Read a defect mask: what is not black, and not transparent, is defect.

    JPEG blurs edges, so that a mask stored as JPEG counts from half the range on.

    Parameters
    ----------
    path : Path
        Image of any supported kind, e.g. of values 0 and 1, or 0 and 255; or a folder of images,
        whose marked pixels are united.
    size : (height, width), optional
        Bring the mask to this size by nearest neighbour.

    Returns
    -------
    mask : bool ndarray of shape (height, width)

    Raises
    ------
    ImageError
        If a file cannot be used, or files of a folder differ in size.
    """
    mask = united([marked(read_values(file), file) for file in mask_files(path)], path)
    return mask if size is None else resize_mask(mask, size)


def united(masks: list[np.ndarray], path: Path) -> np.ndarray:
    """Return what any of several masks marks; they must be of one size."""
    if len({mask.shape for mask in masks}) > 1:
        raise ImageError(path, "its masks are of several sizes")
    return np.logical_or.reduce(masks)


def marked(values: np.ndarray, path: Path) -> np.ndarray:
    """Return which pixels the values of a mask file mark: bool (height, width)."""
    n_colours = 3 if values.shape[2] > 2 else 1
    floor = 127 if Path(path).suffix.lower() in _LOSSY else 0
    mask = np.logical_or.reduce([values[..., i] > floor for i in range(n_colours)])
    if values.shape[2] > n_colours:
        mask &= values[..., n_colours] > 0
    return mask


def is_plain(values: np.ndarray, path: Path) -> bool:
    """Tell whether a mask file holds black and white alone, as far as its format can."""
    if Path(path).suffix.lower() in _LOSSY or values.dtype == bool:
        return True
    colour = values[..., : 3 if values.shape[2] > 2 else 1]
    white = 1 if values.dtype.kind == "f" else np.iinfo(values.dtype).max
    return not ((colour != 0) & (colour != white)).any()


def resize_mask(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize a bool mask (height, width) to ``size`` (height, width) by nearest neighbour."""
    rows, cols = (
        (np.arange(new) * 2 + 1) * old // (2 * new)
        for old, new in zip(mask.shape, size, strict=True)
    )
    return mask[rows[:, None], cols]

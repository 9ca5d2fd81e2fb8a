"""What the files of a data set hold, read by all cores at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import ndimage

from anomalylab.datasets._seen import seen_before
from anomalylab.datasets.check._same import same_pixels
from anomalylab.errors import ImageError
from anomalylab.images.files import decode_values, read_bytes, read_header, read_values
from anomalylab.images.masks import is_plain, marked, mask_files, united
from anomalylab.progress import counted

N_DEEP = 64
"""Images of more than 8 bits that are decoded to see which values they use, spread evenly."""

MOST_VALUES = 2**20
"""Pixels of a deep image that its quantiles are taken from, spread evenly."""

OUTLIERS = 0.001
"""Share of the pixels at either end that may be anything, as hot pixels are."""

_EIGHT_NEIGHBOURS = np.ones((3, 3))
_RANGE = ["low", "high", "bulk_low", "bulk_high", "type_low", "type_high"]


def read_facts(samples: pd.DataFrame, root: Path) -> pd.DataFrame:
    """Read headers, hashes and masks of all samples, and the values of some deep images.

    Parameters
    ----------
    samples : DataFrame
        Rows of SAMPLES.
    root : Path

    Returns
    -------
    facts : DataFrame
        ``samples`` with the columns ``hash``, equal for equal pixels where ``is_compared``;
        ``mode``, ``bits``, ``is_float``, ``format``, ``orientation``; ``low`` and ``high``, the
        extreme values, ``bulk_low`` and ``bulk_high``, those without :data:`OUTLIERS`, ``type_low``
        and ``type_high``, those that the type can hold, all missing where not decoded;
        ``mask_height``, ``mask_width``, missing without a readable mask; ``mask_share`` of the
        pixels that is marked, ``mask_is_plain``, whether it is black and white,
        ``mask_orientation``; ``areas``, the pixels of each defect of the mask; ``problem`` and
        ``mask_problem``, why a file cannot be used, or ``""``.
    """
    with ThreadPoolExecutor() as pool:
        looked = pool.map(lambda row: _image_facts(row, root), samples.itertuples())
        images = list(counted(looked, len(samples), "reading files"))
        truths = pool.map(lambda path: _mask_facts(root, path), samples["mask_path"])
        masks = list(counted(truths, len(samples), "reading masks"))
        facts = pd.concat(
            [samples.reset_index(drop=True), pd.DataFrame(images), pd.DataFrame(masks)], axis=1
        )
        deep = np.flatnonzero((facts["bits"] > 8) | facts["is_float"])
        some = deep[:: max(1, -(-len(deep) // N_DEEP))]
        paths = [root / path for path in facts["image_path"].iloc[some]]
        seen = counted(pool.map(_value_range, paths), len(paths), "reading values")
        ranges = pd.DataFrame(seen, columns=[*_RANGE, "problem"])
    facts[_RANGE] = np.nan
    facts.loc[some, _RANGE] = ranges[_RANGE].to_numpy(float)
    facts.loc[some, "problem"] = ranges["problem"].to_numpy()
    facts["hash"], facts["is_compared"] = same_pixels(facts, root)
    return facts


def _image_facts(row: Any, root: Path) -> dict:
    """Return what the listing has seen of a file, or what the file itself tells."""
    try:
        header, content_hash, sign = seen_before(root / row.image_path, row.content_hash)
        return {
            "hash": content_hash,
            "sign": sign,
            "mode": header.mode,
            "bits": header.bits,
            "is_float": header.is_float,
            "format": header.format,
            "orientation": header.orientation,
            "problem": "",
        }
    except ImageError as error:
        unknown = {
            "hash": str(root / row.image_path),
            "sign": "",
            "mode": "",
            "bits": 0,
            "is_float": False,
            "format": "",
            "orientation": 1,
        }
        return {**unknown, "problem": error.reason}


def _value_range(path: Path) -> tuple[float | str, ...]:
    """Return extremes, bulk and type of the values of the colour channels of an image."""
    unknown = (np.nan,) * len(_RANGE)
    try:
        values = read_values(path)
    except ImageError as error:
        return *unknown, error.reason
    colour = values[..., : 3 if values.shape[2] > 2 else 1]
    low, high = float(colour.min()), float(colour.max())
    if not np.isfinite(high - low):
        return *unknown, "holds NaN or infinite values"
    pixels = colour.reshape(-1, colour.shape[2])
    some = pixels[:: -(-len(pixels) // MOST_VALUES)]
    bulk_low = np.quantile(some, OUTLIERS, method="lower")
    bulk_high = np.quantile(some, 1 - OUTLIERS, method="higher")
    is_float = values.dtype.kind == "f"
    limits = (0, 1) if is_float else (np.iinfo(values.dtype).min, np.iinfo(values.dtype).max)
    return low, high, float(bulk_low), float(bulk_high), *map(float, limits), ""


_NO_MASK = {
    "mask_height": np.nan,
    "mask_width": np.nan,
    "mask_share": 0.0,
    "mask_is_plain": True,
    "mask_orientation": 1,
    "areas": np.empty(0),
    "mask_problem": "",
}


def _mask_facts(root: Path, path: str | float | None) -> dict:
    if pd.isna(path):
        return _NO_MASK
    try:
        files = mask_files(root / str(path))
        contents = [read_bytes(file) for file in files]
        of_files = [decode_values(c, file) for c, file in zip(contents, files, strict=True)]
        marks = [marked(values, file) for values, file in zip(of_files, files, strict=True)]
        mask = united(marks, root / str(path))
        orientation = read_header(contents[0], files[0]).orientation
    except ImageError as error:
        return {**_NO_MASK, "mask_problem": error.reason}
    height, width = mask.shape
    return {
        **_NO_MASK,
        "mask_height": height,
        "mask_width": width,
        "mask_share": float(mask.mean()),
        "mask_is_plain": all(map(is_plain, of_files, files)),
        "mask_orientation": orientation,
        "areas": _areas(mask),
    }


def _areas(mask: np.ndarray) -> np.ndarray:
    """Return the number of pixels of each connected region (8 neighbours)."""
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return np.empty(0)
    marked = mask[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]  # much smaller, as a rule
    regions, _ = ndimage.label(marked, structure=_EIGHT_NEIGHBOURS)
    return np.bincount(regions.ravel())[1:]

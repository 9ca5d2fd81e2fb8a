"""What the files of a data set hold, read by all cores at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import ndimage

from anomalylab.datasets._seen import seen_before
from anomalylab.errors import ImageError
from anomalylab.images.files import read_values
from anomalylab.images.read import read_mask

N_DEEP = 64
"""Images of more than 8 bits that are decoded to see which values they use, spread evenly."""

_EIGHT_NEIGHBOURS = np.ones((3, 3))


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
        ``samples`` with the columns ``hash``, ``mode``, ``bits``, ``is_float``, ``format``;
        ``low`` and ``high``, the extreme values, missing where not decoded; ``mask_height``,
        ``mask_width``, missing without a readable mask; ``areas``, the pixels of each defect of the
        mask; ``problem`` and ``mask_problem``, why a file cannot be used, or ``""``.
    """
    with ThreadPoolExecutor() as pool:
        images = list(pool.map(lambda row: _image_facts(row, root), samples.itertuples()))
        masks = list(pool.map(lambda path: _mask_facts(root, path), samples["mask_path"]))
        facts = pd.concat(
            [samples.reset_index(drop=True), pd.DataFrame(images), pd.DataFrame(masks)], axis=1
        )
        deep = np.flatnonzero((facts["bits"] > 8) | facts["is_float"])
        some = deep[:: max(1, -(-len(deep) // N_DEEP))]
        paths = [root / path for path in facts["image_path"].iloc[some]]
        ranges = pd.DataFrame(pool.map(_value_range, paths), columns=["low", "high", "problem"])
    facts[["low", "high"]] = np.nan
    facts.loc[some, ["low", "high"]] = ranges[["low", "high"]].to_numpy(float)
    facts.loc[some, "problem"] = ranges["problem"].to_numpy()
    return facts


def _image_facts(row: Any, root: Path) -> dict:
    """Return what the listing has seen of a file, or what the file itself tells."""
    try:
        header, content_hash = seen_before(root / row.image_path, row.content_hash)
        return {
            "hash": content_hash,
            "mode": header.mode,
            "bits": header.bits,
            "is_float": header.is_float,
            "format": header.format,
            "problem": "",
        }
    except ImageError as error:
        unknown = {
            "hash": str(root / row.image_path),
            "mode": "",
            "bits": 0,
            "is_float": False,
            "format": "",
        }
        return {**unknown, "problem": error.reason}


def _value_range(path: Path) -> tuple[float, float, str]:
    """Return the extreme values of the colour channels of an image."""
    try:
        values = read_values(path)
    except ImageError as error:
        return np.nan, np.nan, error.reason
    colour = values[..., : 3 if values.shape[2] > 2 else 1]
    low, high = float(colour.min()), float(colour.max())
    problem = "" if np.isfinite(high - low) else "holds NaN or infinite values"
    return low, high, problem


def _mask_facts(root: Path, path: str | float | None) -> dict:
    none = {"mask_height": np.nan, "mask_width": np.nan, "areas": np.empty(0), "mask_problem": ""}
    if pd.isna(path):
        return none
    try:
        mask = read_mask(root / str(path))
    except ImageError as error:
        return {**none, "mask_problem": error.reason}
    height, width = mask.shape
    return {**none, "mask_height": height, "mask_width": width, "areas": _areas(mask)}


def _areas(mask: np.ndarray) -> np.ndarray:
    """Return the number of pixels of each connected region (8 neighbours)."""
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return np.empty(0)
    marked = mask[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]  # much smaller, as a rule
    regions, _ = ndimage.label(marked, structure=_EIGHT_NEIGHBOURS)
    return np.bincount(regions.ravel())[1:]

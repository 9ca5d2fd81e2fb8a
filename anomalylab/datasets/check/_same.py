"""Images of the same pixels in files of other bytes: saved again, in another format, or retagged.

Most images are told apart by their first row of pixels, of which a PNG need not be decoded in full;
images that share it are decoded, those that few share first, up to :data:`MOST_PIXELS`. Where the
top of hundreds of large images is plain white they are not told apart, and that is said. Where all
images of one size are JPEG, what follows the tables of a file is compared instead, and none is
decoded.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd

from anomalylab.datasets._sign import hash_of_values
from anomalylab.errors import ImageError
from anomalylab.images.files import read_values
from anomalylab.progress import counted

MOST_PIXELS = 2**26
"""Pixels decoded to compare images of one first row: a second or two."""


def same_pixels(facts: pd.DataFrame, root: Path) -> tuple[pd.Series, pd.Series]:
    """Return a text for each image, the same for images of the same pixels.

    Parameters
    ----------
    facts : DataFrame
        With ``image_path``, ``hash`` of the bytes, ``width``, ``height``, ``format``, ``problem``
        and ``sign``, see :mod:`anomalylab.datasets._sign`.
    root : Path

    Returns
    -------
    keys : Series of str
        ``hash`` where no other image has the same pixels.
    compared : Series of bool
        False where an image was not told apart from others that begin alike.
    """
    files = facts[~facts["hash"].duplicated() & (facts["problem"] == "")]
    sizes = files.groupby(["height", "width"])
    is_jpeg = files["format"].eq("JPEG").groupby([files["height"], files["width"]])
    candidates = files[sizes["hash"].transform("size") > 1]
    all_jpeg = is_jpeg.transform("all")[candidates.index]
    jpegs, others = candidates[all_jpeg], candidates[~all_jpeg]
    twins = _shared(jpegs["hash"], jpegs["sign"])
    alike = _shared(others["hash"], _each(others, root, _first_row))
    decoded = _affordable(others, alike)
    twins |= _shared(decoded["hash"], _each(decoded, root, _pixels))
    keys = pd.Series([twins.get(key, key) for key in facts["hash"]], facts.index, object)
    return keys, ~facts["hash"].isin(set(alike) - set(decoded["hash"]))


def _affordable(files: pd.DataFrame, alike: dict[str, str]) -> pd.DataFrame:
    """Return the files of the smallest groups of one sign, as many as may be decoded."""
    signs = files["hash"].map(alike).dropna()
    pixels = (files["height"] * files["width"])[signs.index].groupby(signs).sum().sort_values()
    chosen = pixels.index[pixels.cumsum() <= MOST_PIXELS]
    return files.loc[signs.index[signs.isin(chosen)]]


def _each(files: pd.DataFrame, root: Path, sign: Callable[[Any, Path], str]) -> list[str]:
    """Return what a function makes of each file; its path if it cannot be read."""

    def or_path(row: Any) -> str:
        path = root / row.image_path
        try:
            return sign(row, path)
        except ImageError:
            return str(path)

    with ThreadPoolExecutor() as pool:
        return list(counted(pool.map(or_path, files.itertuples()), len(files), "comparing pixels"))


def _shared(hashes: Iterable[str], signs: Iterable[str]) -> dict[str, str]:
    """Return the signs that several files have, by the hash of each file."""
    found = pd.DataFrame({"hash": list(hashes), "sign": list(signs)})
    shared = found[found["sign"].duplicated(keep=False) & (found["sign"] != "")]
    return dict(zip(shared["hash"], shared["sign"], strict=True))


def _pixels(_: Any, path: Path) -> str:
    return f"pixels {hash_of_values(read_values(path))}"


def _first_row(row: Any, path: Path) -> str:
    is_known = row.format == "PNG" and row.sign
    return row.sign if is_known else f"row {hash_of_values(read_values(path)[:1])}"

"""Images of the same pixels in files of other bytes: saved again, in another format, or retagged.

Most images are told apart by their first row of pixels, of which a PNG need not be decoded in full;
images that share it are decoded, those that few share first, up to :data:`MOST_PIXELS`. Where the
top of hundreds of large images is plain white they are not told apart, and that is said. Where all
images of one size are JPEG, what follows the tables of a file is compared instead, and none is
decoded.
"""

import struct
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab.errors import ImageError
from anomalylab.images.files import read_bytes, read_values
from anomalylab.images.read import hash_of

MOST_PIXELS = 2**26
"""Pixels decoded to compare images of one first row: a second or two."""

_PNG_HEAD = 1 << 16
_START_OF_SCAN = b"\xff\xda"
_CHANNELS = {0: 1, 2: 3}  # PNG: grey and RGB, without palette or alpha


def same_pixels(facts: pd.DataFrame, root: Path) -> tuple[pd.Series, pd.Series]:
    """Return a text for each image, the same for images of the same pixels.

    Parameters
    ----------
    facts : DataFrame
        With ``image_path``, ``hash`` of the bytes, ``width``, ``height`` and ``format``.
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
    twins = _twins(candidates[all_jpeg], root, _scan)
    alike = _twins(candidates[~all_jpeg], root, _first_row)
    decoded = _affordable(candidates, alike)
    twins |= _twins(decoded, root, _pixels)
    keys = pd.Series([twins.get(key, key) for key in facts["hash"]], facts.index, object)
    return keys, ~facts["hash"].isin(set(alike) - set(decoded["hash"]))


def _affordable(files: pd.DataFrame, alike: dict[str, str]) -> pd.DataFrame:
    """Return the files of the smallest groups of one sign, as many as may be decoded."""
    signs = files["hash"].map(alike).dropna()
    pixels = (files["height"] * files["width"])[signs.index].groupby(signs).sum().sort_values()
    chosen = pixels.index[pixels.cumsum() <= MOST_PIXELS]
    return files.loc[signs.index[signs.isin(chosen)]]


def _twins(files: pd.DataFrame, root: Path, sign: Callable[[Path], str]) -> dict[str, str]:
    """Return what the files that share a sign with another have in common, by their hash."""
    paths = [root / path for path in files["image_path"]]
    with ThreadPoolExecutor() as pool:
        signs = list(pool.map(lambda path: _or_path(sign, path), paths))
    is_shared = pd.Series(signs, dtype=object).duplicated(keep=False)
    every = zip(files["hash"], signs, is_shared, strict=True)
    return {content: sign for content, sign, shared in every if shared}


def _or_path(sign: Callable[[Path], str], path: Path) -> str:
    try:
        return sign(path)
    except ImageError:
        return str(path)


def _pixels(path: Path) -> str:
    return f"pixels {_hash_of_values(read_values(path))}"


def _scan(path: Path) -> str:
    """Hash what a JPEG stores of its pixels: all from its first scan on."""
    content = read_bytes(path)
    return f"scan {hash_of(content[content.rfind(_START_OF_SCAN) :])}"


def _first_row(path: Path) -> str:
    row = _first_row_of_png(path)
    return _hash_of_values(read_values(path)[:1] if row is None else row)


def _hash_of_values(values: np.ndarray) -> str:
    """Hash the colours of an image; grey in three channels is grey."""
    if values.shape[2] > 2:
        is_grey = (values[..., :1] == values[..., 1:3]).all()
        values = values[..., : 1 if is_grey else 3]
    colour = np.ascontiguousarray(values[..., : 3 if values.shape[2] > 2 else 1])
    return hash_of(str((colour.shape, colour.dtype.name)).encode() + colour.tobytes())


def _first_row_of_png(path: Path) -> np.ndarray | None:
    """Decode the first row of a plain PNG: (1, width, channels); None of any other file."""
    try:
        with open(path, "rb") as stream:
            head = stream.read(_PNG_HEAD)
        width, bits, colour, interlaced = struct.unpack(">8x4x4xI4xBB2xB", head[:29])
        start = head.find(b"IDAT") + 4
        is_plain = head[:4] == b"\x89PNG" and bits in (8, 16) and colour in _CHANNELS
        if not is_plain or interlaced or start < 8 or b"tRNS" in head[:start] or b"eXIf" in head:
            return None
        n_bytes = width * _CHANNELS[colour] * bits // 8
        filtered = zlib.decompressobj().decompress(head[start:], n_bytes + 1)
    except (OSError, struct.error, zlib.error):
        return None
    if len(filtered) <= n_bytes:
        return None
    row = _unfiltered(filtered[0], filtered[1:], _CHANNELS[colour] * bits // 8)
    if row is None:
        return None
    return row.view(f">u{bits // 8}").astype(f"u{bits // 8}").reshape(1, width, _CHANNELS[colour])


def _unfiltered(kind: int, filtered: bytes, step: int) -> np.ndarray | None:
    """Undo the filter of the first row of a PNG, above which all is 0; None if it averages."""
    row = np.frombuffer(filtered, np.uint8)
    if kind in (0, 2):  # none, or the row above
        return row
    if kind in (1, 4):  # the pixel before, which Paeth's filter comes to as well
        sums = row.reshape(-1, step).cumsum(axis=0, dtype=np.uint64)
        return sums.astype(np.uint8).ravel()
    return None

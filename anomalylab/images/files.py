"""Image files: what their header says, and the values they hold, in their own type.

A file that cannot be used ends in :class:`~anomalylab.errors.ImageError`, never in a warning of
a library.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL.Image import Resampling

from anomalylab.errors import AnomalyLabError, ImageError
from anomalylab.images import _pillow, _tiff
from anomalylab.images._header import MAX_PIXELS, Header
from anomalylab.images.room import decoding, needed

__all__ = [
    "MAX_PIXELS",
    "SUFFIXES",
    "Header",
    "decode_values",
    "probe",
    "read_bytes",
    "read_header",
    "read_resized",
    "read_values",
]

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"})
"""Endings, in lower case, of the files taken for images."""

_FIRST_BYTES = {
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "JPEG": re.compile(rb"\xff\xd8\xff"),
    "BMP": re.compile(rb"BM"),
    "WebP": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "TIFF": re.compile(rb"II[\x2a\x2b]\0|MM\0[\x2a\x2b]"),
}


def probe(path: Path) -> Header:
    """Read the header of an image and see whether the file is whole, without decoding it.

    Parameters
    ----------
    path : Path

    Returns
    -------
    header : Header

    Raises
    ------
    ImageError
        If the file is missing, empty, no image, cut short, holds several images or more than
        ``MAX_PIXELS`` pixels. Damage inside the pixels is seen only by :func:`read_values`.
    """
    with _reading(path), open(path, "rb") as stream:
        return _header_of(stream, path)


def read_header(content: bytes, path: Path) -> Header:
    """Do what :func:`probe` does with the bytes of a file that is read already.

    Parameters
    ----------
    content : bytes
        From :func:`read_bytes`.
    path : Path
        Named in messages.

    Returns
    -------
    header : Header

    Raises
    ------
    ImageError
        As :func:`probe`.
    """
    with _reading(path):
        return _header_of(io.BytesIO(content), path)


def _header_of(stream: BinaryIO, path: Path) -> Header:
    kind = _sniff(stream, path)
    if kind == "TIFF":
        return _tiff.read_header(stream, path)
    return _pillow.read_header(stream, kind, path)


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file, from which header, hash and pixels can be had in one reading.

    Raises
    ------
    ImageError
        If the file is missing or cannot be opened.
    """
    with _reading(path):
        return Path(path).read_bytes()


def read_values(path: Path) -> np.ndarray:
    """Decode an image into the values that its file holds.

    Palettes and CMYK become RGB; EXIF rotation is applied.

    Parameters
    ----------
    path : Path

    Returns
    -------
    values : ndarray of shape (height, width, channels)
        In the file's own type. 1 or 3 channels of colour, then perhaps one of alpha.

    Raises
    ------
    ImageError
        As :func:`probe`, and if the pixels cannot be decoded.
    """
    return decode_values(read_bytes(path), path)


def decode_values(content: bytes, path: Path) -> np.ndarray:
    """Decode the bytes of a file, as :func:`read_values` does.

    Parameters
    ----------
    content : bytes
        From :func:`read_bytes`.
    path : Path
        Named in messages.

    Returns
    -------
    values : ndarray of shape (height, width, channels)

    Raises
    ------
    ImageError
        As :func:`read_values`.
    """
    with _reading(path):
        stream = io.BytesIO(content)
        with decoding.taken(needed(read_header(content, path))):
            kind = _sniff(stream, path)
            if kind == "TIFF":
                return _tiff.read_pixels(stream, path)
            return _pillow.read_pixels(stream, kind, path)


def read_resized(path: Path, size: tuple[int, int], resample: Resampling) -> np.ndarray | None:
    """Decode and resize a plain 8-bit image without a copy at its full size.

    Parameters
    ----------
    path : Path
    size : (height, width)
    resample : Resampling
        Pillow's filter.

    Returns
    -------
    resized : uint8 ndarray of shape (height, width, 1 or 3), or None
        None, before anything is decoded, unless the file is upright grey or RGB of 8 bits.

    Raises
    ------
    ImageError
        As :func:`read_values`.
    """
    with _reading(path):
        content = Path(path).read_bytes()
        stream = io.BytesIO(content)
        kind = _sniff(stream, path)
        if kind == "TIFF":
            return None
        with decoding.taken(needed(read_header(content, path))):
            return _pillow.read_resized(stream, kind, path, size, resample)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn whatever a parser trips over into an error that names the file."""
    try:
        yield
    except (AnomalyLabError, MemoryError):
        raise
    except FileNotFoundError as error:
        raise ImageError(path, "there is no such file") from error
    except (PermissionError, IsADirectoryError) as error:
        raise ImageError(path, f"cannot be opened ({error.strerror})") from error
    except Exception as error:  # a broken file may break a parser anywhere
        why = " ".join(str(error).split()) or type(error).__name__
        raise ImageError(path, f"broken or cut short ({why})") from error


def _sniff(stream: BinaryIO, path: Path) -> str:
    head = stream.read(16)
    stream.seek(0)
    if not head:
        raise ImageError(path, "the file is empty")
    for kind, pattern in _FIRST_BYTES.items():
        if pattern.match(head):
            return kind
    raise ImageError(path, f"not an image of a known format ({', '.join(_FIRST_BYTES)})")

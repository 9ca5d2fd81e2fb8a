"""PNG, JPEG, BMP and WebP, decoded by Pillow without its warnings and without loss."""

import io
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL.BmpImagePlugin import BmpImageFile
from PIL.Image import Resampling
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from anomalylab.errors import ImageError
from anomalylab.images._header import (
    ORIENTATION_TAG,
    Header,
    refuse_oversize,
    refuse_several,
    upright,
)

_TAIL = 1 << 16
_DEEP_GREY_ALPHA = "LA;16B"
_QUIET = threading.Lock()
_PLUGINS: dict[str, Callable[[BinaryIO], ImageFile]] = {
    "PNG": PngImageFile,
    "JPEG": JpegImageFile,
    "BMP": BmpImageFile,
    "WebP": WebPImageFile,
    "TIFF": TiffImageFile,
}
_MODES = {"1": "grey", "L": "grey", "LA": "grey with alpha", "P": "palette", "PA": "palette"}


def read_header(stream: BinaryIO, kind: str, path: Path) -> Header:
    """Return the header of a file of format ``kind``; refuse one that ends too early."""
    image = open_image(stream, kind, path)
    _refuse_cut_short(stream, kind, path)
    width, height = image.size
    orientation = _orientation(image)
    if orientation > 4:
        width, height = height, width
    bits = _png_bits(stream) if kind == "PNG" else 1 if image.mode == "1" else 8
    return Header(width, height, _mode(image), bits, False, kind, orientation)


def read_pixels(stream: BinaryIO, kind: str, path: Path) -> np.ndarray:
    """Return the values (height, width, channels) of a file of format ``kind``, upright."""
    image = open_image(stream, kind, path)
    orientation = _orientation(image)
    is_deep = kind == "PNG" and _png_bits(stream) == 16
    values = _deep_png_values(image, stream) if is_deep else pixels_of(image)
    return upright(values, orientation)


def read_resized(
    stream: BinaryIO, kind: str, path: Path, size: tuple[int, int], resample: Resampling
) -> np.ndarray | None:
    """Return a plain 8-bit image (height, width, channels) resized; None if it is not plain."""
    image = open_image(stream, kind, path)
    is_plain = image.mode in ("L", "RGB") and "transparency" not in image.info
    if not is_plain or _orientation(image) != 1 or (kind == "PNG" and _png_bits(stream) == 16):
        return None
    height, width = size
    return np.array(image.resize((width, height), resample)).reshape(height, width, -1)


def open_image(stream: BinaryIO, kind: str, path: Path) -> ImageFile:
    """Let Pillow read the header; its class for ``kind`` is called directly.

    ``Image.open`` would try its other formats too, and warn of large images.
    """
    stream.seek(0)
    with _quiet():
        image = _PLUGINS[kind](stream)
    refuse_oversize(path, *image.size)
    refuse_several(path, getattr(image, "n_frames", 1))
    return image


def _mode(image: ImageFile) -> str:
    if image.tile and image.tile[0].args == _DEEP_GREY_ALPHA:
        return "grey with alpha"
    return "grey" if image.mode.startswith("I") else _MODES.get(image.mode, image.mode)


def pixels_of(image: ImageFile) -> np.ndarray:
    """Decode what Pillow holds without loss into an array (height, width, channels)."""
    mode = _lossless_mode(image)
    values = np.array(image if mode == image.mode else image.convert(mode))
    values = values.astype(values.dtype.newbyteorder("="), copy=False)
    return values.reshape(*values.shape[:2], -1)


def _lossless_mode(image: ImageFile) -> str:
    is_transparent = "transparency" in image.info
    if image.mode[0] in "IF" or image.mode in ("LA", "RGBA"):
        return image.mode
    if image.mode in ("1", "L"):
        return "LA" if is_transparent else "L"
    return "RGBA" if is_transparent or image.mode == "PA" else "RGB"


@contextmanager
def _quiet() -> Iterator[None]:
    """Drop the warnings that Pillow gives on odd headers."""
    with _QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _refuse_cut_short(stream: BinaryIO, kind: str, path: Path) -> None:
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, size - _TAIL))
    tail = stream.read()
    stream.seek(0)
    head = stream.read(12)
    if kind == "PNG":
        is_whole = b"IEND" in tail
    elif kind == "JPEG":
        is_whole = b"\xff\xd9" in tail
    elif kind == "WebP":
        is_whole = size >= 8 + int.from_bytes(head[4:8], "little")
    else:
        is_whole = size >= int.from_bytes(head[2:6], "little")
    if not is_whole:
        raise ImageError(path, f"cut short: this {kind} file ends before its image does")


def _png_bits(stream: BinaryIO) -> int:
    stream.seek(24)
    bits = stream.read(1)[0]
    stream.seek(0)
    return bits


def _orientation(image: ImageFile) -> int:
    """Return the EXIF orientation, 1 to 8; 1 where there is none."""
    if "exif" not in image.info:
        return 1
    with _quiet():
        return image.getexif().get(ORIENTATION_TAG, 1)


def _deep_png_values(image: ImageFile, stream: BinaryIO) -> np.ndarray:
    """Decode a 16-bit PNG in full.

    Pillow keeps only the high byte of 16-bit colour. Its little-endian unpackers keep the other
    one, so that reading twice gives both; grey with alpha has the four bytes of an RGBA pixel.
    """
    (tile,) = image.tile
    if image.mode.startswith("I"):
        return pixels_of(image).astype(np.uint16)
    if tile.args == _DEEP_GREY_ALPHA:
        image.tile = [tile._replace(args="RGBA")]
        return np.array(image).view(">u2").astype(np.uint16)
    high = np.array(image).astype(np.uint16)
    stream.seek(0)
    again = PngImageFile(stream)
    again.tile = [tile._replace(args=f"{again.mode};16L")]
    return (high << 8) | np.array(again)

"""What a header says, which images are refused, and which way up they are."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from anomalylab.errors import ImageError

MAX_PIXELS = 178_956_970
"""Largest image decoded, in pixels: Pillow's own limit against decompression bombs."""

ORIENTATION_TAG = 0x0112
"""Where EXIF and TIFF keep the orientation."""


@dataclass(frozen=True)
class Header:
    """What a file says of itself before its pixels are decoded.

    Parameters
    ----------
    width, height : int
        Size in pixels as read, after the rotation that EXIF asks for.
    mode : str
        ``"grey"``, ``"grey with alpha"``, ``"palette"``, ``"RGB"``, ``"RGBA"`` or ``"CMYK"``.
    bits : int
        Bits of one channel of one pixel.
    is_float : bool
        Whether values are floating-point numbers.
    format : str
        ``"PNG"``, ``"JPEG"``, ``"BMP"``, ``"WebP"`` or ``"TIFF"``.
    orientation : int
        What EXIF or TIFF asks for, 1 to 8; 1 where pixels are stored upright.
    """

    width: int
    height: int
    mode: str
    bits: int
    is_float: bool
    format: str
    orientation: int = 1

    @property
    def channels(self) -> int:
        """Values stored for one pixel."""
        return {"grey": 1, "palette": 1, "grey with alpha": 2, "RGB": 3}.get(self.mode, 4)


def refuse_oversize(path: Path, width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise ImageError(
            path, f"{width} x {height} pixels are more than the {MAX_PIXELS} allowed; cut it up"
        )


def refuse_several(path: Path, n_images: int) -> None:
    if n_images != 1:
        raise ImageError(path, f"holds {n_images} pages or frames; save each as a file of its own")


def upright(values: np.ndarray, orientation: int) -> np.ndarray:
    """Apply an EXIF orientation to an array (height, width, channels)."""
    if orientation in (5, 6, 7, 8):
        values = values.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    return np.ascontiguousarray(values)

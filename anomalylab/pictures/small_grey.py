"""An image as a small grey picture, by which near copies are found."""

import numpy as np
from PIL import Image

from anomalylab.compute.near_copies import SIDE, residual

MOST_MOVED = 2
"""Pixels by which a crop of a near copy may have been moved."""

LEVELS = 256
"""Steps of a grey level that pictures are rounded to, so that 16 bits hold them exactly."""

_LARGE = 384  # pixels of the shorter side: twice as large images are halved first, which is cheap


def small_grey(image: np.ndarray) -> tuple[np.ndarray, float]:
    """Return a small grey picture of an image, and how much a crop of it differs when it is moved.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)

    Returns
    -------
    picture : float32 ndarray of shape (SIDE, SIDE)
        Grey levels from 0 to 255, squeezed into a square.
    own : float
        :func:`anomalylab.compute.near_copies.residual` of two crops of the image that are
        :data:`MOST_MOVED` pixels apart both ways, or one in small images: as near to half a pixel
        of the picture as can be, which is the hardest to fit.
    """
    grey = np.asarray(Image.fromarray(image).convert("L"))
    moved = int(np.clip(round(min(grey.shape) / SIDE / 2), 1, MOST_MOVED))
    height, width = (side - moved for side in grey.shape)
    crops = grey[:height, moved:], grey[moved:, :width]
    return _shrunk(grey), residual(*map(_shrunk, crops))


def _shrunk(grey: np.ndarray) -> np.ndarray:
    crop = Image.fromarray(np.ascontiguousarray(grey))
    floats = crop.reduce(max(1, min(crop.size) // _LARGE)).convert("F")
    picture = np.asarray(floats.resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    return np.rint(picture * LEVELS) / LEVELS

"""Small copies of images, and the outlines of their defects, for pages and tables."""

import json
from io import BytesIO

import numpy as np
from PIL import Image

from anomalylab.images.read import resize
from anomalylab.pictures.encode import webp

LONG_SIDE = 192
"""Pixels of the longer side of a thumbnail."""

MAX_BYTES = 75_000
"""Of an enlarged copy."""

_QUALITY = 80
_ENLARGED = ((768, 80), (768, 60), (512, 70), (384, 60), (256, 50))
"""Longer sides in pixels and qualities of enlarged copies, tried in this order."""

_TOLERANCE = 0.4  # thumbnail pixels by which a simplified outline may be off


def thumbnail(
    image: np.ndarray, mask: np.ndarray | None = None, long_side: int = LONG_SIDE
) -> tuple[bytes, int, int, str | None]:
    """Shrink an image for display.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)
    mask : bool ndarray of shape (height, width), optional
        Defects, drawn as outlines; it may have another size than the image.
    long_side : int
        Pixels of the longer side; smaller images keep their size.

    Returns
    -------
    webp : bytes
    width, height : int
        Size in pixels.
    contour : str or None
        JSON list of rings of [x, y] in thumbnail pixels; None without a mask.
    """
    small = shrunk(image, long_side)
    height, width = small.shape[:2]
    return webp(small, _QUALITY), width, height, contour_of(mask, (height, width))


def shrunk(image: np.ndarray, long_side: int) -> np.ndarray:
    """Return an image whose longer side is at most so many pixels; smaller ones stay as they are.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)
    long_side : int
    """
    shrink = min(1.0, long_side / max(image.shape[:2]))
    height, width = (max(1, round(side * shrink)) for side in image.shape[:2])
    return resize(image, (height, width), method="area")


def enlarged(image: np.ndarray) -> tuple[bytes, int, int]:
    """Shrink an image for a look at it alone: 768 px, or what :data:`MAX_BYTES` hold of it.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)

    Returns
    -------
    webp : bytes
    width, height : int
        Size in pixels.
    """
    for long_side, quality in _ENLARGED:
        small = shrunk(image, long_side)
        content = webp(small, quality)
        if len(content) <= MAX_BYTES:
            break
    return content, small.shape[1], small.shape[0]


def mean_grey(picture: bytes) -> float:
    """Return the mean of all values of an encoded picture, 0 to 255."""
    return float(np.asarray(Image.open(BytesIO(picture)).convert("RGB")).mean())


def contour_of(mask: np.ndarray | None, size: tuple[int, int]) -> str | None:
    """Write the outlines of a mask on a picture of ``size`` (height, width) as JSON, if any."""
    return None if mask is None else json.dumps(outlines(mask, size))


def outlines(mask: np.ndarray, size: tuple[int, int]) -> list[list[list[float]]]:
    """Trace the borders of the regions of a mask.

    Parameters
    ----------
    mask : bool ndarray of shape (height, width)
    size : (height, width)
        Size of the picture that the outlines are drawn on.

    Returns
    -------
    rings : list of rings of [x, y]
        Closed, in pixels of that picture, (0, 0) being its upper left corner. A hole is a ring of
        its own.
    """
    from skimage.measure import find_contours

    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return []
    inner = mask[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
    origin = (rows[0] - 0.5, cols[0] - 0.5)  # of the padded part, counted from pixel corners
    scale = np.divide(size, mask.shape)
    rings = find_contours(np.pad(inner, 1).astype(np.float32), 0.5)
    return [_simplify((ring + origin) * scale).round(1)[:, ::-1].tolist() for ring in rings]


def _simplify(ring: np.ndarray) -> np.ndarray:
    from skimage.measure import approximate_polygon

    simple = approximate_polygon(ring, _TOLERANCE)
    return simple if len(simple) > 3 else ring  # a speck would shrink to a point

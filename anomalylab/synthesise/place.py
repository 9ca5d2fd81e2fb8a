"""Where on an image a defect begins: anywhere, on the object, or on an edge.

Sugimoto, K. (2019): the object is told by its edges, which are steps in brightness from a pixel to
the one below.
"""

import numpy as np
from PIL import Image
from scipy import ndimage

from anomalylab.errors import ParameterError
from anomalylab.registry import unknown_name
from anomalylab.synthesise.stroke import SIDE

PLACES = ("anywhere", "on-blob", "on-edge")

STEP = 20.0
"""Published: change of the sum of the three channels from a pixel to the one below that makes an
edge, of the smoothed image whose shorter side is 224 pixels."""

_SMOOTH = 5  # pixels of the box that an image is smoothed with


def edges(image: np.ndarray) -> np.ndarray:
    """Find the edges: where the sum of the channels of the smoothed image steps by over 20.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)

    Returns
    -------
    is_edge : bool ndarray of shape (rows, cols)
        Of the image at a shorter side of 224 pixels.
    """
    height, width = image.shape[:2]
    shrink = SIDE / min(height, width)
    size = max(2, round(height * shrink)), max(1, round(width * shrink))
    if size != (height, width):
        image = np.asarray(Image.fromarray(image).resize(size[::-1], Image.Resampling.BILINEAR))
    total = image.astype(np.float32) @ np.ones(3, np.float32)
    step = np.diff(ndimage.uniform_filter(total, _SMOOTH), axis=0, append=0)
    step[-1] = 0
    return np.abs(step) > STEP


def first_point(image: np.ndarray, place: str, rng: np.random.Generator) -> tuple[float, float]:
    """Draw the place of a defect.

    ``"on-edge"`` draws an edge pixel. ``"on-blob"`` draws an edge pixel's column, and a row between
    the first and the last edge pixel of that column.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)
    place : {"on-blob", "on-edge"}
    rng : Generator

    Returns
    -------
    point : (float, float)
        Row and column, in pixels of ``image``.

    Raises
    ------
    ParameterError
        If the image has no edge.
    UnknownNameError
        If there is no such place.
    """
    if place not in PLACES[1:]:
        unknown_name("place", place, PLACES)
    is_edge = edges(image)
    found = np.flatnonzero(is_edge)
    if not len(found):
        raise ParameterError(
            f"place={place!r} looks for an object by its edges, where the sum of the three "
            f"channels changes by more than {STEP:g} from one row to the next, and this image has "
            'none; use place="anywhere"'
        )
    row, col = np.unravel_index(found[rng.integers(len(found))], is_edge.shape)
    if place == "on-blob":
        hits = np.flatnonzero(is_edge[:, col])
        row = rng.integers(hits[0], hits[-1], endpoint=True)
    inside = (np.array([row, col]) + 0.5) * np.divide(image.shape[:2], is_edge.shape) - 0.5
    down, across = np.clip(np.rint(inside), 0, np.subtract(image.shape[:2], 1))
    return float(down), float(across)

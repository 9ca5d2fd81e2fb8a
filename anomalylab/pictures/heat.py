"""Heat of a network over an image, on one scale for all images that are shown together."""

import numpy as np

from anomalylab.pictures.map_colours import STEPS_PER_THRESHOLD, USUAL_RAMP, composite
from anomalylab.pictures.thumbnails import LONG_SIDE, thumbnail

SHARE_BEYOND = 0.05
"""Share of the images in which the heat passes the scale."""

FULL = 4 * STEPS_PER_THRESHOLD
"""Byte of the last colour of a ramp."""


def heat_scale(heat: np.ndarray) -> float:
    """Return the heat that is drawn in the last colour.

    One image in twenty has more somewhere. A scale of all images together keeps those calm in which
    there is little heat; stretched to each image's own maximum, every image would burn.

    Parameters
    ----------
    heat : ndarray of shape (n_images, n_rows, n_cols)
        Of all images that are shown together, at least 0.

    Returns
    -------
    scale : float
        0 if there is no heat at all.
    """
    return float(np.quantile(heat.max(axis=(1, 2)), 1 - SHARE_BEYOND))


def heat_bytes(heat: np.ndarray, scale: float) -> np.ndarray:
    """Express heat as steps of a ramp of :func:`anomalylab.pictures.map_colours.colours`.

    Parameters
    ----------
    heat : ndarray of shape (..., n_rows, n_cols)
    scale : float
        Of :func:`heat_scale`; an eighth of it is where colour begins.

    Returns
    -------
    steps : uint8 ndarray of the same shape
    """
    if scale <= 0:
        return np.zeros(np.shape(heat), np.uint8)
    return np.clip(np.round(np.asarray(heat) / scale * FULL), 0, 255).astype(np.uint8)


def heat_picture(
    image: np.ndarray,
    heat: np.ndarray,
    scale: float,
    *,
    ramp: str = USUAL_RAMP,
    long_side: int = LONG_SIDE,
) -> bytes:
    """Draw heat over an image.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)
    heat : ndarray of shape (n_rows, n_cols)
        At least 0; enlarged bilinearly.
    scale : float
        Of :func:`heat_scale`.
    ramp : str
        Of :func:`anomalylab.pictures.map_colours.colours`.
    long_side : int
        Pixels of the longer side; smaller images keep their size.

    Returns
    -------
    bytes
        A WebP file of the size that the image's thumbnail has.
    """
    small, *_ = thumbnail(image, long_side=long_side)
    return composite(small, heat_bytes(heat, scale), None, ramp)

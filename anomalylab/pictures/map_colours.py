"""Anomaly maps as colours: one byte a cell, one colour scale anchored at the map threshold.

The page enlarges the same bytes with the same colours; what is drawn here is for readers without
scripts.
"""

import io
import json

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from anomalylab.pictures.colours import MAP_RAMPS
from anomalylab.pictures.encode import webp

STEPS_PER_THRESHOLD = 60
"""A byte of 60 means the map threshold, 30 half of it; the scale ends at 4.25 thresholds."""

USUAL_RAMP = "amber to red"


def to_bytes(maps: np.ndarray, threshold: float) -> np.ndarray:
    """Express maps as sixtieths of the threshold, in one byte a cell.

    Parameters
    ----------
    maps : ndarray of shape (n_images, n_rows, n_cols)
    threshold : float
        The map threshold. If it is not positive, the smallest value of all maps is taken as zero.

    Returns
    -------
    ndarray of uint8, same shape
    """
    maps = np.asarray(maps, dtype=np.float64)
    low = 0.0 if threshold > 0 else float(maps.min())
    span = threshold - low if threshold > low else 1.0
    return np.clip(np.round((maps - low) / span * STEPS_PER_THRESHOLD), 0, 255).astype(np.uint8)


def colours(ramp: str = USUAL_RAMP) -> np.ndarray:
    """Return the colour of each byte, (256, 4) of uint8: red, green, blue, alpha.

    Transparent up to half of the threshold, faint up to it, the ramp's first colour there, its
    second from four times on. Equal steps of colour are equal factors, and the image shines
    through even the strongest.

    Parameters
    ----------
    ramp : str
        A name in :data:`anomalylab.pictures.colours.MAP_RAMPS`, such as
        :func:`anomalylab.pictures.map_ramp.ramp_for` chooses.
    """
    first, last = (np.array(ImageColor.getrgb(colour)) for colour in MAP_RAMPS[ramp])
    t = np.maximum(np.arange(256), 1) / STEPS_PER_THRESHOLD
    doublings = np.clip(np.log2(t), -1, 2)[:, None]
    below, above = np.clip(doublings + 1, 0, 1), np.clip(doublings / 2, 0, 1)
    alpha = 0.42 * below**4 + 0.26 * above
    table = np.column_stack([first + above * (last - first), 255 * alpha])
    return np.round(table).astype(np.uint8)


def composite(
    thumbnail: bytes, cells: np.ndarray | None, contour: str | None, ramp: str = USUAL_RAMP
) -> bytes:
    """Draw the anomaly map and the outline of the true defect over a thumbnail.

    Parameters
    ----------
    thumbnail : bytes
        An image file.
    cells : ndarray of uint8 of shape (n_rows, n_cols) or None
        From :func:`to_bytes`.
    contour : str or None
        JSON list of rings of ``[x, y]`` in pixels of the thumbnail.
    ramp : str
        Of :func:`colours`.

    Returns
    -------
    bytes
        A WebP file of the thumbnail's size.
    """
    picture = Image.open(io.BytesIO(thumbnail)).convert("RGBA")
    if cells is not None:
        picture.alpha_composite(_coloured(cells, picture.size, ramp))
    if contour:
        draw, width = ImageDraw.Draw(picture), max(1, max(picture.size) // 256)
        rings = [[tuple(point) for point in ring] for ring in json.loads(contour)]
        for ring in rings:  # a rim, so that the line is seen on white, too
            draw.line(ring, fill=(70, 70, 70), width=width + 2)
        for ring in rings:
            draw.line(ring, fill=(255, 255, 255), width=width)
    return webp(np.asarray(picture.convert("RGB")), quality=70)


def _coloured(cells: np.ndarray, size: tuple[int, int], ramp: str) -> Image.Image:
    enlarged = Image.fromarray(cells.astype(np.float32)).resize(size, Image.Resampling.BILINEAR)
    steps = np.clip(np.round(np.asarray(enlarged)), 0, 255).astype(np.uint8)
    return Image.fromarray(colours(ramp)[steps])

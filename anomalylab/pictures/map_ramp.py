"""Which colours anomaly maps take, so that they can be told from what the images hold."""

import io
from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image

from anomalylab.pictures.colours import MAP_RAMPS
from anomalylab.pictures.map_colours import STEPS_PER_THRESHOLD, USUAL_RAMP, colours

FAR = 20.0
"""Distance in CIELAB from which on a colour cannot be taken for another at a glance."""

N_LOOKED_AT = 128
"""Images whose colours are measured, evenly spaced among all."""

SIDE = 32
"""Pixels a side that are taken from each of them."""

SHARE = 0.01
"""Of an image: a spot of colour as large as this counts, a smaller one does not."""

VISIONS = np.array(
    [
        np.eye(3),
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
    ],
    np.float32,
)
"""What people see of linear red, green and blue: all of it; without red cones, without green ones
(Machado, Oliveira and Fernandes 2009)."""

_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ],
    np.float32,
)


def ramp_for(pictures: Sequence[bytes]) -> str:
    """Choose the colours of maps: the usual ones, unless an image holds them.

    Then those of :data:`anomalylab.pictures.colours.MAP_RAMPS` that are furthest from what the
    images hold. The same pictures always give the same answer.

    Parameters
    ----------
    pictures : sequence of bytes
        Image files, such as thumbnails.

    Returns
    -------
    str
        A name in ``MAP_RAMPS``.
    """
    if not len(pictures):
        return USUAL_RAMP
    pixels = _pixels(pictures)
    if ramp_distances(pixels, [USUAL_RAMP])[USUAL_RAMP] >= FAR:
        return USUAL_RAMP
    distances = ramp_distances(pixels)
    return max(distances, key=lambda name: distances[name])


def ramp_distances(pixels: np.ndarray, ramps: Iterable[str] = MAP_RAMPS) -> dict[str, float]:
    """Return how far maps of each ramp stand out from images, in CIELAB.

    The colours at one, two and four map thresholds are laid over the median colour of each image.
    A colour's distance is the quantile of distances to the pixels that a share of
    :data:`SHARE` lies below; the lowest counts, of any colour, image and kind of vision.

    Parameters
    ----------
    pixels : uint8 ndarray of shape (n_images, n_pixels, 3)
    ramps : iterable of str
        Names in ``MAP_RAMPS``.
    """
    seen, typical = cielab(pixels), np.median(pixels, axis=1)
    distances = {}
    for ramp in ramps:
        table = colours(ramp)[STEPS_PER_THRESHOLD * np.array([1, 2, 4])].astype(float)
        alpha = table[:, None, 3:] / 255
        marks = cielab(alpha * table[:, None, :3] + (1 - alpha) * typical)
        distances[ramp] = min(
            _nearest(of_vision, mark)
            for of_vision, of_marks in zip(seen, marks, strict=True)
            for mark in of_marks
        )
    return distances


def _nearest(seen: np.ndarray, mark: np.ndarray) -> float:
    offsets = seen - mark[:, None]
    squares = np.einsum("ijk,ijk->ij", offsets, offsets)
    nearest = int(SHARE * squares.shape[1])
    return float(np.sqrt(np.partition(squares, nearest, axis=1)[:, nearest].min()))


def cielab(rgb: np.ndarray) -> np.ndarray:
    """Return CIELAB coordinates (white D65) as each of :data:`VISIONS` sees them.

    Parameters
    ----------
    rgb : ndarray of shape (..., 3)
        Red, green and blue from 0 to 255, as in sRGB.

    Returns
    -------
    ndarray of shape (n_visions, ..., 3)
        Lightness, red against green, yellow against blue.
    """
    share = np.asarray(rgb, np.float32) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    seen = np.stack([np.clip(linear @ vision.T, 0, 1) for vision in VISIONS])
    xyz = seen @ _TO_XYZ.T / _TO_XYZ.sum(axis=1)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _pixels(pictures: Sequence[bytes]) -> np.ndarray:
    n = min(len(pictures), N_LOOKED_AT)
    places = np.linspace(0, len(pictures) - 1, n).round().astype(int)
    return np.stack([_sampled(pictures[place]) for place in places])


def _sampled(picture: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.NEAREST)).reshape(-1, 3)

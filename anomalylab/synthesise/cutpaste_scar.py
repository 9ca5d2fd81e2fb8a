"""CutPaste scar: a thin strip of the image, turned, pasted elsewhere.

Li et al. (2021). CutPaste: Self-Supervised Learning for Anomaly Detection and Localization. CVPR.
"""

import math

import numpy as np

from anomalylab.synthesise import register
from anomalylab.synthesise.cutpaste import JITTER, checked_source
from anomalylab.synthesise.paint import lay_on, offsets, pick_centre
from anomalylab.synthesise.recoloured import recoloured
from anomalylab.synthesise.stroke import in_pixels

LENGTH, WIDTH, ANGLE = (10, 25), (2, 16), 45.0
"""Published, in pixels and degrees."""


@register("cutpaste_scar")
def cutpaste_scar(
    image: np.ndarray,
    rng: np.random.Generator,
    contrast: float = 1.0,
    *,
    where: np.ndarray | None = None,
    scale: float = 1.0,
    centre: tuple[float, float] | None = None,
    source: np.ndarray | None = None,
    length: tuple[float, float] = LENGTH,
    width: tuple[float, float] = WIDTH,
    angle: float = ANGLE,
    jitter: float = JITTER,
) -> tuple[np.ndarray, np.ndarray]:
    """Paste a turned strip with hard edges.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)
    rng : Generator
    contrast : float in [0, 1]
    where : bool ndarray of shape (height, width), optional
        Pixels that may change.
    scale : float
        Factor on ``length`` and ``width``.
    centre : (float, float), optional
        Row and column of its middle.
    source : uint8 ndarray of shape (any height, any width, 3), optional
        Image to cut from; ``image`` itself by default.
    length, width : (float, float)
        Bounds of its sides, upright before it is turned, in pixels of an image whose shorter side
        is 224; they grow with the image.
    angle : float
        It is turned by up to so many degrees either way.
    jitter : float in [0, 0.5]
        How far its colours are shifted.

    Returns
    -------
    pasted : uint8 ndarray of shape (height, width, 3)
    mask : bool ndarray of shape (height, width)

    Raises
    ------
    ParameterError
        If an argument has a shape or value that cannot be used.
    """
    source, shape = checked_source(image, source), image.shape[:2]
    sides = [
        max(1.0, in_pixels(rng, shape, bounds, scale, name))
        for bounds, name in ((length, "length"), (width, "width"))
    ]
    reach = math.hypot(*sides) / 2
    row, col = np.rint(centre or pick_centre(rng, shape, reach, where))
    dy, dx = offsets(shape, (row, col), np.deg2rad(rng.uniform(-angle, angle)))
    strip = (np.abs(dy) <= sides[0] / 2) & (np.abs(dx) <= sides[1] / 2)
    origin = pick_centre(rng, source.shape[:2], reach)
    paint = image.astype(np.float32)
    paint[strip] = recoloured(rng, _cut(source, origin, dy[strip], dx[strip]), jitter)
    return lay_on(image, paint, strip.astype(np.float32), contrast, where)


def _cut(
    source: np.ndarray, origin: tuple[float, float], dy: np.ndarray, dx: np.ndarray
) -> np.ndarray:
    """Return the pixels nearest to places around ``origin``, held at the border, as (n, 3)."""
    rows, cols = (
        np.clip(np.rint(start + step), 0, side - 1).astype(int)
        for start, step, side in zip(origin, (dy, dx), source.shape, strict=False)
    )
    return source[rows, cols]

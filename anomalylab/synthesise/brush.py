"""A brush: a stroke as a hand draws it, with a tremor, more or less pressed, its bristles seen."""

import numpy as np

from anomalylab.synthesise import register
from anomalylab.synthesise.paint import lay_on, pick_centre
from anomalylab.synthesise.scratch import bent_curve, distance_to
from anomalylab.synthesise.stroke import in_pixels, pick_any_colour

LENGTH, WIDTH = (20, 110), (3, 14)
_TREMOR = 0.35  # of half the width
_LIGHTEST, _THINNEST = 0.7, 0.45


@register("brush")
def brush(
    image: np.ndarray,
    rng: np.random.Generator,
    contrast: float = 1.0,
    *,
    where: np.ndarray | None = None,
    scale: float = 1.0,
    centre: tuple[float, float] | None = None,
    length: tuple[float, float] = LENGTH,
    width: tuple[float, float] = WIDTH,
    colour: str = "any",
) -> tuple[np.ndarray, np.ndarray]:
    """Draw a bent stroke with rounded ends.

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
        Row and column of the middle of the stroke.
    length, width : (float, float)
        Bounds of its length and of its width where it is pressed hardest, in pixels of an image
        whose shorter side is 224; they grow with the image.
    colour : {"any", "grey"}
        Each channel drawn by itself, or one level for all.

    Returns
    -------
    drawn : uint8 ndarray of shape (height, width, 3)
    mask : bool ndarray of shape (height, width)

    Raises
    ------
    ParameterError
        If an argument has a shape or value that cannot be used.
    """
    shape = image.shape[:2]
    run = max(1.0, in_pixels(rng, shape, length, scale, "length"))
    widest = max(0.75, in_pixels(rng, shape, width, scale, "width") / 2)
    middle = centre or pick_centre(rng, shape, run / 4, where)
    points = bent_curve(rng, middle, run)
    points = points + rng.normal(0, _TREMOR * widest / 2, points.shape)
    distance, along = distance_to(shape, points, reach=widest + 1)
    half = widest * (_THINNEST + (1 - _THINNEST) * _wave(rng, along))
    coverage = np.clip(half + 0.5 - np.abs(distance), 0, 1)
    across = np.where(np.isfinite(distance), distance, 0) / widest
    hair = _LIGHTEST + (1 - _LIGHTEST) * np.cos(rng.uniform(4, 9) * across + rng.uniform(0, 6)) ** 2
    return lay_on(image, pick_any_colour(rng, colour), coverage * hair, contrast, where)


def _wave(rng: np.random.Generator, along: np.ndarray) -> np.ndarray:
    """Return how hard the brush is pressed along its way, from 0 to 1."""
    return 0.5 + 0.5 * np.sin(rng.uniform(2, 7) * along + rng.uniform(0, 2 * np.pi))

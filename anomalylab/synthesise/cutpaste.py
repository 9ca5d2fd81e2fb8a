"""CutPaste: a rectangle of the image, its colours shifted a little, pasted elsewhere.

Li et al. (2021). CutPaste: Self-Supervised Learning for Anomaly Detection and Localization. CVPR.
"""

import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.synthesise import register
from anomalylab.synthesise.paint import lay_on, pick_centre
from anomalylab.synthesise.recoloured import recoloured

AREA, ASPECT, JITTER = (0.02, 0.15), (0.3, 3.3), 0.1
"""Published: share of the image, height by width (drawn evenly in its logarithm), and shift."""


@register("cutpaste")
def cutpaste(
    image: np.ndarray,
    rng: np.random.Generator,
    contrast: float = 1.0,
    *,
    where: np.ndarray | None = None,
    scale: float = 1.0,
    centre: tuple[float, float] | None = None,
    source: np.ndarray | None = None,
    area: tuple[float, float] = AREA,
    aspect: tuple[float, float] = ASPECT,
    jitter: float = JITTER,
) -> tuple[np.ndarray, np.ndarray]:
    """Paste an upright rectangle with hard edges.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)
    rng : Generator
    contrast : float in [0, 1]
    where : bool ndarray of shape (height, width), optional
        Pixels that may change.
    scale : float
        Factor on the sides of the rectangle.
    centre : (float, float), optional
        Row and column of its middle, which is moved so that it lies in the image.
    source : uint8 ndarray of shape (any height, any width, 3), optional
        Image to cut from; ``image`` itself by default.
    area : (float, float)
        Bounds of its share of the image, in (0, 1].
    aspect : (float, float)
        Bounds of its height divided by its width.
    jitter : float in [0, 0.5]
        How far its colours are shifted; see :mod:`anomalylab.synthesise.recoloured`.

    Returns
    -------
    pasted : uint8 ndarray of shape (height, width, 3)
    mask : bool ndarray of shape (height, width)

    Raises
    ------
    ParameterError
        If an argument has a shape or value that cannot be used.
    """
    source = checked_source(image, source)
    shape = image.shape[:2]
    sides = _sides(rng, shape, area, aspect, scale, np.minimum(shape, source.shape[:2]))
    middle = centre or pick_centre(rng, shape, min(sides) / 2, where, inside=(0.5, 1.0))
    top, left = np.clip(np.rint(np.subtract(middle, sides / 2)), 0, shape - sides).astype(int)
    row, col = (int(rng.integers(n - s + 1)) for n, s in zip(source.shape, sides, strict=False))
    paint, coverage = image.astype(np.float32), np.zeros(shape, np.float32)
    box = slice(top, top + sides[0]), slice(left, left + sides[1])
    paint[box] = recoloured(rng, source[row : row + sides[0], col : col + sides[1]], jitter)
    coverage[box] = 1
    return lay_on(image, paint, coverage, contrast, where)


def checked_source(image: np.ndarray, source: np.ndarray | None) -> np.ndarray:
    """Return the image to cut from, or refuse one that is no colour image."""
    if source is None:
        return image
    if source.dtype != np.uint8 or source.ndim != 3 or source.shape[2] != 3:
        raise ParameterError(
            f"source must be a uint8 image of shape (height, width, 3), not {source.dtype} "
            f"{source.shape}"
        )
    return source


def _sides(
    rng: np.random.Generator,
    shape: tuple[int, int],
    area: tuple[float, float],
    aspect: tuple[float, float],
    scale: float,
    largest: np.ndarray,
) -> np.ndarray:
    """Draw the height and the width of the rectangle."""
    if not 0 < area[0] <= area[1] <= 1 or not 0 < aspect[0] <= aspect[1]:
        raise ParameterError(
            f"area is two shares of the image in (0, 1] and aspect two positive numbers, neither "
            f"falling; not {area} and {aspect}"
        )
    pixels = rng.uniform(*area) * shape[0] * shape[1] * scale**2
    tall = np.exp(rng.uniform(*np.log(aspect)))
    sides = np.rint([np.sqrt(pixels * tall), np.sqrt(pixels / tall)])
    return np.clip(sides, 1, largest).astype(int)

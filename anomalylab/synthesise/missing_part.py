"""A missing part: an angular piece is gone, and what lies behind shows."""

import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.synthesise import register
from anomalylab.synthesise.paint import lay_on, offsets, pick_centre, smooth_noise

SHADE, CORE = (20.0, 18.0, 18.0), (206.0, 200.0, 190.0)
"""A cavity is in deep shadow, or, under a dark surface, shows pale material."""
DARK = 70
"""Mean grey level below which a surface counts as dark."""


@register("missing_part")
def missing_part(
    image: np.ndarray,
    rng: np.random.Generator,
    contrast: float = 1.0,
    *,
    where: np.ndarray | None = None,
    scale: float = 1.0,
    centre: tuple[float, float] | None = None,
    behind: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Break a piece out of an image, at the rim of the object if what lies behind it is known.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)
    rng : Generator
    contrast : float in [0, 1]
    where : bool ndarray of shape (height, width), optional
        The object.
    scale : float
        Factor on the defect's size, which is otherwise a share of the image's shorter side.
    centre : (float, float), optional
        Row and column of its middle; drawn by default.
    behind : ndarray of shape (height, width, 3), optional
        What lies behind, from 0 to 255; a shaded cavity by default.

    Returns
    -------
    broken : uint8 ndarray of shape (height, width, 3)
    mask : bool ndarray of shape (height, width)

    Raises
    ------
    ParameterError
        If an argument has a shape or value that cannot be used.
    """
    if behind is not None and behind.shape != image.shape:
        raise ParameterError(
            f"behind must have the image's shape {image.shape}, not {behind.shape}"
        )
    shape = image.shape[:2]
    radius = max(2.0, scale * min(shape) * rng.uniform(0.07, 0.11))
    inside = (0.75, 1.0) if behind is None else (0.35, 0.65)
    centre = centre or pick_centre(rng, shape, radius, where, inside=inside)
    depth = _polygon_depth(rng, shape, centre, radius) + 0.6 * smooth_noise(rng, shape, 2.0)
    coverage = np.clip(depth + 0.5, 0, 1)
    if behind is not None:
        return lay_on(image, behind, coverage, contrast, where)
    beneath = image[coverage > 0.5].mean() if (coverage > 0.5).any() else image.mean()
    colour = (
        np.array(SHADE if beneath > DARK else CORE) + 5 * smooth_noise(rng, shape, 1.0)[..., None]
    )
    floor = np.clip(depth / (0.4 * radius), 0.6, 1)[..., None]
    return lay_on(image, floor * colour + (1 - floor) * image, coverage, contrast, where)


def _polygon_depth(
    rng: np.random.Generator, shape: tuple[int, int], centre: tuple[float, float], radius: float
) -> np.ndarray:
    """Return the distance inwards from the sides of an irregular convex polygon, in pixels."""
    n_sides = int(rng.integers(5, 8))
    angles = 2 * np.pi * (np.arange(n_sides) + rng.uniform(-0.3, 0.3, n_sides)) / n_sides
    reach = radius * rng.uniform(0.7, 1.1, n_sides)
    dy, dx = offsets(shape, centre, rng.uniform(0, 2 * np.pi))
    sides = [r - dy * np.sin(a) - dx * np.cos(a) for a, r in zip(angles, reach, strict=True)]
    return np.minimum.reduce(sides)

"""A stain: a wide, soft-edged change of colour through which the surface shows."""

import numpy as np

from anomalylab.synthesise import register
from anomalylab.synthesise.paint import blob, lay_on, pick_centre, pick_colour, smooth_noise

PALETTE = ((92, 54, 24), (36, 30, 30), (150, 70, 24), (40, 60, 110), (232, 226, 206))
BODY = 0.85
"""How much of the surface's own colour the stain hides."""


@register("stain")
def stain(
    image: np.ndarray,
    rng: np.random.Generator,
    contrast: float = 1.0,
    *,
    where: np.ndarray | None = None,
    scale: float = 1.0,
    centre: tuple[float, float] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Stain an image with a dried drop: soft, uneven, darker along its rim.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)
    rng : Generator
    contrast : float in [0, 1]
    where : bool ndarray of shape (height, width), optional
        Pixels that may change.
    scale : float
        Factor on the defect's size, which is otherwise a share of the image's shorter side.
    centre : (float, float), optional
        Row and column of its middle; drawn by default.

    Returns
    -------
    stained : uint8 ndarray of shape (height, width, 3)
    mask : bool ndarray of shape (height, width)

    Raises
    ------
    ParameterError
        If an argument has a shape or value that cannot be used.
    """
    shape = image.shape[:2]
    radius = max(3.0, scale * min(shape) * rng.uniform(0.09, 0.15))
    centre = centre or pick_centre(rng, shape, radius, where)
    depth = blob(rng, shape, centre, radius)
    depth = depth + 0.1 * radius * smooth_noise(rng, shape, radius / 4)
    softness = 0.35 * radius
    rise = np.clip(depth / softness, 0, 1)
    rim = np.exp(-(((depth - softness) / softness) ** 2))
    coverage = BODY * rise * rise * (3 - 2 * rise) * (0.75 + 0.25 * rim)
    colour = pick_colour(rng, PALETTE, image, coverage > 0.5)
    return lay_on(image, colour, coverage, contrast, where)

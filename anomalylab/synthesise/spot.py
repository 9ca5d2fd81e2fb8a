"""A spot: a small grain or pit with a firm edge."""

import numpy as np

from anomalylab.synthesise import register
from anomalylab.synthesise.paint import blob, lay_on, pick_centre, pick_colour, smooth_noise

PALETTE = ((24, 20, 18), (146, 34, 26), (244, 240, 230), (222, 170, 60))


@register("spot")
def spot(
    image: np.ndarray,
    rng: np.random.Generator,
    contrast: float = 1.0,
    *,
    where: np.ndarray | None = None,
    scale: float = 1.0,
    centre: tuple[float, float] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Put a spot with a firm, uneven edge on an image, light or dark, whichever stands out.

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
    spotted : uint8 ndarray of shape (height, width, 3)
    mask : bool ndarray of shape (height, width)

    Raises
    ------
    ParameterError
        If an argument has a shape or value that cannot be used.
    """
    shape = image.shape[:2]
    radius = max(1.5, scale * min(shape) * rng.uniform(0.03, 0.055))
    centre = centre or pick_centre(rng, shape, radius, where)
    depth = blob(rng, shape, centre, radius, unevenness=0.15)
    coverage = np.clip(depth + 0.5, 0, 1)
    colour = pick_colour(rng, PALETTE, image, coverage > 0.5)
    dome = np.clip(depth / radius, 0, 1) - 0.5
    grain = smooth_noise(rng, shape, 0.8)
    return lay_on(image, colour + (12 * dome + 6 * grain)[..., None], coverage, contrast, where)

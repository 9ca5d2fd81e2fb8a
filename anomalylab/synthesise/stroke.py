"""What drawn defects share: bounds that grow with the image, and any colour."""

import numpy as np

from anomalylab.errors import ParameterError

SIDE = 224
"""Shorter side, in pixels, of the image that lengths and widths are stated for."""

COLOURS = ("any", "grey")


def in_pixels(
    rng: np.random.Generator,
    shape: tuple[int, int],
    bounds: tuple[float, float],
    scale: float,
    name: str,
) -> float:
    """Draw a size between two bounds and bring it to an image.

    Parameters
    ----------
    rng : Generator
    shape : (int, int)
        Height and width of the image.
    bounds : (float, float)
        In whole pixels of an image whose shorter side is :data:`SIDE`.
    scale : float
    name : str
        What is drawn, for the message.

    Returns
    -------
    size : float
        In pixels of the image.

    Raises
    ------
    ParameterError
        If the bounds are no two numbers that do not fall, from 0.
    """
    if len(bounds) != 2 or not 0 <= bounds[0] <= bounds[1]:
        raise ParameterError(
            f"{name} is a lower and an upper bound, as in (5, 20), both at least 0; not {bounds}"
        )
    drawn = rng.integers(round(bounds[0]), round(bounds[1]), endpoint=True)
    return float(drawn) * scale * min(shape) / SIDE


def pick_any_colour(rng: np.random.Generator, colour: str) -> np.ndarray:
    """Draw a colour, as float (3,) from 0 to 255: of any hue, or grey.

    The levels run from 0 to 256 as published, and 256 is taken for 255.

    Raises
    ------
    ParameterError
        If ``colour`` is neither ``"any"`` nor ``"grey"``.
    """
    if colour not in COLOURS:
        raise ParameterError(f"colour is 'any' or 'grey', not {colour!r}")
    levels = np.minimum(rng.integers(256, size=3, endpoint=True), 255).astype(np.float32)
    return levels if colour == "any" else np.repeat(levels[:1], 3)

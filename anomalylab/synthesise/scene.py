"""A picture without defect, with what is known about it."""

from dataclasses import dataclass

import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.synthesise.paint import smooth_noise

MIN_SIZE = 32


@dataclass(frozen=True)
class Scene:
    """A picture without defect.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)
    where : bool ndarray of shape (height, width), optional
        The object; None where it fills the picture.
    behind : uint8 ndarray of shape (height, width, 3), optional
        The same view without the object.
    box : (int, int, int, int), optional
        Left, top, right and bottom of a crop of a photograph, right and bottom exclusive.
    """

    image: np.ndarray
    where: np.ndarray | None = None
    behind: np.ndarray | None = None
    box: tuple[int, int, int, int] | None = None


def check_size(size: int) -> None:
    """Refuse pictures too small to show anything.

    Raises
    ------
    ParameterError
        If ``size`` is below 32 pixels.
    """
    if size < MIN_SIZE:
        raise ParameterError(f"size must be at least {MIN_SIZE} pixels, not {size}")


def halve(picture: np.ndarray) -> np.ndarray:
    """Return the means of blocks of 2 x 2 pixels of an array (height, width, ...) of even sides."""
    return (
        picture[::2, ::2] + picture[1::2, ::2] + picture[::2, 1::2] + picture[1::2, 1::2]
    ) * np.float32(0.25)


def photograph(rng: np.random.Generator, colours: np.ndarray) -> np.ndarray:
    """Look at ``colours`` through a camera.

    Parameters
    ----------
    rng : Generator
    colours : float ndarray of shape (height, width, 3)
        From 0 to 255, evenly lit.

    Returns
    -------
    image : uint8 ndarray of shape (height, width, 3)
        Lit unevenly (a slope of at most 6 %), exposed within 4 %, with noise of 2 grey levels.
    """
    height, width = colours.shape[:2]
    slope_down, slope_right = rng.uniform(-0.06, 0.06, size=2)
    light = rng.uniform(0.96, 1.04) + slope_down * np.linspace(-0.5, 0.5, height)[:, None]
    light = (light + slope_right * np.linspace(-0.5, 0.5, width)).astype(np.float32)
    noise = 1.6 * rng.standard_normal((height, width, 1), dtype=np.float32)
    noise = noise + 1.2 * smooth_noise(rng, (height, width), 0.7)[..., None]
    return np.clip(np.rint(colours * light[..., None] + noise), 0, 255).astype(np.uint8)

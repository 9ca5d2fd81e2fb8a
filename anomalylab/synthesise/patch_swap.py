"""A swapped patch: a turned piece of the surface, or of another one, where it does not belong.

A blended relative of CutPaste: Li et al. (2021). CutPaste: Self-Supervised Learning for Anomaly
Detection and Localization. CVPR.
"""

import numpy as np
from scipy import ndimage

from anomalylab.errors import ParameterError
from anomalylab.synthesise import register
from anomalylab.synthesise.paint import lay_on, offsets, pick_centre

EDGE = 2.5
"""Width over which the patch blends into its surroundings, in pixels."""


@register("patch_swap")
def patch_swap(
    image: np.ndarray,
    rng: np.random.Generator,
    contrast: float = 1.0,
    *,
    where: np.ndarray | None = None,
    scale: float = 1.0,
    centre: tuple[float, float] | None = None,
    source: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Paste a turned rectangle from elsewhere, with a blended edge.

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
    source : uint8 ndarray of shape (any height, any width, 3), optional
        Image to take the patch from; ``image`` itself by default.

    Returns
    -------
    swapped : uint8 ndarray of shape (height, width, 3)
    mask : bool ndarray of shape (height, width)

    Raises
    ------
    ParameterError
        If an argument has a shape or value that cannot be used.
    """
    if source is not None and (source.ndim != 3 or source.shape[2] != 3):
        raise ParameterError(f"source must have shape (height, width, 3), not {source.shape}")
    shape = image.shape[:2]
    half_height, half_width = scale * min(shape) * rng.uniform(0.06, 0.13, size=2)
    reach = float(np.hypot(half_height, half_width))
    centre = centre or pick_centre(rng, shape, reach, where)
    tilt, turn = rng.uniform(0, np.pi), np.deg2rad(rng.uniform(30, 150))
    dy, dx = offsets(shape, centre, tilt)
    coverage = _ramp(half_height - np.abs(dy)) * _ramp(half_width - np.abs(dx))
    if source is None:
        source, origin = image, _elsewhere(rng, shape, reach, centre, where)
    else:
        origin = pick_centre(rng, source.shape[:2], reach)
    dy, dx = offsets(shape, centre, turn)
    return lay_on(image, _sample(source, origin[0] + dy, origin[1] + dx), coverage, contrast, where)


def _ramp(depth: np.ndarray) -> np.ndarray:
    return np.clip(depth / EDGE + 0.5, 0, 1)


def _elsewhere(
    rng: np.random.Generator,
    shape: tuple[int, int],
    reach: float,
    away_from: tuple[float, float],
    where: np.ndarray | None,
) -> tuple[float, float]:
    """Draw the best of eight places: the one farthest from ``away_from``."""
    places = [pick_centre(rng, shape, reach, where) for _ in range(8)]
    return max(places, key=lambda place: np.hypot(*np.subtract(place, away_from)))


def _sample(source: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """Return ``source`` at fractional places, mirrored beyond its border, as (rows, cols, 3)."""
    places = np.stack(np.broadcast_arrays(rows, cols))
    bands = [
        ndimage.map_coordinates(
            source[..., band].astype(np.float32), places, order=1, mode="mirror"
        )
        for band in range(3)
    ]
    return np.stack(bands, axis=2)

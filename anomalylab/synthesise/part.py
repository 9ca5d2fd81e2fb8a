"""A turned metal flange on a mat, which lies a little differently every time."""

import numpy as np
from scipy import ndimage

from anomalylab.synthesise.paint import offsets, smooth_noise
from anomalylab.synthesise.scene import Scene, check_size, halve, photograph

METAL, MAT = np.array([192, 195, 200], np.float32), np.array([64, 76, 84], np.float32)
RADIUS = 0.37
"""Of the disc, as a share of the picture's side; all lengths below are shares of this radius."""
BOLTS, BOLT_CIRCLE, BOLT_RADIUS = 6, 0.70, 0.095
BORE, BOSS, BOSS_HEIGHT = 0.24, 0.44, 0.05
LUG, LUG_RADIUS, FILLET = 1.02, 0.22, 0.16
"""Distance of the lug's centre, its radius, that of its roots; the lug tells the part's turn."""
CHAMFER = 0.045
LIGHT = np.array([-0.50, -0.42, 0.76], np.float32)
"""Towards the light: down, right, up out of the picture."""


def part(rng: np.random.Generator, size: int) -> Scene:
    """Draw a flange with a bore, a boss, bolt holes and a lug.

    Parameters
    ----------
    rng : Generator
    size : int
        Height and width in pixels, at least 32. The part is shifted by up to 3 % of it and
        turned by up to 6 degrees.

    Returns
    -------
    scene : Scene
        Also holds where the part is and what lies behind it.

    Raises
    ------
    ParameterError
        If ``size`` is below 32.
    """
    check_size(size)
    shape = (2 * size, 2 * size)
    unit = RADIUS * shape[0]
    row, col = shape[0] * (0.5 + rng.uniform(-0.03, 0.03, size=2)) + (0.1 * unit, 0.0)
    down, right = offsets(shape, (row, col), np.deg2rad(rng.uniform(-6, 6)))
    down, right = down / unit, right / unit
    depth = _depth(down, right)
    solid = np.clip(depth * unit + 0.5, 0, 1)
    shade = _shade(rng, down, right, _height(depth, np.hypot(down, right)) * unit)
    grain = 1 + 0.008 * smooth_noise(rng, (size, size), 0.6)
    metal = (halve(solid * shade) * grain)[..., None] * METAL
    covered, mat = halve(solid)[..., None], _mat(rng, (size, size))
    lit = 1 - 0.55 * _shadow(covered[..., 0], unit / 2)[..., None]
    camera = int(rng.integers(1 << 32))
    image = metal + (1 - covered) * lit * mat
    image, behind = (photograph(np.random.default_rng(camera), view) for view in (image, mat))
    return Scene(image, where=covered[..., 0] > 0.5, behind=behind)


def _depth(down: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the distance of each pixel into the part, negative outside, in disc radii."""
    radius, to_lug = np.hypot(down, right), np.hypot(down + LUG, right)
    outline = _fillet(1 - radius, LUG_RADIUS - to_lug)
    sector = 2 * np.pi / BOLTS
    from_bolt = np.arctan2(right, down) % sector - sector / 2
    to_bolt = np.hypot(radius * np.cos(from_bolt) - BOLT_CIRCLE, radius * np.sin(from_bolt))
    hole = np.minimum(to_bolt, to_lug) - BOLT_RADIUS
    return np.minimum.reduce([outline, radius - BORE, hole])


def _fillet(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the depth in the union of two bodies whose joint is rounded."""
    rest = np.clip(FILLET - np.abs(first - second), 0, None)
    return np.maximum(first, second) + rest * rest / (4 * FILLET)


def _height(depth: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Return the height of the surface in disc radii: chamfered edges and a raised boss."""
    chamfer = np.clip(depth, 0, CHAMFER)
    step = np.clip((BOSS - radius) / CHAMFER + 0.5, 0, 1)
    return chamfer + BOSS_HEIGHT * step


def _shade(
    rng: np.random.Generator,
    down: np.ndarray,
    right: np.ndarray,
    height: np.ndarray,
) -> np.ndarray:
    """Return how bright turned metal is: facets lit from one side, two fans, fine grooves."""
    slope_down, slope_right = np.gradient(height)
    facing = LIGHT[2] - slope_down * LIGHT[0] - slope_right * LIGHT[1]
    facing = np.clip(facing / np.sqrt(1 + slope_down**2 + slope_right**2), 0, None)
    radius = np.maximum(np.hypot(down, right), 1e-6)
    towards = (down * LIGHT[0] + right * LIGHT[1]) / (radius * np.hypot(*LIGHT[:2]))
    fans = (towards * towards) ** 3
    grooves = ndimage.gaussian_filter1d(rng.standard_normal(4096), 2.0)
    grooves = (grooves / grooves.std()).astype(np.float32)[(radius * 2048).astype(np.int32) % 4096]
    flat = slope_down**2 + slope_right**2 < 0.05
    shade = 0.30 + 0.62 * facing + 0.26 * fans * flat
    return np.minimum(shade * (1 + 0.022 * grooves), 1.3)


def _mat(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Return the colour of a matt grey-blue underlay."""
    grain = 1 + 0.035 * smooth_noise(rng, shape, 0.8) + 0.02 * smooth_noise(rng, shape, 6.0)
    return grain[..., None] * MAT


def _shadow(solid: np.ndarray, unit: float) -> np.ndarray:
    """Return how much of the light the part keeps from the mat, away from the light."""
    offset = -0.06 * unit * LIGHT[:2] / np.abs(LIGHT[:2]).max()
    soft = ndimage.gaussian_filter(solid.astype(np.float32), 0.05 * unit, truncate=2.5)
    return ndimage.shift(soft, offset, order=1)

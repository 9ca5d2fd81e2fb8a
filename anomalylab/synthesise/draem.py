"""DRAEM's defect: patches of Perlin noise through which another texture shows.

Zavrtanik, Kristan, Skocaj (2021). DRAEM: A Discriminatively Trained Reconstruction Embedding for
Surface Anomaly Detection. ICCV. Their textures come from a data set of 5 640 pictures; here they
are made up, or taken from an image that is given.
"""

import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.synthesise import register
from anomalylab.synthesise.cutpaste import checked_source
from anomalylab.synthesise.foreign import in_other_colours, made_up
from anomalylab.synthesise.paint import lay_on, offsets, pick_centre

THRESHOLD = 0.5
"""Noise above it belongs to the defect, as published."""

OPACITY = (0.2, 1.0)
"""Published."""

CELLS = (1, 32)
"""Published."""

_REACH = 0.3
"""Radius of a defect of scale 1, as a share of the shorter side."""
_TABLE = 64


@register("draem")
def draem(
    image: np.ndarray,
    rng: np.random.Generator,
    contrast: float = 1.0,
    *,
    where: np.ndarray | None = None,
    scale: float = 1.0,
    centre: tuple[float, float] | None = None,
    source: np.ndarray | None = None,
    cells: tuple[int, int] = CELLS,
    opacity: tuple[float, float] = OPACITY,
    is_everywhere: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Blend patches of another texture in.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)
    rng : Generator
    contrast : float in [0, 1]
        Factor on the opacity.
    where : bool ndarray of shape (height, width), optional
        Pixels that may change.
    scale : float
        Factor on the defect's size, which is otherwise a share of the image's shorter side.
    centre : (float, float), optional
        Row and column that the patches lie around.
    source : uint8 ndarray of shape (any height, any width, 3), optional
        Image whose texture shows; made up by default.
    cells : (int, int)
        Bounds of the cells of the noise down and across the defect, each drawn evenly among the
        powers of two; many cells make small patches.
    opacity : (float, float)
        Bounds of how much of the surface's own colours the texture hides, in [0, 1].
    is_everywhere : bool
        Whether patches lie all over the picture, as published, whatever ``scale`` and ``centre``.

    Returns
    -------
    blended : uint8 ndarray of shape (height, width, 3)
    mask : bool ndarray of shape (height, width)
        The patches, whose edge is hard.

    Raises
    ------
    ParameterError
        If an argument has a shape or value that cannot be used.
    """
    source = None if source is None else checked_source(image, source)
    shape = image.shape[:2]
    reach = min(shape) / 2 if is_everywhere else max(1.5, scale * _REACH * min(shape))
    middle = centre or pick_centre(rng, shape, reach, where)
    view = (slice(None), slice(None)) if is_everywhere else _view(shape, middle, reach)
    beneath, room = image[view], None if where is None else where[view]
    within = middle[0] - (view[0].start or 0), middle[1] - (view[1].start or 0)
    height = _patches(rng, beneath.shape[:2], within, reach, cells)
    if not is_everywhere:
        away = np.hypot(*offsets(beneath.shape[:2], within))
        height -= np.maximum(0, away / np.float32(reach) - 0.5)
    coverage = _above(height, room) * np.float32(rng.uniform(*opacity))
    blended, mask = image.copy(), np.zeros(shape, bool)
    texture = _texture(rng, source, beneath.shape[:2])
    blended[view], mask[view] = lay_on(beneath, texture, coverage, contrast, room)
    return blended, mask


def _view(shape: tuple[int, int], middle: tuple[float, float], reach: float) -> tuple[slice, slice]:
    """Return the rows and columns within ``reach`` of a place."""
    low = np.maximum(0, np.floor(np.subtract(middle, reach))).astype(int)
    high = np.minimum(shape, np.ceil(np.add(middle, reach)) + 1).astype(int)
    return slice(low[0], high[0]), slice(low[1], high[1])


def _texture(
    rng: np.random.Generator, source: np.ndarray | None, shape: tuple[int, int]
) -> np.ndarray:
    return made_up(rng, shape) if source is None else in_other_colours(rng, source, shape)


def _patches(
    rng: np.random.Generator,
    shape: tuple[int, int],
    middle: tuple[float, float],
    reach: float,
    cells: tuple[int, int],
) -> np.ndarray:
    """Return turned Perlin noise, of so many cells down and across the defect."""
    if not 1 <= cells[0] <= cells[1]:
        raise ParameterError(f"cells is two numbers from 1 that do not fall, not {cells}")
    dy, dx = offsets(shape, middle, rng.uniform(0, 2 * np.pi))
    fewest, most = np.log2(cells).round().astype(int)
    drawn = 2.0 ** rng.integers(fewest, most, size=2, endpoint=True)
    start = rng.uniform(0, _TABLE, size=2)
    down, across = (drawn * 0.5 / reach).astype(np.float32)
    return perlin(rng, dy * down + np.float32(start[0]), dx * across + np.float32(start[1]))


def _above(height: np.ndarray, where: np.ndarray | None) -> np.ndarray:
    """Tell what lies above the threshold, or above half of the summit where that is lower."""
    summit = height.max() if where is None or not where.any() else height[where].max()
    return height >= (THRESHOLD if summit > THRESHOLD else summit - abs(summit) / 2)


def perlin(rng: np.random.Generator, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """Return Perlin noise, between -1 and 1 and 0 where ``rows`` and ``cols`` are whole numbers.

    Parameters
    ----------
    rng : Generator
    rows, cols : float32 ndarray of one shape
        Places, in cells of the lattice.

    Returns
    -------
    noise : float32 ndarray of that shape
    """
    angle = rng.uniform(0, 2 * np.pi, (_TABLE, _TABLE)).astype(np.float32)
    slope_down, slope_across = np.sin(angle), np.cos(angle)
    row, col = np.floor(rows).astype(np.int32), np.floor(cols).astype(np.int32)
    down, across = rows - row, cols - col

    def corner(below: int, beside: int) -> np.ndarray:
        cell = (row + below) % _TABLE, (col + beside) % _TABLE
        return slope_down[cell] * (down - below) + slope_across[cell] * (across - beside)

    fade = [t * t * t * (t * (6 * t - 15) + 10) for t in (down, across)]
    sides = [
        corner(0, beside) + fade[0] * (corner(1, beside) - corner(0, beside)) for beside in (0, 1)
    ]
    return np.float32(np.sqrt(2)) * (sides[0] + fade[1] * (sides[1] - sides[0]))

"""What all defects share: where they lie, how their outline runs, how paint is laid on."""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from anomalylab.errors import ParameterError

FAINTEST = 0.06
"""Coverage from which a pixel belongs to a defect; below it the image stays as it was."""


def lay_on(
    image: np.ndarray,
    paint: np.ndarray,
    coverage: np.ndarray,
    contrast: float,
    where: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Lay paint on an image.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)
        Stays as it is.
    paint : ndarray of shape (height, width, 3) or (3,)
        Colours from 0 to 255.
    coverage : ndarray of shape (height, width)
        How much of each pixel the defect covers, from 0 to 1.
    contrast : float in [0, 1]
        How opaque the paint is; 0 leaves the image as it was.
    where : bool ndarray of shape (height, width), optional
        Pixels that may change; all by default.

    Returns
    -------
    painted : uint8 ndarray of shape (height, width, 3)
    mask : bool ndarray of shape (height, width)
        Pixels covered by at least :data:`FAINTEST`; all others equal ``image``.

    Raises
    ------
    ParameterError
        If ``image`` is no 8-bit colour image or ``contrast`` lies outside [0, 1].
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ParameterError(
            "a defect needs a uint8 image of shape (height, width, 3), "
            f"not {image.dtype} {image.shape}"
        )
    if not 0 <= contrast <= 1:
        raise ParameterError(f"contrast must lie in [0, 1], not {contrast}")
    mask = coverage >= FAINTEST
    if where is not None:
        mask &= where
    box = _bounds(mask)
    opacity = (coverage[box] * contrast)[..., None]
    paint, beneath = np.asarray(paint, np.float32), image[box]
    paint = paint if paint.ndim == 1 else paint[box]
    painted = np.clip(np.rint(beneath + opacity * (paint - beneath)), 0, 255).astype(np.uint8)
    whole = image.copy()
    whole[box] = np.where(mask[box][..., None], painted, beneath)
    return whole, mask


def _bounds(mask: np.ndarray) -> tuple[slice, slice]:
    """Return the rows and columns that hold all of a mask."""
    rows, cols = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return slice(0), slice(0)
    return slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1)


def pick_centre(
    rng: np.random.Generator,
    shape: tuple[int, int],
    radius: float,
    where: np.ndarray | None = None,
    *,
    inside: tuple[float, float] = (0.75, 1.0),
) -> tuple[float, float]:
    """Draw the place of a defect.

    Parameters
    ----------
    rng : Generator
    shape : (int, int)
        Height and width of the image.
    radius : float
        Half the extent of the defect, in pixels; it keeps off the border by as much if it can.
    where : bool ndarray of shape ``shape``, optional
        The object; all by default.
    inside : (float, float)
        Bounds of the share of the square of half side ``radius`` that lies on the object.
        Where no place obeys them, any pixel of the object will do.

    Returns
    -------
    centre : (float, float)
        Row and column.

    Raises
    ------
    ParameterError
        If ``where`` has another shape or holds no pixel.
    """
    if where is None:
        margins = [min(radius, side / 4) for side in shape]
        row, col = (rng.uniform(m, s - 1 - m) for m, s in zip(margins, shape, strict=True))
        return float(row), float(col)
    if where.shape != shape or not where.any():
        raise ParameterError(
            f"where must be a mask of shape {shape} with at least one pixel; it has shape "
            f"{where.shape} and {np.count_nonzero(where)} pixels"
        )
    share = ndimage.uniform_filter(where.astype(np.float32), 2 * int(radius) + 1, mode="constant")
    low, high = inside
    places = np.argwhere(where & (share >= low - 1e-4) & (share <= high + 1e-4))
    places = places if len(places) else np.argwhere(where)
    row, col = places[rng.integers(len(places))]
    return float(row), float(col)


def offsets(
    shape: tuple[int, int], centre: tuple[float, float], angle: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return how far pixels lie from ``centre`` along two axes turned by ``angle`` (radians)."""
    dy = (np.arange(shape[0]) - centre[0]).astype(np.float32)[:, None]
    dx = (np.arange(shape[1]) - centre[1]).astype(np.float32)
    cos, sin = float(np.cos(angle)), float(np.sin(angle))
    return dy * cos - dx * sin, dy * sin + dx * cos


def blob(
    rng: np.random.Generator,
    shape: tuple[int, int],
    centre: tuple[float, float],
    radius: float,
    *,
    unevenness: float = 0.25,
) -> np.ndarray:
    """Return the distance of each pixel inwards from an uneven round outline, in pixels.

    Parameters
    ----------
    rng : Generator
    shape : (int, int)
        Height and width of the image.
    centre : (float, float)
        Row and column.
    radius : float
        Mean radius in pixels.
    unevenness : float
        Standard deviation of the radius as a share of its mean; four waves share it.

    Returns
    -------
    depth : ndarray of shape ``shape``
        Positive inside the outline; exact only in the direction of the centre.
    """
    dy, dx = offsets(shape, centre)
    angle = np.arctan2(dy, dx)
    outline = np.ones(shape, np.float32)
    for wave in (2, 3, 4, 6):
        height, phase = unevenness * rng.normal() / wave, rng.uniform(0, 2 * np.pi)
        outline += float(height) * np.cos(wave * angle + float(phase))
    return radius * np.maximum(outline, 0.3) - np.hypot(dy, dx)


def smooth_noise(
    rng: np.random.Generator, shape: tuple[int, int], sigma: float | tuple[float, float]
) -> np.ndarray:
    """Return a Gaussian field of mean 0 and standard deviation 1, smooth over ``sigma`` pixels.

    Fields smoother than six pixels are drawn on a coarser grid and enlarged.
    """
    coarser = max(1, int(np.min(sigma) / 3))
    if coarser > 1:
        small = tuple(-(-side // coarser) + 1 for side in shape)
        field = ndimage.gaussian_filter(
            rng.standard_normal(small, dtype=np.float32), np.divide(sigma, coarser), mode="wrap"
        )
        field = ndimage.zoom(field, coarser, order=1)[: shape[0], : shape[1]]
    else:
        field = rng.standard_normal(shape, dtype=np.float32)
        field = ndimage.gaussian_filter(field, sigma, mode="wrap", truncate=3)
    return (field - field.mean()) / field.std()


def pick_colour(
    rng: np.random.Generator,
    palette: Sequence[tuple[int, int, int]],
    image: np.ndarray,
    mask: np.ndarray,
    *,
    min_difference: float = 50.0,
) -> np.ndarray:
    """Draw a colour that stands out from what it will cover, light and dark alike.

    Parameters
    ----------
    rng : Generator
    palette : sequence of (int, int, int)
        Colours to draw from.
    image : uint8 ndarray of shape (height, width, 3)
    mask : bool ndarray of shape (height, width)
        Pixels to be covered.
    min_difference : float
        Difference in at least one channel, in grey levels, from nine in ten of the pixels under
        ``mask``. If no colour of the palette differs as much, the one that differs most is taken.

    Returns
    -------
    colour : float ndarray of shape (3,)
    """
    colours = np.asarray(palette, np.float32)
    beneath = image[mask] if mask.any() else image.reshape(-1, 3)
    difference = np.abs(beneath[:, None] - colours).max(axis=2)
    difference = np.percentile(difference, 10, axis=0)
    chosen = int(rng.integers(1 << 30))
    eligible = np.flatnonzero(difference >= min_difference)
    return colours[eligible[chosen % len(eligible)] if len(eligible) else difference.argmax()]

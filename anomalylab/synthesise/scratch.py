"""A scratch: a thin curved line with a bright burr beside a dark groove."""

from itertools import pairwise

import numpy as np

from anomalylab.synthesise import register
from anomalylab.synthesise.paint import lay_on, pick_centre, pick_colour

N_SEGMENTS = 24
BRIGHT, DARK = (238, 236, 228), (26, 24, 24)


@register("scratch")
def scratch(
    image: np.ndarray,
    rng: np.random.Generator,
    contrast: float = 1.0,
    *,
    where: np.ndarray | None = None,
    scale: float = 1.0,
    centre: tuple[float, float] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Scratch an image along an antialiased curve that thins out towards its ends.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)
    rng : Generator
    contrast : float in [0, 1]
    where : bool ndarray of shape (height, width), optional
        Pixels that may be scratched.
    scale : float
        Factor on the defect's size, which is otherwise a share of the image's shorter side.
    centre : (float, float), optional
        Row and column of its middle; drawn by default.

    Returns
    -------
    scratched : uint8 ndarray of shape (height, width, 3)
    mask : bool ndarray of shape (height, width)

    Raises
    ------
    ParameterError
        If an argument has a shape or value that cannot be used.
    """
    short = scale * min(image.shape[:2])
    length = short * rng.uniform(0.25, 0.6)
    centre = centre or pick_centre(rng, image.shape[:2], length / 4, where)
    points = bent_curve(rng, centre, length)
    widest = max(0.6, short * rng.uniform(0.005, 0.009))
    distance, along = distance_to(image.shape[:2], points, reach=2.6 * widest + 1)
    half_width = widest * np.sin(np.pi * along) ** 0.5
    side = rng.choice([-1, 1])
    burr = np.clip(half_width + 0.5 - np.abs(distance), 0, 1) * (along > 0) * (along < 1)
    groove = np.clip(half_width + 0.5 - np.abs(distance - side * 1.6 * half_width), 0, 1)
    groove *= 0.8 * (along > 0) * (along < 1)
    first = pick_colour(rng, (BRIGHT, DARK), image, burr > 0.5)
    second = DARK if first[0] > 128 else BRIGHT
    grooved, below = lay_on(image, np.asarray(second, float), groove, contrast, where)
    scratched, above = lay_on(grooved, first, burr, contrast, where)
    return scratched, below | above


def bent_curve(rng: np.random.Generator, centre: tuple[float, float], length: float) -> np.ndarray:
    """Draw a curve of ``length`` through ``centre`` whose heading turns smoothly.

    Returns
    -------
    points : ndarray of shape (N_SEGMENTS + 1, 2)
        Row and column, in pixels.
    """
    bend, wobble = rng.normal(0, 0.9), rng.normal(0, 0.25)
    t = (np.arange(N_SEGMENTS) + 0.5) / N_SEGMENTS - 0.5
    heading = rng.uniform(0, 2 * np.pi) + bend * t + wobble * np.sin(6 * t)
    steps = length / N_SEGMENTS * np.stack([np.sin(heading), np.cos(heading)], axis=1)
    points = np.vstack([np.zeros((1, 2)), np.cumsum(steps, axis=0)])
    return points - points[N_SEGMENTS // 2] + centre


def distance_to(
    shape: tuple[int, int], points: np.ndarray, *, reach: float = np.inf
) -> tuple[np.ndarray, np.ndarray]:
    """Measure how far each pixel of an image of ``shape`` lies from a curve.

    Parameters
    ----------
    shape : (int, int)
    points : ndarray of shape (n_points, 2)
        Row and column.
    reach : float
        Pixels farther than that from all segments may be told to be infinitely far.

    Returns
    -------
    signed : ndarray of shape ``shape``
        Distance in pixels, positive on the right of the curve.
    along : ndarray of shape ``shape``
        Share of the curve passed at its nearest point; 0 where the distance is infinite.
    """
    signed, along = np.full(shape, np.inf), np.zeros(shape)
    for index, (start, stop) in enumerate(pairwise(points)):
        box = _box(shape, start, stop, reach)
        dy = np.arange(box[0].start, box[0].stop, dtype=np.float32)[:, None] - start[0]
        dx = np.arange(box[1].start, box[1].stop, dtype=np.float32) - start[1]
        length = np.hypot(*(stop - start))
        ty, tx = (stop - start) / length
        passed = np.clip(dy * ty + dx * tx, 0, length)
        gap = np.hypot(dy - passed * ty, dx - passed * tx)
        closer = gap < np.abs(signed[box])
        side = np.where(dy * tx - dx * ty < 0, -1, 1)
        signed[box] = np.where(closer, side * gap, signed[box])
        along[box] = np.where(closer, (index + passed / length) / (len(points) - 1), along[box])
    return signed, along


def _box(
    shape: tuple[int, int], start: np.ndarray, stop: np.ndarray, reach: float
) -> tuple[slice, slice]:
    """Return the rows and columns that hold all pixels within ``reach`` of a segment."""
    low = np.clip(np.floor(np.minimum(start, stop) - reach), 0, shape).astype(int)
    high = np.clip(np.ceil(np.maximum(start, stop) + reach) + 1, low, shape).astype(int)
    return slice(low[0], high[0]), slice(low[1], high[1])

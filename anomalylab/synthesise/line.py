"""A straight line in one colour: the defect of the anomaly twins.

Sugimoto, K. (2019). Metric learning with anomaly twins for anomaly detection (daisukelab,
*metric_learning*): a line of 0 to 45 pixels down and across, 1 to 16 wide, in any colour, on images
of 224 x 224. Its colours and places run one past the last one there; here they end at it.
"""

import numpy as np
from PIL import Image, ImageDraw

from anomalylab.synthesise import register
from anomalylab.synthesise.paint import lay_on, pick_centre
from anomalylab.synthesise.stroke import in_pixels, pick_any_colour

LENGTH, WIDTH = (0, 45), (1, 16)
"""Published; in pixels of an image of 224 x 224."""


@register("line")
def line(
    image: np.ndarray,
    rng: np.random.Generator,
    contrast: float = 1.0,
    *,
    where: np.ndarray | None = None,
    scale: float = 1.0,
    centre: tuple[float, float] | None = None,
    length: tuple[float, float] = LENGTH,
    width: tuple[float, float] = WIDTH,
    colour: str = "any",
) -> tuple[np.ndarray, np.ndarray]:
    """Draw a line that runs towards the middle of the image.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)
    rng : Generator
    contrast : float in [0, 1]
    where : bool ndarray of shape (height, width), optional
        Pixels that may change.
    scale : float
        Factor on ``length`` and ``width``.
    centre : (float, float), optional
        Row and column of the line's first point; drawn evenly by default.
    length : (float, float)
        Bounds of how far it runs down and how far across, drawn apart.
    width : (float, float)
        Bounds of its width. Both are in pixels of an image whose shorter side is 224, and grow
        with the image.
    colour : {"any", "grey"}
        Each channel drawn by itself, or one level for all.

    Returns
    -------
    drawn : uint8 ndarray of shape (height, width, 3)
    mask : bool ndarray of shape (height, width)
        The pixels of the line, whose edge is hard.

    Raises
    ------
    ParameterError
        If an argument has a shape or value that cannot be used.
    """
    shape = image.shape[:2]
    start = _first_point(rng, shape, where) if centre is None else np.rint(centre).astype(int)
    run = [in_pixels(rng, shape, length, scale, "length") for _ in range(2)]
    breadth = max(1, round(in_pixels(rng, shape, width, scale, "width")))
    middle = np.array(shape) / 2
    stop = np.rint(np.where(start < middle, start + run, start - run))
    stop = np.clip(stop, 0, np.subtract(shape, 1)).astype(int)
    paint = pick_any_colour(rng, colour)
    return lay_on(image, paint, _drawn(shape, start, stop, breadth), contrast, where)


def _first_point(
    rng: np.random.Generator, shape: tuple[int, int], where: np.ndarray | None
) -> np.ndarray:
    """Draw a pixel; the last row and column twice as often, as published."""
    if where is not None:
        return np.array(pick_centre(rng, shape, 0.0, where), int)
    return np.array([min(rng.integers(side, endpoint=True), side - 1) for side in shape])


def _drawn(shape: tuple[int, int], start: np.ndarray, stop: np.ndarray, breadth: int) -> np.ndarray:
    """Return 1 on the line and 0 elsewhere; a line of no length is a square."""
    canvas = Image.new("L", shape[::-1])
    pen = ImageDraw.Draw(canvas)
    if (start == stop).all():
        row, col = start - (breadth - 1) // 2
        pen.rectangle((col, row, col + breadth - 1, row + breadth - 1), fill=1)
    else:
        pen.line((*start[::-1].tolist(), *stop[::-1].tolist()), fill=1, width=breadth)
    return np.asarray(canvas)

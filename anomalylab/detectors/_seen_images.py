"""Images as trained detectors see them: read once, at one size, whatever their own."""

from collections.abc import Callable
from weakref import ref

import numpy as np

from anomalylab.compute.threads import in_pieces
from anomalylab.errors import ParameterError
from anomalylab.features import ImageLevel
from anomalylab.images.read import resize

MAX_KEPT = 2**29
"""Bytes of images that are kept at their small size, so that folds read no image again."""

_ROUNDING = 1e-3
"""How far a share of brightness may lie outside 0 to 1."""

Size = tuple[int, int]

Reader = Callable[[int], np.ndarray]

Images = dict[tuple[int, Size], np.ndarray]

_kept: dict[int, tuple[ref[Reader], Images]] = {}
"""What reads images, by its address and as long as it is there, and images that it has read."""


def seen_images(name: str, level: np.ndarray | ImageLevel, size: Size) -> np.ndarray:
    """Read all images of a level of colours at one size.

    Parameters
    ----------
    name : str
        Of the level.
    level : float32 ndarray of shape (n_images, n_rows, n_cols, 3), or ImageLevel
        Colours as shares of 0 to 1; images may differ in size.
    size : (height, width)
        That images are resized to, whatever their shape.

    Returns
    -------
    images : uint8 ndarray of shape (n_images, *size, 3)

    Raises
    ------
    ParameterError
        If an image has not three colours, or values that are not finite or outside 0 to 1.
    """
    known = _known(level.read) if isinstance(level, ImageLevel) else {}
    rows = [int(row) for row in level.rows] if isinstance(level, ImageLevel) else range(len(level))
    room = MAX_KEPT - sum(image.nbytes for _, kept in _kept.values() for image in kept.values())

    def read(index: int) -> np.ndarray:
        nonlocal room
        image = known.get((rows[index], size))
        if image is None:
            image = _seen(name, level[index], size, index)
            room -= image.nbytes
            if room >= 0:
                known[rows[index], size] = image
        return image

    return np.stack(in_pieces(read, range(len(rows))))


def _known(read: Reader) -> Images:
    """Return images that were read before; they go when what reads them goes."""
    address = id(read)
    kept = _kept.get(address)
    if kept is None or kept[0]() is not read:
        kept = _kept[address] = (ref(read, lambda _: _kept.pop(address, None)), {})
    return kept[1]


def _seen(name: str, image: np.ndarray, size: Size, row: int) -> np.ndarray:
    if image.ndim != 3 or image.shape[-1] != 3:
        raise ParameterError(
            f"a network was fitted on {name!r} of 3 colours and now gets {image.shape[-1]}; use "
            "the level pixels"
        )
    low, high = float(image.min()), float(image.max())
    if not np.isfinite(high - low):
        raise ParameterError(f"level {name!r} holds NaN or infinite values in image {row}")
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        raise ParameterError(
            f"level {name!r} holds values from {low:.4g} to {high:.4g} in image {row}; colours are "
            "shares of 0 to 1"
        )
    return resize(np.rint(image.clip(0, 1) * 255).astype(np.uint8), size)

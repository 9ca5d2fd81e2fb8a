"""A defect of a stated width, planted in a picture of any size.

The width of a defect is the diameter of the largest disc inside its mask, in pixels of the picture:
the breadth of a scratch, the diameter of a spot, the shorter side of a swapped patch.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from anomalylab import synthesise
from anomalylab.errors import ParameterError

MIN_WIDTH = 3
"""Narrowest defect that is planted, in pixels."""

TOLERANCE = 1.35
"""Factor by which the width of a planted defect may differ from what was asked for."""

_WIDTHS = {
    "brush": 0.041,
    "cutpaste": 0.22,
    "cutpaste_scar": 0.04,
    "draem": 0.11,
    "line": 0.032,
    "missing_part": 0.15,
    "patch_swap": 0.19,
    "scratch": 0.026,
    "spot": 0.085,
    "stain": 0.24,
}
"""Width of a defect of scale 1, as a share of the picture's shorter side; of others it is found."""

_WIDTH_OF_OTHERS = 0.1

_STEADY: dict[str, dict[str, tuple[float, float]]] = {
    "brush": {"width": (9, 9)},
    "cutpaste_scar": {"width": (9, 9)},
    "draem": {"cells": (2, 2)},
    "line": {"width": (8, 8)},
}
"""What is drawn over a wide range elsewhere, and held here, so that the scale decides the width."""

_TRIES = 8
_LARGEST_SCALE = 1.5  # of the picture; a scratch of scale 1 is up to 0.6 of its side long
_SMALLEST_VIEW = 48
_ROOM = 1.5

Defect = Callable[..., tuple[np.ndarray, np.ndarray]]


class Planted(NamedTuple):
    """A picture with a defect."""

    image: np.ndarray
    """uint8 (height, width, 3)."""

    mask: np.ndarray
    """bool (height, width)."""

    width: float
    """Of the defect, in pixels."""

    difference: float
    """Mean change of the pixels in the mask, in grey levels, in the channel that changes most."""


def usual_width(kind: str) -> float:
    """Return the width of a defect of scale 1, as a share of the picture's shorter side."""
    return _WIDTHS.get(kind, _WIDTH_OF_OTHERS)


def width_of(mask: np.ndarray) -> float:
    """Return the diameter of the largest disc inside a mask, in pixels; 0 of an empty one.

    Examples
    --------
    >>> mask = np.zeros((20, 20), bool)
    >>> mask[5:8, 2:18] = True
    >>> width_of(mask)
    3.0
    """
    if not mask.any():
        return 0.0
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    cut = np.pad(mask[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1], 1)
    return float(2 * ndimage.distance_transform_edt(cut).max() - 1)


def plant(
    image: np.ndarray,
    kind: str,
    *,
    width: float,
    contrast: float,
    seed: int,
    where: np.ndarray | None = None,
) -> Planted | None:
    """Plant a defect of a stated width where the product is.

    Only a view around the defect is painted, so that the cost grows with the defect and not with
    the picture. The scale is corrected until the width is met within :data:`TOLERANCE`.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)
    kind : str
        Name of a registered defect.
    width : float
        In pixels of ``image``.
    contrast : float in [0, 1]
    seed : int
        Same arguments, same picture.
    where : bool ndarray of shape (height, width), optional
        The product; all by default.

    Returns
    -------
    planted : Planted or None
        None if a defect of this kind cannot have that width here, or changes nothing.

    Raises
    ------
    ParameterError
        If the defect is wider than half the picture, ``where`` leaves no room, or a plugin's
        defect changes pixels outside its mask.
    UnknownNameError
        If there is no such kind.
    """
    defect, short = _steady(kind), min(image.shape[:2])
    if not MIN_WIDTH <= width <= short / 2:
        raise ParameterError(
            f"a defect must be {MIN_WIDTH} to {short // 2} pixels wide in an image of "
            f"{image.shape[1]} x {image.shape[0]}, not {width:g}"
        )
    if where is not None and not where.any():
        raise ParameterError("the mask of the product leaves no room for a defect: it is empty")
    view = _view(image.shape[:2], kind, width, seed, where)
    beneath = np.ascontiguousarray(image[view])
    room = None if where is None else np.ascontiguousarray(where[view])
    largest = _LARGEST_SCALE * short / min(beneath.shape[:2])
    found = _of_width(defect, beneath, room, kind, width, contrast, seed, largest)
    if found is None:
        return None
    painted, mask = found
    _check_honest(kind, beneath, painted, mask)
    difference = np.abs(painted.astype(np.int16) - beneath)[mask].mean(axis=0).max()
    if difference == 0:
        return None
    planted, whole = image.copy(), np.zeros(image.shape[:2], bool)
    planted[view], whole[view] = painted, mask
    return Planted(planted, whole, width_of(mask), float(difference))


def _steady(kind: str) -> Defect:
    return partial(synthesise.registry.get(kind), **_STEADY.get(kind, {}))


def _view(
    shape: tuple[int, ...], kind: str, width: float, seed: int, where: np.ndarray | None
) -> tuple[slice, slice]:
    """Draw a square view that holds a defect of such a width, around a pixel of the product."""
    rng = np.random.default_rng([seed, 1])
    side = int(np.clip(_ROOM * width / usual_width(kind), _SMALLEST_VIEW, min(shape)))
    if where is None:
        centre = np.array([rng.integers(n) for n in shape])
    else:
        places = np.flatnonzero(where)
        centre = np.array(np.unravel_index(places[rng.integers(len(places))], shape))
    start = np.clip(centre - side // 2, 0, np.subtract(shape, side))
    return slice(start[0], start[0] + side), slice(start[1], start[1] + side)


def _of_width(
    defect: Defect,
    beneath: np.ndarray,
    room: np.ndarray | None,
    kind: str,
    width: float,
    contrast: float,
    seed: int,
    largest: float,
) -> tuple[np.ndarray, np.ndarray] | None:
    """Paint the defect again and again until its width is met, up to the largest scale."""
    short = min(beneath.shape[:2])
    scale = width / (usual_width(kind) * short)
    for _ in range(_TRIES):
        if scale > largest:
            return None
        rng = np.random.default_rng([seed, 2])
        painted, mask = defect(beneath, rng, contrast, where=room, scale=scale)
        reached = width_of(mask)
        if reached == 0:
            return None
        if 1 / TOLERANCE <= reached / width <= TOLERANCE:
            return painted, mask
        scale *= width / reached
    return None


def _check_honest(kind: str, beneath: np.ndarray, painted: np.ndarray, mask: np.ndarray) -> None:
    if not np.array_equal(painted[~mask], beneath[~mask]):
        raise ParameterError(
            f"the defect {kind!r} changes pixels outside its mask; a defect returns an image that "
            "differs inside the mask only"
        )

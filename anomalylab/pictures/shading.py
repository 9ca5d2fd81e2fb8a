"""Counts and signed values as pictures: colours on a stated scale, y upwards.

The first axis of an array is x, as in a histogram; rows of the pictures run from top to bottom.
"""

from functools import cache

import numpy as np
from PIL import ImageColor

from anomalylab.errors import ParameterError
from anomalylab.pictures.colours import PALETTES
from anomalylab.registry import unknown_name

SCALES = ("log", "eq_hist")

FAINTEST = 56
"""Entry of the palette for the smallest count, so that a single point is seen on the ground."""


@cache
def colour_table(palette: str) -> np.ndarray:
    """Return the 256 colours of a palette as uint8 (256, 3), low to high."""
    if palette not in PALETTES:
        unknown_name("palette", palette, PALETTES)
    anchors = np.array([ImageColor.getrgb(colour)[:3] for colour in PALETTES[palette].split()])
    at, steps = np.linspace(0, 1, len(anchors)), np.linspace(0, 1, 256)
    channels = [np.interp(steps, at, anchors[:, i]) for i in range(3)]
    return np.column_stack(channels).round().astype(np.uint8)


def shade(
    counts: np.ndarray, palette: str = "inferno", how: str = "log", vmax: float | None = None
) -> np.ndarray:
    """Turn counts into a picture; cells without a count are transparent.

    Parameters
    ----------
    counts : ndarray of shape (n_x, n_y)
        At least 0; the first axis is x.
    palette : str
        A name of :data:`anomalylab.pictures.colours.PALETTES`.
    how : {"log", "eq_hist"}
        ``log``, equal steps of colour are equal factors; ``eq_hist``, each colour covers as many
        occupied cells as any other.
    vmax : float, optional
        Count of the last colour with ``log``, so that pictures share a scale; the highest if not
        given.

    Returns
    -------
    rgba : uint8 ndarray of shape (n_y, n_x, 4)

    Raises
    ------
    ParameterError
        If a count is negative or not finite.
    """
    counts = np.asarray(counts, np.float64)
    if not np.isfinite(counts).all() or (counts < 0).any():
        raise ParameterError("counts must be finite and at least 0")
    if how not in SCALES:
        unknown_name("scale of colours", how, SCALES)
    is_there = counts > 0
    shares = _ranks(counts) if how == "eq_hist" else _logs(counts, vmax)
    steps = np.round(FAINTEST + shares * (255 - FAINTEST)).astype(np.uint8)
    return _picture(steps, palette, np.where(is_there, 255, 0))


def shade_signed(
    values: np.ndarray, palette: str = "diverging", vmax: float | None = None
) -> np.ndarray:
    """Turn values into a picture: the middle colour is 0, the last two ``-vmax`` and ``vmax``.

    Parameters
    ----------
    values : ndarray of shape (n_x, n_y)
        The first axis is x.
    palette : {"diverging", "diverging_dark"}
    vmax : float, optional
        The largest magnitude if not given.

    Returns
    -------
    rgba : uint8 ndarray of shape (n_y, n_x, 4)
    """
    values = np.asarray(values, np.float64)
    end = vmax or float(np.abs(values).max(initial=0)) or 1.0
    steps = np.round(127.5 + np.clip(values / end, -1, 1) * 127.5).astype(np.uint8)
    return _picture(steps, palette, np.full(values.shape, 255))


def _picture(steps: np.ndarray, palette: str, alpha: np.ndarray) -> np.ndarray:
    rgba = np.concatenate([colour_table(palette)[steps], alpha[..., None]], axis=-1)
    return np.ascontiguousarray(rgba.astype(np.uint8).transpose(1, 0, 2)[::-1])


def _logs(counts: np.ndarray, vmax: float | None) -> np.ndarray:
    end = np.log1p(vmax if vmax is not None else counts.max(initial=0)) or 1.0
    return np.minimum(np.log1p(counts) / end, 1)


def _ranks(counts: np.ndarray) -> np.ndarray:
    occupied = np.sort(counts[counts > 0])
    if not len(occupied):
        return np.zeros_like(counts)
    return np.searchsorted(occupied, counts, side="left") / len(occupied)

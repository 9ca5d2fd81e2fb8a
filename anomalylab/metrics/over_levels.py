"""Maps in 256 levels, and what every threshold between them makes of the pixels.

A page can hold such maps as pictures and move a threshold over them without computing anything
else: a value lies above the threshold of a level if, and only if, its own level is higher.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from anomalylab.errors import ParameterError
from anomalylab.registry import unknown_name

N_LEVELS = 256

AVERAGES = ("pooled", "per image")

RATES = ("precision", "recall", "f1", "accuracy")


class Pixels(NamedTuple):
    """Pixels of each image by their level.

    Parameters
    ----------
    defective, good : int ndarray of shape (n_images, 256)
    """

    defective: np.ndarray
    good: np.ndarray

    def of(self, rows: np.ndarray) -> "Pixels":
        """Return the pixels of some images."""
        return Pixels(self.defective[rows], self.good[rows])


def thresholds(highest: float) -> np.ndarray:
    """Return the threshold of each level but the last, which nothing exceeds.

    Parameters
    ----------
    highest : float
        The highest value of all maps, or beyond.

    Returns
    -------
    thresholds : float64 ndarray of shape (255,)
        Rising in even steps from 0.
    """
    if not 0 < highest < np.inf:
        raise ParameterError(f"levels need a highest value above 0, not {highest}")
    return np.arange(N_LEVELS - 1) * (float(highest) / (N_LEVELS - 1))


def levels_of(maps: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return how many thresholds each value exceeds, strictly.

    Parameters
    ----------
    maps : ndarray
    steps : ndarray of shape (255,)
        From :func:`thresholds`.

    Returns
    -------
    levels : uint8 ndarray of the shape of ``maps``
        ``levels > k`` is ``maps > steps[k]``.
    """
    return np.searchsorted(steps, maps, side="left").astype(np.uint8)


def count(
    masks: Sequence[np.ndarray] | np.ndarray, levels: Sequence[np.ndarray] | np.ndarray
) -> Pixels:
    """Count defective and good pixels of each image by level.

    Parameters
    ----------
    masks : sequence of bool ndarray of shape (height, width)
        True where a pixel is defective.
    levels : sequence of uint8 ndarray of the same shapes
        From :func:`levels_of`.
    """
    defective, good = np.zeros((2, len(masks), N_LEVELS), np.int64)
    for row, (mask, level) in enumerate(zip(masks, levels, strict=True)):
        defective[row] = np.bincount(level[mask], minlength=N_LEVELS)
        good[row] = np.bincount(level[~mask], minlength=N_LEVELS)
    return Pixels(defective, good)


def rates_over_levels(pixels: Pixels, average: str = "pooled") -> pd.DataFrame:
    """Compute what each threshold makes of the pixels of images; those above it are called.

    Precision TP / (TP + FP), 0 where nothing is called; recall TP / P; F1 2 TP / (P + TP + FP); and
    accuracy (TP + TN) / n, which calling nothing brings close to 1 where defects are small.

    Parameters
    ----------
    pixels : Pixels
    average : {"pooled", "per image"}
        Over the pixels of all images together, or the mean over images of the rates of each;
        recall and F1 then of images that have defective pixels.

    Returns
    -------
    rates : DataFrame
        ``level``, 0 to 255, and ``precision``, ``recall``, ``f1`` and ``accuracy``. Recall and F1
        are NaN without a defective pixel.

    Raises
    ------
    UnknownNameError
        If there is no such average.
    """
    if average not in AVERAGES:
        unknown_name("average of pixels", average, AVERAGES)
    if average == "pooled":
        pixels = Pixels(*(part.sum(axis=0, keepdims=True) for part in pixels))
    found, false = (_above(part) for part in pixels)
    n_defective, n_good = (part.sum(axis=1, keepdims=True) for part in pixels)
    called, has_defect = found + false, n_defective[:, 0] > 0
    rates = {
        "precision": found / np.maximum(called, 1),
        "recall": (found / np.maximum(n_defective, 1))[has_defect],
        "f1": (2 * found / np.maximum(n_defective + called, 1))[has_defect],
        "accuracy": (found + n_good - false) / np.maximum(n_defective + n_good, 1),
    }
    means = {name: _mean(each) for name, each in rates.items()}
    return pd.DataFrame({"level": np.arange(N_LEVELS), **means})


def best_level(rates: pd.DataFrame) -> int:
    """Return the highest level of those with the best F1; 255, above which nothing is, if none."""
    f1 = rates["f1"].fillna(0.0).to_numpy()
    return int(np.flatnonzero(f1 == f1.max())[-1]) if f1.max() > 0 else N_LEVELS - 1


def _above(counts: np.ndarray) -> np.ndarray:
    """Return how many pixels lie above each level."""
    at_or_above: np.ndarray = np.cumsum(counts[:, ::-1], axis=1)[:, ::-1]
    above: np.ndarray = at_or_above - counts
    return above


def _mean(rates: np.ndarray) -> np.ndarray:
    if not len(rates):
        return np.full(N_LEVELS, np.nan)
    mean: np.ndarray = rates.mean(axis=0)
    return mean

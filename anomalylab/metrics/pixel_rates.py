"""How sure precision, recall, F1 and accuracy of pixels are, given how few images there are.

Pixels of one image are alike, so that a million of them in twenty images tell no more than twenty
images do. Intervals are therefore over images.
"""

from typing import NamedTuple

import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.metrics._resample import draw_counts
from anomalylab.metrics._undefined import check_level
from anomalylab.metrics.over_levels import RATES, Pixels


class Called(NamedTuple):
    """Pixels of each image by what a threshold makes of them.

    Parameters
    ----------
    found, missed : int ndarray of shape (n_images,)
        Defective pixels that are called, and that are not.
    false, passed : int ndarray of shape (n_images,)
        Good pixels that are called, and that are not.
    """

    found: np.ndarray
    missed: np.ndarray
    false: np.ndarray
    passed: np.ndarray


def called_above(pixels: Pixels, level: int) -> Called:
    """Count what lies above a level, strictly, in each image.

    Examples
    --------
    >>> pixels = Pixels(np.eye(2, 256, 5, int), np.eye(2, 256, 4, int))
    >>> called_above(pixels, 4)
    Called(found=array([1, 1]), missed=array([0, 0]), false=array([0, 1]), passed=array([1, 0]))
    """
    above = [part[:, level + 1 :].sum(axis=1) for part in pixels]
    below = [part[:, : level + 1].sum(axis=1) for part in pixels]
    return Called(above[0], below[0], above[1], below[1])


def pixel_rate_intervals(
    called: Called, *, n_resamples: int = 1000, level: float = 0.95, seed: int
) -> dict[str, tuple[float, float]]:
    """Bound rates of pixels, pooled over images, by a bootstrap over images and imagined ones.

    As :func:`~anomalylab.metrics.bootstrap_interval`: images with and without defective pixels are
    drawn apart, and to each of these classes one image is added that nobody has seen. For lower
    bounds as much is called in it as in the median defective image in which anything is, and none
    of that is defect; of a defect of median size nothing is found. For upper bounds all is told
    right. The same seed draws the same images, so that thresholds are compared on the same
    resamples.

    Parameters
    ----------
    called : Called
    n_resamples : int
    level : float in (0, 1)
        Share of resamples inside the interval.
    seed : int
        Same seed, same intervals.

    Returns
    -------
    intervals : dict
        ``precision``, ``recall``, ``f1`` and ``accuracy`` -> low, high, with the rate itself
        between them. Empty if no image has a defective pixel.

    Raises
    ------
    ParameterError
        If ``level`` or ``n_resamples`` cannot be used.

    Examples
    --------
    >>> found, n_images = np.array([90, 80, 70, 60, 0, 0]), 6
    >>> has_defect = found > 0
    >>> none = np.zeros(n_images, int)
    >>> images = Called(found, 100 * has_defect - found, none, 200 - 100 * has_defect)
    >>> pixel_rate_intervals(images, seed=0)["recall"]
    (0.3, 0.95)
    """
    check_level(level)
    if n_resamples < 1:
        raise ParameterError(f"n_resamples must be at least 1, not {n_resamples}")
    has_defect = called.found + called.missed > 0
    if not has_defect.any():
        return {}
    worse, better = (
        _resampled(*_with_imagined(called, has_defect, is_worse=is_worse), n_resamples, seed)
        for is_worse in (True, False)
    )
    own = _rates(np.array([part.sum() for part in called])[None])
    return {
        name: (
            min(float(np.quantile(worse[name], (1 - level) / 2)), float(own[name][0])),
            max(float(np.quantile(better[name], (1 + level) / 2)), float(own[name][0])),
        )
        for name in RATES
    }


def _with_imagined(
    called: Called, has_defect: np.ndarray, *, is_worse: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return counts, (n_images + 1 a class, 4), and which images have a defect."""
    counts = np.stack(called, axis=1)
    defective, good = counts[has_defect], counts[~has_defect]
    size, n_pixels = np.median(defective[:, :2].sum(axis=1)), np.median(counts.sum(axis=1))
    called_in = defective[:, 0] + defective[:, 2]
    is_any = called_in > 0
    usual = np.median(called_in[is_any]) if is_worse and is_any.any() else 0.0
    beside, found = min(usual, n_pixels - size), 0.0 if is_worse else size
    imagined = np.array(
        [
            [found, size - found, beside, n_pixels - size - beside],
            [0.0, 0.0, usual, n_pixels - usual],
        ]
    )
    kept = imagined if len(good) else imagined[:1]
    is_defect = np.array([True, False])[: len(kept)]
    return np.concatenate([counts, kept]), np.append(has_defect, is_defect)


def _resampled(
    counts: np.ndarray, has_defect: np.ndarray, n_resamples: int, seed: int
) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    blocks = [times @ counts for times in draw_counts(has_defect, n_resamples, rng, 1)]
    return _rates(np.concatenate(blocks))


def _rates(sums: np.ndarray) -> dict[str, np.ndarray]:
    """Return each rate of rows of found, missed, false and passed pixels."""
    found, missed, false, passed = sums.T
    return {
        "precision": found / np.maximum(found + false, 1),
        "recall": found / np.maximum(found + missed, 1),
        "f1": 2 * found / np.maximum(2 * found + missed + false, 1),
        "accuracy": (found + passed) / np.maximum(sums.sum(axis=1), 1),
    }

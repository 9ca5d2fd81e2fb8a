"""How sure a difference of two AUROC on the same images is, without resampling."""

import math

import numpy as np
from scipy import special

from anomalylab.metrics._difference import Bounded, difference_bounds
from anomalylab.metrics._score_interval import auroc_interval, placements, variance_of_mean
from anomalylab.metrics._undefined import check_level, reason_of, warn_undefined
from anomalylab.metrics.image import check_scores


def paired_auroc_difference(
    labels: np.ndarray, scores_a: np.ndarray, scores_b: np.ndarray, *, level: float = 0.95
) -> tuple[float, float, float]:
    """Bound ``auroc(a) - auroc(b)`` on the same images, by DeLong, DeLong and Clarke-Pearson [1]_.

    Each image has a placement: the share of images of the other class that it lies on the right
    side of. The variance of the difference is that of the differences of placements, over the
    number of images, summed over both classes, and nowhere below the one with an image more of
    each class, whose placements differ by one half. The interval is nowhere inside the one that
    follows [2]_ from :func:`auroc_interval` of both and from how they vary together: detectors
    that agree on all these images may still differ on others. Of detectors that are equally good,
    95 % intervals called one better in at most 5 % of simulated cases, also with three defects.

    Parameters
    ----------
    labels : int or bool ndarray of shape (n_images,)
        0 normal, 1 anomalous.
    scores_a, scores_b : ndarray of shape (n_images,)
        Higher is more anomalous; ties count one half.
    level : float in (0, 1)

    Returns
    -------
    difference, low, high : float in [-1, 1]
        NaN with a warning if a class is absent; the interval is NaN for one image of a class.

    Raises
    ------
    ParameterError
        As in :func:`anomalylab.metrics.auroc`, or if ``level`` lies outside (0, 1).

    References
    ----------
    .. [1] DeLong, DeLong & Clarke-Pearson (1988). Comparing the areas under two or more correlated
       receiver operating characteristic curves. Biometrics 44.
    .. [2] Zou & Donner (2008). Construction of confidence limits about effect measures: a general
       approach. Statistics in Medicine 27.
    """
    check_level(level)
    labels, scores_a = check_scores(labels, scores_a)
    labels, scores_b = check_scores(labels, scores_b)
    if reason := reason_of(labels):
        nan = warn_undefined("the difference of AUROC", reason)
        return nan, nan, nan
    both = [placements(labels, scores) for scores in (scores_a, scores_b)]
    a, b = (float(of_anomalous.mean()) for _, of_anomalous in both)
    pairs = list(zip(*both, strict=True))
    if min(len(one) for one, _ in pairs) < 2:
        return a - b, math.nan, math.nan
    reach = float(special.ndtri((1 + level) / 2)) * math.sqrt(_variance(pairs))
    bounds = (auroc_interval(labels, scores, level=level) for scores in (scores_a, scores_b))
    joined = difference_bounds(
        Bounded(a, *next(bounds)), Bounded(b, *next(bounds)), _correlation(pairs)
    )
    low, high = min(a - b - reach, joined[0]), max(a - b + reach, joined[1])
    return a - b, max(-1.0, low), min(1.0, high)


Pairs = list[tuple[np.ndarray, np.ndarray]]
"""Placements of the images of each class by both detectors."""


def _variance(pairs: Pairs) -> float:
    """Return the variance of the difference, also of images that nobody has seen."""
    differences = [of_a - of_b for of_a, of_b in pairs]
    seen = sum(map(variance_of_mean, differences))
    unseen = (
        sum(variance_of_mean(np.append(of_class, extra)) for of_class in differences)
        for extra in (-0.5, 0.5)
    )
    return max(seen, *unseen)


def _correlation(pairs: Pairs) -> float:
    """Return how both values vary together; 0 if one of them does not vary."""
    (of_a, together), (_, of_b) = np.sum([np.cov(*pair) / len(pair[0]) for pair in pairs], axis=0)
    n_images = sum(len(one) for one, _ in pairs)
    scale = math.sqrt(of_a * of_b)
    return (1 - 1 / n_images) * float(together) / scale if scale else 0.0

"""An interval for AUROC that stays open where nothing went wrong."""

from collections.abc import Callable

import numpy as np
from scipy import special

from anomalylab.metrics._undefined import check_level, reason_of, warn_undefined
from anomalylab.metrics.image import check_scores


def auroc_interval(
    labels: np.ndarray, scores: np.ndarray, *, level: float = 0.95
) -> tuple[float, float]:
    """Bound AUROC by the values t with ``|t - AUROC| <= z sd(t)``, a score interval.

    With m normal and n anomalous images and N = (m + n) / 2, method 5 of Newcombe [1]_ takes
    ``sd(t)^2 = t (1 - t) (1 + (N - 1) ((1 - t) / (2 - t) + t / (1 + t))) / (m n)``, which belongs
    to scores of exponential distributions. Here it is multiplied by the ratio of the variance that
    the images themselves show [2]_ to the one it states, where that is above 1, and it is nowhere
    below the variance that they would show with one image more of each class that is told from the
    others by chance. So scores of any spread are covered, and a perfect separation is bounded as
    Newcombe bounds it.

    Parameters
    ----------
    labels, scores : ndarray of shape (n_images,)
        As in :func:`auroc`.
    level : float in (0, 1)

    Returns
    -------
    low, high : float
        NaN with a warning if a class is absent.

    Raises
    ------
    ParameterError
        If ``level`` lies outside (0, 1), or as in :func:`auroc`.

    References
    ----------
    .. [1] Newcombe (2006). Confidence intervals for an effect size measure based on the
       Mann-Whitney statistic. Part 2. Statistics in Medicine 25.
    .. [2] DeLong, DeLong & Clarke-Pearson (1988). Comparing the areas under two or more correlated
       receiver operating characteristic curves. Biometrics 44.

    Examples
    --------
    >>> low, high = auroc_interval([0] * 20 + [1] * 63, [0.0] * 20 + [1.0] * 63)
    >>> round(low, 3), high
    (0.934, 1.0)
    """
    check_level(level)
    labels, scores = check_scores(labels, scores)
    if reason := reason_of(labels):
        nan = warn_undefined("the interval of AUROC", reason)
        return nan, nan
    of_normal, of_anomalous = placements(labels, scores)
    value = float(of_anomalous.mean())
    seen = variance_of_mean(of_normal) + variance_of_mean(of_anomalous)
    least = sum(variance_of_mean(np.append(p, 0.5)) for p in (of_normal, of_anomalous))
    n_normal, n_anomalous = len(of_normal), len(of_anomalous)
    stated = _newcombe_variance(value, n_normal, n_anomalous)
    ratio = max(1.0, seen / stated) if 0 < value < 1 else 1.0
    z = float(special.ndtri((1 + level) / 2))

    def is_inside(t: float) -> bool:
        variance = max(ratio * _newcombe_variance(t, n_normal, n_anomalous), least)
        return (t - value) ** 2 <= z**2 * variance

    return _last_inside(is_inside, value, 0.0), _last_inside(is_inside, value, 1.0)


def placements(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each image the share of the other class that it is set right against."""
    normal, anomalous = scores[~labels], scores[labels]
    return 1 - _share_below(anomalous, normal), _share_below(normal, anomalous)


def _share_below(others: np.ndarray, scores: np.ndarray) -> np.ndarray:
    rising = np.sort(others)
    sides = [np.searchsorted(rising, scores, side=side) for side in ("left", "right")]
    share: np.ndarray = (sides[0] + sides[1]) / (2 * len(rising))
    return share


def variance_of_mean(values: np.ndarray) -> float:
    return float(values.var(ddof=1)) / len(values) if len(values) > 1 else 0.0


def _newcombe_variance(t: float, n_normal: int, n_anomalous: int) -> float:
    n_mean = (n_normal + n_anomalous) / 2
    shape = (1 - t) / (2 - t) + t / (1 + t)
    return t * (1 - t) * (1 + (n_mean - 1) * shape) / (n_normal * n_anomalous)


def _last_inside(is_inside: Callable[[float], bool], inside: float, outside: float) -> float:
    """Return where an interval ends between its middle and the end of the scale, by halving."""
    for _ in range(60):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if is_inside(middle) else (inside, middle)
    return (inside + outside) / 2

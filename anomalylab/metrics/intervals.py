"""How sure a metric is, given how few images it was computed on.

No interval here shrinks to a point when nothing went wrong on the images at hand: what was not seen
among a few of them may still happen.
"""

import numpy as np
from scipy import special

from anomalylab.errors import ParameterError
from anomalylab.metrics._difference import Bounded, difference_bounds
from anomalylab.metrics._resample import resampled, with_imagined
from anomalylab.metrics._score_interval import auroc_interval
from anomalylab.metrics._undefined import check_level, reason_of, warn_undefined
from anomalylab.metrics.catalogue import Metric
from anomalylab.metrics.image import auroc, check_scores


def metric_interval(
    metric: Metric, labels: np.ndarray, scores: np.ndarray, *, level: float = 0.95, seed: int
) -> tuple[float, float]:
    """Bound a metric by the interval that suits it.

    That is :func:`auroc_interval` for AUROC and :func:`bootstrap_interval` for all others, which
    say what parameters, results and errors are.
    """
    if metric is auroc:
        return auroc_interval(labels, scores, level=level)
    return bootstrap_interval(metric, labels, scores, level=level, seed=seed)


def bootstrap_interval(
    metric: Metric,
    labels: np.ndarray,
    scores: np.ndarray,
    *,
    n_resamples: int = 1000,
    level: float = 0.95,
    seed: int,
) -> tuple[float, float]:
    """Bound a metric by a bootstrap over images and one imagined image of each class.

    Normal and anomalous images are drawn apart, so that every resample has as many of each as the
    test set and no resample lacks a class. A percentile bootstrap [1]_ of a metric that is perfect
    on all images is perfect on every resample, as if nothing could go wrong on others. Therefore
    one image of each class is added to those drawn from: for the lower bound in the middle of the
    other class, for the upper bound on the far side of all.

    Parameters
    ----------
    metric : callable
        ``metric(labels, scores) -> float``. For AUROC and both average precisions all resamples
        are computed at once.
    labels, scores : ndarray of shape (n_images,)
        0 normal, 1 anomalous; higher is more anomalous.
    n_resamples : int
    level : float in (0, 1)
        Share of resamples inside the interval.
    seed : int
        Same seed, same interval.

    Returns
    -------
    low, high : float
        NaN with a warning if a class is absent.

    Raises
    ------
    ParameterError
        If ``level`` or ``n_resamples`` cannot be used, or as in :func:`auroc`.

    References
    ----------
    .. [1] Efron & Tibshirani (1993). An Introduction to the Bootstrap. Chapman & Hall.
    """
    labels, scores = _checked(labels, scores, n_resamples, level)
    if reason := reason_of(labels):
        nan = warn_undefined("the bootstrap interval", reason)
        return nan, nan
    worse, better = (
        resampled(
            metric,
            *with_imagined(labels, scores, is_worse=is_worse),
            n_resamples,
            seed,
            n_imagined=1,
        )
        for is_worse in (True, False)
    )
    return (
        float(np.quantile(worse, (1 - level) / 2)),
        float(np.quantile(better, (1 + level) / 2)),
    )


def paired_bootstrap_difference(
    metric: Metric,
    labels: np.ndarray,
    scores_a: np.ndarray,
    scores_b: np.ndarray,
    *,
    n_resamples: int = 1000,
    level: float = 0.95,
    seed: int,
) -> tuple[float, float, float]:
    """Bound how much better detector *a* is than detector *b* on the same images.

    With values a, b, their intervals from :func:`metric_interval` and their correlation r over
    bootstrap resamples, ``low`` is ``a - b - sqrt(x^2 + y^2 - 2 r x y)`` where x = a - low_a and
    y = high_b - b; ``high`` is alike [1]_. So images hard for both cancel. Two detectors that
    agree on all these images may still differ on others: r is 0 where one of them does not vary
    over resamples, and it is multiplied by 1 - 1 / n_images. :func:`paired_auroc_difference` is
    surer for AUROC, and :func:`paired_rate_difference` for shares of images.

    Parameters
    ----------
    metric, labels, n_resamples, level, seed
        As in :func:`bootstrap_interval`.
    scores_a, scores_b : ndarray of shape (n_images,)

    Returns
    -------
    difference, low, high : float
        ``metric(a) - metric(b)`` on all images, and its interval; NaN with a warning if a class is
        absent.

    Raises
    ------
    ParameterError
        As in :func:`bootstrap_interval`.

    References
    ----------
    .. [1] Zou & Donner (2008). Construction of confidence limits about effect measures: a general
       approach. Statistics in Medicine 27.
    """
    both = [_checked(labels, scores, n_resamples, level) for scores in (scores_a, scores_b)]
    if reason := reason_of(both[0][0]):
        nan = warn_undefined("the interval of the difference", reason)
        return nan, nan, nan
    a, b = (metric(*one) for one in both)
    bounds = [metric_interval(metric, *one, level=level, seed=seed) for one in both]
    draws = [resampled(metric, *one, n_resamples, seed) for one in both]
    r = _correlation(*draws) * (1 - 1 / len(both[0][0]))
    return a - b, *difference_bounds(Bounded(a, *bounds[0]), Bounded(b, *bounds[1]), r)


def rate_interval(k: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Bound a rate of which ``k`` out of ``n`` were seen, by Clopper and Pearson [1]_.

    With ``a = (1 - level) / 2``, ``low`` solves P(X >= k) = a and ``high`` solves P(X <= k) = a for
    binomial X. Exact: covers the true rate at least as often as ``level`` says, also at 0 and n of
    n.

    Parameters
    ----------
    k, n : int
        Number of events, number of trials.
    level : float in (0, 1)

    Returns
    -------
    low, high : float in [0, 1]
        (0, 1) when ``n`` is 0.

    Raises
    ------
    ParameterError
        If not 0 <= k <= n, or ``level`` lies outside (0, 1).

    References
    ----------
    .. [1] Clopper & Pearson (1934). The use of confidence or fiducial limits illustrated in the
       case of the binomial. Biometrika 26.

    Examples
    --------
    >>> low, high = rate_interval(0, 10)
    >>> low, round(high, 4)
    (0.0, 0.3085)
    """
    if not 0 <= k <= n:
        raise ParameterError(f"k must lie between 0 and n, not {k} of {n}")
    check_level(level)
    tail = (1 - level) / 2
    low = 0.0 if k == 0 else float(special.betaincinv(k, n - k + 1, tail))
    high = 1.0 if k == n else float(special.betaincinv(k + 1, n - k, 1 - tail))
    return low, high


def paired_rate_difference(
    seen_a: np.ndarray, seen_b: np.ndarray, *, level: float = 0.95
) -> tuple[float, float, float]:
    """Bound how much more often something is seen in the same images by *a* than by *b*.

    As :func:`paired_bootstrap_difference`, with the exact bounds of :func:`rate_interval` and the
    correlation over images.

    Parameters
    ----------
    seen_a, seen_b : bool ndarray of shape (n_images,)
        Whether each image was, as for instance found among defective ones.
    level : float in (0, 1)

    Returns
    -------
    difference, low, high : float in [-1, 1]

    Raises
    ------
    ParameterError
        If there is no image, if lengths differ, or if ``level`` lies outside (0, 1).
    """
    both = [np.asarray(seen, dtype=bool).astype(float) for seen in (seen_a, seen_b)]
    n = len(both[0])
    if not n or len(both[1]) != n:
        raise ParameterError(f"rates are compared on the same images, not {n} and {len(both[1])}")
    a, b = (
        Bounded(float(seen.mean()), *rate_interval(int(seen.sum()), n, level=level))
        for seen in both
    )
    return a.value - b.value, *difference_bounds(a, b, _correlation(*both) * (1 - 1 / n))


def _checked(
    labels: np.ndarray, scores: np.ndarray, n_resamples: int, level: float
) -> tuple[np.ndarray, np.ndarray]:
    check_level(level)
    if n_resamples < 1:
        raise ParameterError(f"n_resamples must be at least 1, not {n_resamples}")
    return check_scores(labels, scores)


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])

"""How sure a metric is, given how few images it was computed on."""

from collections.abc import Iterator

import numpy as np
from scipy import special

from anomalylab.errors import ParameterError
from anomalylab.metrics._tally import ap_of_tally, auroc_of_tally, pr_area_of_tally, tally
from anomalylab.metrics._undefined import reason_of, warn_undefined
from anomalylab.metrics.catalogue import Metric
from anomalylab.metrics.image import (
    auroc,
    average_precision,
    average_precision_trapezoid,
    check_scores,
)

COUNTS_PER_BLOCK = 1 << 21

_OF_TALLY = {
    auroc: auroc_of_tally,
    average_precision: ap_of_tally,
    average_precision_trapezoid: pr_area_of_tally,
}


def bootstrap_interval(
    metric: Metric,
    labels: np.ndarray,
    scores: np.ndarray,
    *,
    n_resamples: int = 1000,
    level: float = 0.95,
    seed: int,
) -> tuple[float, float]:
    """Bound a metric by the percentile bootstrap over images, class by class [1]_.

    Normal and anomalous images are drawn apart, so that every resample has as many of each as the
    test set and no resample lacks a class. A metric that is perfect on all images is perfect on
    every resample: an interval of no width then says nothing about images not yet seen.

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
    draws = _resampled(metric, labels, scores, n_resamples, seed)
    return _percentiles(draws, level)


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

    Both are computed on the same resamples, drawn as in :func:`bootstrap_interval`, so that images
    hard for both cancel.

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
    """
    labels, scores_a = _checked(labels, scores_a, n_resamples, level)
    labels, scores_b = _checked(labels, scores_b, n_resamples, level)
    if reason := reason_of(labels):
        nan = warn_undefined("the bootstrap interval", reason)
        return nan, nan, nan
    draws_a = _resampled(metric, labels, scores_a, n_resamples, seed)
    draws_b = _resampled(metric, labels, scores_b, n_resamples, seed)
    difference = metric(labels, scores_a) - metric(labels, scores_b)
    return difference, *_percentiles(draws_a - draws_b, level)


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
    _check_level(level)
    tail = (1 - level) / 2
    low = 0.0 if k == 0 else float(special.betaincinv(k, n - k + 1, tail))
    high = 1.0 if k == n else float(special.betaincinv(k + 1, n - k, 1 - tail))
    return low, high


def _checked(
    labels: np.ndarray, scores: np.ndarray, n_resamples: int, level: float
) -> tuple[np.ndarray, np.ndarray]:
    _check_level(level)
    if n_resamples < 1:
        raise ParameterError(f"n_resamples must be at least 1, not {n_resamples}")
    return check_scores(labels, scores)


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ParameterError(f"level must lie in (0, 1), not {level}")


def _percentiles(draws: np.ndarray, level: float) -> tuple[float, float]:
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _resampled(
    metric: Metric, labels: np.ndarray, scores: np.ndarray, n_resamples: int, seed: int
) -> np.ndarray:
    """Return the metric of each resample: (n_resamples,)."""
    blocks = _draw_counts(labels, n_resamples, np.random.default_rng(seed))
    if metric in _OF_TALLY:
        of_tally = _OF_TALLY[metric]
        return np.concatenate([of_tally(*tally(labels, scores, c)[1:]) for c in blocks])
    rows = np.arange(len(labels))
    draws = (np.repeat(rows, counts) for block in blocks for counts in block)
    return np.array([metric(labels[drawn], scores[drawn]) for drawn in draws])


def _draw_counts(
    labels: np.ndarray, n_resamples: int, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Yield blocks of (resamples, n_images): how often each image was drawn within its class."""
    per_block = max(1, COUNTS_PER_BLOCK // len(labels))
    for start in range(0, n_resamples, per_block):
        n_rows = min(per_block, n_resamples - start)
        counts = np.zeros((n_rows, len(labels)), dtype=np.int64)
        for label in (False, True):
            members = np.flatnonzero(labels == label)
            drawn = rng.integers(len(members), size=(n_rows, len(members)))
            drawn += np.arange(n_rows)[:, None] * len(members)
            times = np.bincount(drawn.ravel(), minlength=n_rows * len(members))
            counts[:, members] = times.reshape(n_rows, len(members))
        yield counts

"""Means over categories and seeds, and how far they would move with others.

A value stands for each category and seed. Two deviations go by the sign "±" in papers, and differ
several times: that of a category over its seeds, averaged over categories, and that of the mean.
"""

from typing import NamedTuple

import numpy as np
from scipy import special

from anomalylab.errors import ParameterError
from anomalylab.metrics._undefined import check_level

VALUES_PER_BLOCK = 1 << 21


class MeanOverSeeds(NamedTuple):
    """A mean over categories and seeds, with both deviations.

    Parameters
    ----------
    mean : float
        Unweighted, over all categories and seeds.
    mean_of_deviations : float
        Deviation over seeds in each category, averaged over categories: what the mean row of the
        paper's tables prints. It says how much one category moves.
    deviation_of_mean : float
        Deviation over seeds of the mean over categories: how much the mean itself moves.
    """

    mean: float
    mean_of_deviations: float
    deviation_of_mean: float


def mean_over_seeds(values: np.ndarray) -> MeanOverSeeds:
    """Average values over categories and seeds, and say how much they vary over seeds.

    Parameters
    ----------
    values : ndarray of shape (n_categories, n_seeds)

    Returns
    -------
    mean : MeanOverSeeds
        Deviations divide by ``n_seeds - 1``, and are NaN for one seed.

    Raises
    ------
    ParameterError
        If there is no value, or one is not finite.

    Examples
    --------
    Two categories move against each other, so their mean stands still.

    >>> mean_over_seeds([[1.0, 3.0], [7.0, 5.0]])
    MeanOverSeeds(mean=4.0, mean_of_deviations=1.4142135623730951, deviation_of_mean=0.0)
    """
    values = _checked(values)
    if values.shape[1] == 1:
        return MeanOverSeeds(float(values.mean()), float("nan"), float("nan"))
    of_categories = values.std(axis=1, ddof=1).mean()
    return MeanOverSeeds(
        float(values.mean()), float(of_categories), float(values.mean(axis=0).std(ddof=1))
    )


def mean_interval(
    values: np.ndarray, *, n_resamples: int = 10_000, level: float = 0.95, seed: int
) -> tuple[float, float]:
    """Bound the mean over categories and seeds by an expanded percentile bootstrap [1]_.

    Categories are drawn with replacement, and within each drawn one its seeds; of a single category
    only seeds are. What is drawn from being n categories (or seeds), percentiles are taken at
    ``Phi(-sqrt(n / (n - 1)) t)`` and its counterpart, with t of n - 1 degrees of freedom, because
    plain ones are too narrow for few. Given differences of two methods, the interval is paired.

    Parameters
    ----------
    values : ndarray of shape (n_categories, n_seeds)
    n_resamples : int
    level : float in (0, 1)
    seed : int
        Same seed, same interval.

    Returns
    -------
    low, high : float
        NaN for a single value. It covers other draws of what varies here, and nothing else: not
        other test images, and of one category not other categories.

    Raises
    ------
    ParameterError
        If there is no value, one is not finite, or ``level`` or ``n_resamples`` cannot be used.

    References
    ----------
    .. [1] Hesterberg (2015). What teachers should know about the bootstrap. The American
       Statistician 69. https://doi.org/10.1080/00031305.2015.1089789
    """
    values = _checked(values)
    check_level(level)
    if n_resamples < 1:
        raise ParameterError(f"n_resamples must be at least 1, not {n_resamples}")
    n_drawn = values.shape[0] if values.shape[0] > 1 else values.shape[1]
    if n_drawn == 1:
        return float("nan"), float("nan")
    t = special.stdtrit(n_drawn - 1, (1 + level) / 2)
    tail = float(special.ndtr(-np.sqrt(n_drawn / (n_drawn - 1)) * t))
    low, high = np.quantile(_resampled_means(values, n_resamples, seed), [tail, 1 - tail])
    return float(low), float(high)


def _resampled_means(values: np.ndarray, n_resamples: int, seed: int) -> np.ndarray:
    """Return the mean of each resample: (n_resamples,)."""
    rng = np.random.default_rng(seed)
    n_categories, n_seeds = values.shape
    per_block = max(1, VALUES_PER_BLOCK // values.size)
    means = []
    for start in range(0, n_resamples, per_block):
        n_rows = min(per_block, n_resamples - start)
        category = rng.integers(n_categories, size=(n_rows, n_categories, 1))
        of_seed = rng.integers(n_seeds, size=(n_rows, n_categories, n_seeds))
        means.append(values[category, of_seed].mean(axis=(1, 2)))
    return np.concatenate(means)


def _checked(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, float)
    if values.ndim != 2 or not values.size:
        raise ParameterError(f"values have shape (n_categories, n_seeds), not {values.shape}")
    if not np.isfinite(values).all():
        raise ParameterError(
            "a value is missing; leave out categories that do not have all seeds, and name them"
        )
    return values

"""How alike two scorings of the same images are; no truth is needed."""

import math

import numpy as np
import pandas as pd
from scipy import special

from anomalylab.errors import ParameterError

MIN_IMAGES = 5
"""Fewer leave the interval of a correlation without meaning."""


def spearman(a: np.ndarray, b: np.ndarray, *, level: float = 0.95) -> tuple[float, float, float]:
    """Correlate the ranks of two scorings, with the interval of Bonett and Wright [1]_.

    The interval is ``tanh(atanh(rho) -+ z * sqrt((1 + rho**2 / 2) / (n - 3)))``.

    Parameters
    ----------
    a, b : ndarray of shape (n_images,)
        Ties share the mean of their ranks.
    level : float in (0, 1)

    Returns
    -------
    rho, low, high : float in [-1, 1]
        NaN for fewer than five images, or where all scores of one side are equal.

    Raises
    ------
    ParameterError
        If lengths differ or ``level`` lies outside (0, 1).

    References
    ----------
    .. [1] Bonett & Wright (2000). Sample size requirements for estimating Pearson, Kendall and
       Spearman correlations. Psychometrika 65.

    Examples
    --------
    >>> rho, low, high = spearman([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 6, 5])
    >>> round(rho, 3), round(low, 3), round(high, 3)
    (0.943, 0.383, 0.996)
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape or a.ndim != 1:
        raise ParameterError(f"two scorings of the same images, not {a.shape} and {b.shape}")
    if not 0 < level < 1:
        raise ParameterError(f"level must lie in (0, 1), not {level}")
    if len(a) < MIN_IMAGES or np.ptp(a) == 0 or np.ptp(b) == 0:
        return math.nan, math.nan, math.nan
    rho = float(np.clip(np.corrcoef(pd.Series(a).rank(), pd.Series(b).rank())[0, 1], -1, 1))
    if abs(rho) > 1 - 1e-12:
        rho = round(rho)
        return rho, rho, rho
    reach = special.ndtri((1 + level) / 2) * math.sqrt((1 + rho**2 / 2) / (len(a) - 3))
    return rho, math.tanh(math.atanh(rho) - reach), math.tanh(math.atanh(rho) + reach)


def shared_top(a: np.ndarray, b: np.ndarray, k: int) -> int:
    """Count the images that are among the ``k`` highest of both scorings.

    Two scorings that have nothing to do with each other share ``k**2 / n_images`` on average. Of
    images with equal scores the first ones count as higher.

    Examples
    --------
    >>> shared_top(np.array([4, 3, 2, 1]), np.array([4, 1, 3, 2]), 2)
    1
    """
    first, second = (np.argsort(-np.asarray(s, float), kind="stable")[:k] for s in (a, b))
    return len(np.intersect1d(first, second))

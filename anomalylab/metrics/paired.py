"""Which of several methods differ, compared on the same data sets.

A row of values is one data set (a category; or one seed of a single category) on which each method,
a column, was measured. Seeds of a category share its images: average them first where there are
several categories, or each category counts several times.
"""

from itertools import combinations

import numpy as np
import pandas as pd

from anomalylab.errors import ParameterError
from anomalylab.metrics._undefined import check_level

MAX_EXACT = 300
"""Pairs up to which all signs are counted; sums of ranks of more are as good as normal."""

DIGITS = 12
"""Decimal places that count: means that differ in the rounding of sums are equal."""


def signed_rank_p_value(differences: np.ndarray) -> float:
    """Return the two-sided p-value of Wilcoxon's signed-rank test [1]_, exactly, ties or not.

    Differences are ranked by size, equal ones share the mean of their ranks, and zeros are left
    out. Of all ways to choose their signs, ``p`` is the share with a sum of positive ranks as far
    from the middle as the one seen.

    Parameters
    ----------
    differences : ndarray of shape (n_pairs,)

    Returns
    -------
    p_value : float in (0, 1]
        1 where nothing differs. No less than ``2 / 2^n``: five pairs cannot give less than 0.0625.

    Raises
    ------
    ParameterError
        If a difference is not finite, or more than ``MAX_EXACT`` are not zero.

    References
    ----------
    .. [1] Wilcoxon (1945). Individual comparisons by ranking methods. Biometrics Bulletin 1.

    Examples
    --------
    >>> signed_rank_p_value([1.0, 2.0, 3.0, 4.0, 5.0])
    0.0625
    """
    differences = np.asarray(differences, float).ravel()
    if not np.isfinite(differences).all():
        raise ParameterError("a difference is missing; compare on data sets that have both")
    differences = differences.round(DIGITS)
    differences = differences[differences != 0]
    n_pairs = len(differences)
    if n_pairs > MAX_EXACT:
        raise ParameterError(f"signs of at most {MAX_EXACT} pairs are counted, not {n_pairs}")
    doubled = np.rint(2 * _ranks(np.abs(differences))).astype(int)
    shares = _sign_shares(doubled)
    middle, seen = doubled.sum() / 2, doubled[differences > 0].sum()
    is_as_far = np.abs(np.arange(len(shares)) - middle) >= abs(seen - middle)
    return float(min(1.0, shares[is_as_far].sum()))


def holm(p_values: np.ndarray) -> np.ndarray:
    """Adjust p-values of several tests so that any false finding is held to the level [1]_.

    The i-th smallest of m becomes the largest of ``(m - j + 1) p_j`` for j up to i, at most 1.

    Parameters
    ----------
    p_values : ndarray of shape (n_tests,)

    Returns
    -------
    adjusted : ndarray of shape (n_tests,)

    References
    ----------
    .. [1] Holm (1979). A simple sequentially rejective multiple test procedure. Scandinavian
       Journal of Statistics 6.

    Examples
    --------
    >>> holm([0.04, 0.01, 0.03])
    array([0.06, 0.03, 0.06])
    """
    p_values = np.asarray(p_values, float).ravel()
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(1, np.maximum.accumulate(factors * p_values[order]))
    return adjusted


def paired_tests(values: pd.DataFrame, *, level: float = 0.05) -> pd.DataFrame:
    """Compare each two methods by signed ranks, adjusted for the number of pairs by Holm.

    Parameters
    ----------
    values : DataFrame
        A row a data set, a column a method.
    level : float in (0, 1)
        Adjusted p-values up to it are called different.

    Returns
    -------
    tests : DataFrame
        ``a``, ``b``, ``n_pairs``, ``difference`` (mean of a - b), ``p_value``, ``p_holm``,
        ``is_different``; a row for each two columns.

    Raises
    ------
    ParameterError
        If there are fewer than two methods, or a value is missing.
    """
    check_level(level)
    check_values(values)
    rows = []
    for a, b in combinations(values.columns, 2):
        differences = values[a].to_numpy(float) - values[b].to_numpy(float)
        p_value = signed_rank_p_value(differences)
        rows.append((a, b, len(values), float(differences.mean()), p_value))
    tests = pd.DataFrame(rows, columns=["a", "b", "n_pairs", "difference", "p_value"])
    tests["p_holm"] = holm(tests["p_value"].to_numpy())
    return tests.assign(is_different=tests["p_holm"] <= level)


def check_values(values: pd.DataFrame) -> None:
    """Refuse values that cannot be compared row by row."""
    if values.shape[1] < 2 or not len(values) or not values.columns.is_unique:
        raise ParameterError(
            f"at least two methods are compared on one data set or more, not {values.shape[1]} on "
            f"{len(values)}"
        )
    missing = values.columns[~np.isfinite(values.to_numpy(float)).all(axis=0)]
    if len(missing):
        raise ParameterError(
            f"values of {', '.join(map(str, missing))} are missing; leave out the data sets that "
            "do not have all methods, and name them"
        )


def _ranks(values: np.ndarray) -> np.ndarray:
    """Return ranks from 1, equal values sharing the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[place])


def _sign_shares(ranks: np.ndarray) -> np.ndarray:
    """Return the share of all choices of signs that give each sum of positive ranks."""
    shares = np.zeros(int(ranks.sum()) + 1)
    shares[0] = 1
    for rank in ranks:
        shares[rank:] += shares[: len(shares) - rank].copy()
        shares /= 2
    return shares

"""Average ranks of several methods over data sets, and which of them cannot be told apart."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from anomalylab.metrics.paired import DIGITS, check_values, paired_tests


class CriticalDifference(NamedTuple):
    """What a critical-difference diagram draws.

    Parameters
    ----------
    ranks : Series
        Method -> average rank over data sets, the best (lowest) first; ties share ranks.
    groups : list of tuple of str
        Longest runs of neighbours in that order no two of which differ; single methods are left
        out. What a diagram joins by a bar.
    tests : DataFrame
        As :func:`anomalylab.metrics.paired_tests` returns it.
    friedman_p : float
        Chance of ranks so unlike if all methods were alike.
    nemenyi : float
        Distance of average ranks from which Nemenyi's test calls two methods different.
    n_sets : int
        Data sets.
    """

    ranks: pd.Series
    groups: list[tuple[str, ...]]
    tests: pd.DataFrame
    friedman_p: float
    nemenyi: float
    n_sets: int


def critical_difference(
    values: pd.DataFrame, *, level: float = 0.05, higher_is_better: bool = True
) -> CriticalDifference:
    """Rank methods on each data set, and join those that signed ranks with Holm do not tell apart.

    Demsar [1]_ proposed the diagram; his test by average ranks lets a pair's verdict depend on the
    other methods, so pairs are tested instead [2]_. His critical difference stands beside it.

    Parameters
    ----------
    values : DataFrame
        A row a data set, a column a method.
    level : float in (0, 1)
        Chance of any false difference.
    higher_is_better : bool

    Returns
    -------
    found : CriticalDifference

    Raises
    ------
    ParameterError
        As in :func:`anomalylab.metrics.paired_tests`.

    References
    ----------
    .. [1] Demsar (2006). Statistical comparisons of classifiers over multiple data sets. JMLR 7.
    .. [2] Benavoli, Corani & Mangili (2016). Should we really use post-hoc tests based on
       mean-ranks? JMLR 17.
    """
    check_values(values)
    tests = paired_tests(values, level=level)
    ranked = values.round(DIGITS).rank(axis=1, ascending=not higher_is_better)
    ranks = ranked.mean().sort_values(kind="stable")
    return CriticalDifference(
        ranks,
        _groups([str(name) for name in ranks.index], tests),
        tests,
        _friedman(ranked.to_numpy()),
        nemenyi_distance(values.shape[1], len(values), level=level),
        len(values),
    )


def nemenyi_distance(n_methods: int, n_sets: int, *, level: float = 0.05) -> float:
    """Return Nemenyi's critical difference of average ranks, ``q sqrt(k (k + 1) / (6 n))``.

    ``q`` is the quantile of the studentised range of k methods, over the root of two.

    Examples
    --------
    >>> round(nemenyi_distance(4, 14), 2)
    1.25
    """
    from scipy.stats import studentized_range  # takes a second to load, and few calls come here

    q = studentized_range.ppf(1 - level, n_methods, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(n_methods * (n_methods + 1) / (6 * n_sets)))


def _groups(order: list[str], tests: pd.DataFrame) -> list[tuple[str, ...]]:
    differing = tests.loc[tests["is_different"], ["a", "b"]].itertuples(index=False)
    apart = {frozenset(map(str, pair)) for pair in differing}
    found: list[tuple[str, ...]] = []
    reached = 0
    for start in range(len(order)):
        stop = start + 1
        while stop < len(order) and not any(
            frozenset((order[stop], member)) in apart for member in order[start:stop]
        ):
            stop += 1
        if stop > reached and stop - start > 1:
            found.append(tuple(order[start:stop]))
        reached = max(reached, stop)
    return found


def _friedman(ranked: np.ndarray) -> float:
    """Return the p-value of Friedman's test, ties accounted for; 1 where all are tied."""
    n_methods = ranked.shape[1]
    from_middle = ranked - (n_methods + 1) / 2
    if not from_middle.any():
        return 1.0
    between = (from_middle.sum(axis=0) ** 2).sum()
    statistic = (n_methods - 1) * between / (from_middle**2).sum()
    return float(special.chdtrc(n_methods - 1, statistic))

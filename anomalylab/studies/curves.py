"""Means over categories and seeds, one row a point of a curve."""

from typing import Any, cast

import numpy as np
import pandas as pd

from anomalylab.metrics.over_seeds import mean_interval

POINT = ("study", "detector", "strategy", "scorer", "pollution", "reject", "metric")
"""Columns that tell one point of a curve from all others."""

N_RESAMPLES = 2000
"""Of the bootstrap of a mean; there are thousands of them."""

NOTHING = (np.nan, np.nan)
"""Bounds of what has none."""


def curves(metrics: pd.DataFrame) -> pd.DataFrame:
    """Average metrics over seeds and categories.

    A category counts at a point only with all seeds that occur there: otherwise means of different
    seeds would be compared. Those that lack one are named.

    Parameters
    ----------
    metrics : DataFrame
        Rows of STUDY_METRICS.

    Returns
    -------
    points : DataFrame
        :data:`POINT`, and ``value`` (mean), ``deviation`` (over seeds, averaged over categories),
        ``deviation_of_mean`` (over seeds, of the mean over categories; both missing for one seed),
        ``n_categories``, ``n_seeds`` and ``left_out`` (names of categories, with commas between).
    """
    keys = list(POINT)
    known = metrics.dropna(subset=["value"])
    per_point = known.groupby(keys, sort=True)
    n_seeds = per_point["seed"].transform("nunique")
    has_all = known.groupby([*keys, "category"])["seed"].transform("nunique") == n_seeds
    complete = known[has_all]
    of_categories = complete.groupby([*keys, "category"])["value"].agg(["mean", "std"])
    points = of_categories.groupby(keys).agg(
        value=("mean", "mean"), deviation=("std", "mean"), n_categories=("mean", "size")
    )
    of_seeds = complete.groupby([*keys, "seed"])["value"].mean().groupby(keys)
    points["deviation_of_mean"] = of_seeds.std()
    points["n_seeds"] = of_seeds.size()
    points["left_out"] = _left_out(metrics, complete, keys).reindex(points.index).fillna("")
    return points.reset_index()


def with_intervals(points: pd.DataFrame, metrics: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """Add 95 % intervals of the mean to points: other seeds, and of several also other categories.

    Parameters
    ----------
    points : DataFrame
        Some rows of :func:`curves`.
    metrics : DataFrame
        Rows of STUDY_METRICS that they are of.
    seed : int
        Of the bootstrap.

    Returns
    -------
    points : DataFrame
        With ``low`` and ``high``, missing where there is one value only.
    """
    keys = list(POINT)
    wanted = metrics.merge(points[keys], on=keys).dropna(subset=["value"])
    values = wanted.pivot_table(index=[*keys, "category"], columns="seed", values="value")
    bounds: dict[tuple[Any, ...], tuple[float, float]] = {}
    for point, rows in values.groupby(level=keys).indices.items():
        all_ = values.iloc[rows].dropna(axis=1, how="all").dropna().to_numpy()
        ends = mean_interval(all_, n_resamples=N_RESAMPLES, seed=seed) if len(all_) else NOTHING
        bounds[cast(tuple[Any, ...], point)] = ends
    in_order = [bounds.get(tuple(row), NOTHING) for row in points[keys].itertuples(index=False)]
    low, high = np.array(in_order, float).reshape(-1, 2).T
    return points.assign(low=low, high=high)


def _left_out(metrics: pd.DataFrame, complete: pd.DataFrame, keys: list[str]) -> pd.Series:
    """Return the categories that are no part of a point although they were measured there."""
    all_ = metrics[[*keys, "category"]].drop_duplicates()
    used = complete[[*keys, "category"]].drop_duplicates()
    missing = all_.merge(used, on=[*keys, "category"], how="left", indicator=True)
    missing = missing[missing["_merge"] == "left_only"]
    return missing.groupby(keys)["category"].agg(lambda names: ", ".join(sorted(names)))

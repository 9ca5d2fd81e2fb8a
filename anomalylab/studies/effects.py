"""How much a change of the training set changes a metric, with an interval that covers what varies.

Two things vary: which images pollute (the seeds), and which images happen to be tested. The first
is seen from seed to seed. The second is the same for all seeds, so it does not average out: it is
taken from the images of each seed by paired intervals, and both are added as squares.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd

from anomalylab import metrics
from anomalylab.metrics.over_seeds import mean_interval
from anomalylab.schema.study import KEY

Where = Mapping[str, object]
"""Values of some columns of KEY that tell cells from others, up to category and seed."""

MIN_OF_A_CLASS = 5
"""Test images of a class below which intervals do not hold."""


class Effect(NamedTuple):
    """A metric before and after, and the difference with its 95 % interval.

    Parameters
    ----------
    metric : str
    before, after : float
        Means over the pairs of cells.
    low, high : float
        Of ``after - before``; NaN where nothing bounds it.
    n_pairs : int
        Categories times seeds.
    """

    metric: str
    before: float
    after: float
    low: float
    high: float
    n_pairs: int

    @property
    def value(self) -> float:
        """The difference."""
        return self.after - self.before

    @property
    def is_certain(self) -> bool:
        """Whether the interval holds differences of one sign only."""
        return bool(self.low > 0 or self.high < 0)


class Tested:
    """Scores of test images, found by cell.

    Parameters
    ----------
    scores : DataFrame
        Rows of STUDY_SCORES; may be empty.
    """

    def __init__(self, scores: pd.DataFrame):
        tested = scores[scores["role"] == "test"]
        groups = tested.groupby(list(KEY), sort=False, observed=True)
        self._rows = {cast(tuple[Any, ...], key): rows for key, rows in groups.indices.items()}
        self._keys = pd.DataFrame(list(self._rows), columns=list(KEY))
        self._table = tested[["sample_id", "label", "score", "is_beyond_1", "is_beyond_5"]]

    def cells(self, where: Where) -> dict[tuple[str, int], pd.DataFrame]:
        """Return the rows of cells with some values in some columns, by category and seed."""
        keys = chosen(self._keys, where).itertuples(index=False, name=None)
        at = (KEY.index("category"), KEY.index("seed"))
        return {
            (str(key[at[0]]), int(key[at[1]])): self._table.iloc[self._rows[key]] for key in keys
        }


def effect(
    study_metrics: pd.DataFrame,
    scores: Tested | pd.DataFrame,
    metric: str,
    before: Where,
    after: Where,
) -> Effect | None:
    """Compare two kinds of training sets, category by category and seed by seed.

    Parameters
    ----------
    study_metrics : DataFrame
        Rows of STUDY_METRICS.
    scores : Tested or DataFrame
        Rows of STUDY_SCORES; may be empty, then the interval covers other seeds only.
    metric : str
        Intervals cover other test images, too, for ``auroc`` and for decisions at 1 % and 5 %.
    before, after : mapping
        Columns of KEY -> their value, such as ``{"study": "pollution", "pollution": 0.2}``.

    Returns
    -------
    effect : Effect or None
        None where no pair of cells has the metric.
    """
    one, other = (_values(study_metrics, metric, where) for where in (before, after))
    pairs = one.index.intersection(other.index)
    if not len(pairs):
        return None
    moved = (other[pairs] - one[pairs]).rename("moved").reset_index()
    table = moved.pivot_table(index="category", columns="seed", values="moved").dropna()
    if table.empty:
        return None
    used = pairs[pairs.get_level_values("category").isin(table.index)]
    value = float(table.to_numpy().mean())
    low, high = mean_interval(table.to_numpy(), seed=0)
    tested = scores if isinstance(scores, Tested) else Tested(scores)
    wide = _of_images(tested, metric, before, after, used)
    if wide is not None:
        below, above = _added(value - low, wide[0]), _added(high - value, wide[1])
        low, high = value - below, value + above
    return Effect(metric, float(one[used].mean()), float(other[used].mean()), low, high, len(used))


def _added(of_seeds: float, of_images: float) -> float:
    """Add two half widths as squares; one that is not known is left out."""
    return float(np.hypot(0.0 if np.isnan(of_seeds) else max(of_seeds, 0.0), of_images))


def _values(table: pd.DataFrame, metric: str, where: Where) -> pd.Series:
    rows = chosen(table[table["metric"] == metric], where).dropna(subset=["value"])
    return rows.set_index(["category", "seed"])["value"]


def chosen(table: pd.DataFrame, where: Where) -> pd.DataFrame:
    """Return the rows of a table with some values in some columns."""
    is_there = np.ones(len(table), bool)
    for name, value in where.items():
        column = table[name]
        same = np.isclose(column, value) if isinstance(value, float) else column == value
        is_there &= np.asarray(same)
    return table[is_there]


def _of_images(
    tested: Tested, metric: str, before: Where, after: Where, pairs: pd.Index
) -> tuple[float, float] | None:
    """Return how far other test images may move the mean difference down and up, if known."""
    if not (metric == "auroc" or metric.endswith(("_at_1", "_at_5"))):
        return None
    of_both = [tested.cells(where) for where in (before, after)]
    below, above = [], []
    for pair in pairs:
        if not all(pair in of for of in of_both):
            return None
        found = _difference(metric, *(of[pair] for of in of_both))
        if found is None:
            return None
        below.append(found.value - found.low)
        above.append(found.high - found.value)
    by_category = pd.DataFrame({"below": below, "above": above}, index=pairs).groupby("category")
    widths = by_category.mean()
    down, up = np.sqrt(np.square(widths).sum()) / len(widths)
    return float(down), float(up)


class _Bounded(NamedTuple):
    value: float
    low: float
    high: float


def _difference(metric: str, before: pd.DataFrame, after: pd.DataFrame) -> _Bounded | None:
    """Return the paired difference on the test images of one seed."""
    both = before.merge(after, on="sample_id", suffixes=("_before", "_after"))
    labels = both["label_before"].to_numpy(int)
    if min((labels == 0).sum(), (labels == 1).sum()) < MIN_OF_A_CLASS:
        return None
    if metric == "auroc":
        found = metrics.paired_auroc_difference(
            labels, both["score_after"].to_numpy(float), both["score_before"].to_numpy(float)
        )
        return _Bounded(*found)
    column = f"is_beyond_{metric.rpartition('_')[2]}"
    of_class = both[labels == (0 if metric.startswith("false_alarms") else 1)]
    found = metrics.paired_rate_difference(
        of_class[f"{column}_after"].to_numpy(bool), of_class[f"{column}_before"].to_numpy(bool)
    )
    return _Bounded(*found)

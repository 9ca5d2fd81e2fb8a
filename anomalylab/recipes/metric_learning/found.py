"""What was found over all trials: AUROC by category and loss, and which losses differ."""

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from anomalylab import metrics
from anomalylab.recipes.metric_learning.info import MetricLearningInfo
from anomalylab.recipes.metric_learning.values import UNTRAINED


class Auroc(NamedTuple):
    """AUROC of a loss on a category: the mean over seeds.

    Parameters
    ----------
    category, loss : str
    value, low, high : float
        The interval covers which images were judged: of the one seed, or the widest ends of all.
    published : float
        NaN if none is printed.
    spread : float
        Largest less smallest over seeds; NaN with one.
    """

    category: str
    loss: str
    value: float
    low: float
    high: float
    published: float
    spread: float


class Difference(NamedTuple):
    """By how much one loss is ahead of another on the same images."""

    value: float
    low: float
    high: float

    @property
    def is_certain(self) -> bool:
        """Whether the interval leaves out none."""
        return bool(self.low > 0 or self.high < 0)


class Found:
    """The tables of a run, read for sentences and pages.

    Parameters
    ----------
    tables : mapping
        ``metric_trainings``, ``metric_values`` and ``metric_distances``.
    part : MetricLearningInfo
    """

    def __init__(self, tables: Mapping[str, pd.DataFrame], part: MetricLearningInfo):
        self.tables, self.part = tables, part

    @property
    def metric(self) -> str:
        """The figure that is told first: AUROC, without the type of defect that was trained on."""
        return "auroc" + (UNTRAINED if self.part.experiment == "one-defect" else "")

    def aurocs(self, metric: str = "", *, is_as_published: bool = False) -> list[Auroc]:
        """Return AUROC by category and loss, those that have a value, in the order asked for."""
        table = self.tables["metric_values"]
        own = table[
            (table["metric"] == (metric or self.metric))
            & (table["is_as_published"] == is_as_published)
            & table["value"].notna()
        ]
        found = []
        for category in self.part.categories:
            for loss in self.part.losses:
                rows = own[(own["category"] == category) & (own["loss"] == loss)]
                if len(rows):
                    found.append(_auroc(category, loss, rows))
        return found

    @cached_property
    def means(self) -> dict[str, float]:
        """Mean AUROC over categories of each loss that has a value in all that have any."""
        found = self.aurocs()
        n_categories = len({one.category for one in found})
        of_loss: dict[str, list[float]] = {}
        for one in found:
            of_loss.setdefault(one.loss, []).append(one.value)
        return {
            loss: float(np.mean(values))
            for loss, values in of_loss.items()
            if len(values) == n_categories
        }

    @property
    def n_judged(self) -> int:
        """Categories that have a value."""
        return len({one.category for one in self.aurocs()})

    def difference(self, category: str, one: str, other: str, *, level: float = 0.95) -> Difference:
        """Bound by how much one loss is ahead of another on a category, with the first seed."""
        first, second = (self._scores(category, loss) for loss in (one, other))
        both = first.merge(second, on="sample_id", suffixes=("", "_of_other"))
        labels = both["label"].to_numpy(int)
        distances = both["distance"].to_numpy(float), both["distance_of_other"].to_numpy(float)
        return Difference(*metrics.paired_auroc_difference(labels, *distances, level=level))

    def _scores(self, category: str, loss: str) -> pd.DataFrame:
        """Return labelled test images of a trial without the type that was trained on."""
        table = self.tables["metric_distances"]
        own = table[
            (table["category"] == category)
            & (table["loss"] == loss)
            & ~table["is_as_published"].astype(bool)
            & (table["seed"] == self.part.seeds[0])
            & (table["role"] == "test")
            & table["label"].notna()
        ]
        trained_on = self.part.defects.get(category)
        return own[(own["defect_type"] != trained_on) | (own["label"] != 1)]


def _auroc(category: str, loss: str, rows: pd.DataFrame) -> Auroc:
    values = rows["value"].to_numpy(float)
    return Auroc(
        category,
        loss,
        float(values.mean()),
        float(rows["low"].min()),
        float(rows["high"].max()),
        float(rows["published"].iloc[0]),
        float(np.ptp(values)) if len(values) > 1 else np.nan,
    )

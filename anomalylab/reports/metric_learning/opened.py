"""The tables of a run of metric learning, and which trials they tell of."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import pandas as pd

from anomalylab.recipes.metric_learning.info import MetricLearningInfo
from anomalylab.reports.kit.tables import tables_of
from anomalylab.runs.folder import Run
from anomalylab.schema.metric_learning import KEY


class Trial(NamedTuple):
    """One category judged by one network."""

    category: str
    experiment: str
    loss: str
    is_as_published: bool
    seed: int


@dataclass(frozen=True)
class Tables:
    """What a run of metric learning holds, under the names of ``schema.metric_learning``."""

    trainings: pd.DataFrame
    curves: pd.DataFrame
    values: pd.DataFrame
    distances: pd.DataFrame
    classes: pd.DataFrame
    embedding: pd.DataFrame
    heat: pd.DataFrame
    pictures: pd.DataFrame


@dataclass(frozen=True)
class Trials:
    """All that the page of a run shows.

    Parameters
    ----------
    tables : Tables
    samples, thumbnails : DataFrame
        Rows of SAMPLES and THUMBNAILS.
    about : MetricLearningInfo
    """

    tables: Tables
    samples: pd.DataFrame
    thumbnails: pd.DataFrame
    about: MetricLearningInfo

    @cached_property
    def all(self) -> list[Trial]:
        """All trials in the order of the table, failed ones too."""
        rows = self.tables.trainings[list(KEY)].itertuples(index=False)
        return [Trial(str(c), str(e), str(x), bool(p), int(s)) for c, e, x, p, s in rows]

    @cached_property
    def done(self) -> list[Trial]:
        """Those that did not fail."""
        is_done = (self.tables.trainings["status"] == "done").to_list()
        return [trial for trial, done in zip(self.all, is_done, strict=True) if done]

    @property
    def categories(self) -> list[str]:
        """Categories that were judged, in order."""
        return list(dict.fromkeys(trial.category for trial in self.all))

    @property
    def losses(self) -> list[str]:
        """Losses, in order."""
        return list(dict.fromkeys(trial.loss for trial in self.all))

    @property
    def experiments(self) -> list[str]:
        """Experiments, in order."""
        return list(dict.fromkeys(trial.experiment for trial in self.all))

    @property
    def seeds(self) -> list[int]:
        """Seeds, in order."""
        return sorted({trial.seed for trial in self.all})

    def of(self, table: pd.DataFrame, trial: Trial) -> pd.DataFrame:
        """Return the rows of a table that tell of a trial."""
        rows = self._places.get(id(table))
        if rows is None:
            keys = list(KEY)
            rows = table.groupby(keys, sort=False).indices if len(table) else {}
            self._places[id(table)] = rows
        return table.iloc[rows[trial]] if trial in rows else table.iloc[:0]

    @cached_property
    def _places(self) -> dict[int, dict[Any, Any]]:
        """Rows of each trial in each table that was asked for."""
        return {}


def opened(run: Run) -> Trials:
    """Open what a run of metric learning holds.

    Parameters
    ----------
    run : Run

    Raises
    ------
    RunError
        If the run is of another kind, or damaged.
    """
    about = run.info.part_of(MetricLearningInfo)
    return Trials(tables_of(run, Tables, "metric"), run.samples, run.table("thumbnails"), about)

"""From finished trials to the tables of a run."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from anomalylab.recipes.metric_learning.inputs import Category
from anomalylab.recipes.metric_learning.judged import DISTANCE, LOGIT, unpacked_curve
from anomalylab.recipes.metric_learning.seen import Seen
from anomalylab.recipes.metric_learning.trials import Finished
from anomalylab.recipes.metric_learning.values import classes_of, values_of
from anomalylab.schema import Table
from anomalylab.schema import metric_learning as schema

TABLES: tuple[Table, ...] = (
    schema.METRIC_TRAININGS,
    schema.METRIC_CURVES,
    schema.METRIC_VALUES,
    schema.METRIC_DISTANCES,
    schema.METRIC_CLASSES,
    schema.METRIC_EMBEDDING,
    schema.METRIC_HEAT,
    schema.METRIC_PICTURES,
)


@dataclass
class TrialTables:
    """Collects the rows of finished trials.

    Parameters
    ----------
    variant : str
        Of the published values that stand beside.
    """

    variant: str
    parts: dict[str, list[pd.DataFrame]] = field(default_factory=dict)

    def add(
        self, finished: Finished, category: Category, thumbnails: pd.DataFrame, ramp: str
    ) -> None:
        """Add what came of a trial.

        Parameters
        ----------
        finished : Finished
        category : Category
            That it judged.
        thumbnails : DataFrame
            Rows of THUMBNAILS, those of the category among them.
        ramp : str
            Colours of heat.
        """
        self._put("metric_trainings", finished, pd.DataFrame([_training(finished, category)]))
        if finished.lesson is None or finished.reason:
            return
        arrays, seen = finished.arrays, Seen(finished, category)
        self._put("metric_curves", finished, unpacked_curve(arrays))
        values = values_of(seen.scored, arrays["planted"], finished.trial._asdict(), self.variant)
        self._put("metric_values", finished, values)
        self._put("metric_distances", finished, seen.distances())
        self._put("metric_classes", finished, classes_of(seen.scored))
        self._put("metric_embedding", finished, seen.embedding())
        for of in (LOGIT, DISTANCE):
            if f"heat_{of}" in arrays:
                self._put("metric_heat", finished, seen.heat(of))
                self._put("metric_pictures", finished, seen.pictures(of, thumbnails, ramp))

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables of all trials; those without rows have their columns."""
        return {table.name: _joined(table, self.parts.get(table.name, [])) for table in TABLES}

    def _put(self, name: str, finished: Finished, rows: pd.DataFrame) -> None:
        key = {column: [value] * len(rows) for column, value in finished.trial._asdict().items()}
        keyed = pd.concat([pd.DataFrame(key, index=rows.index), rows], axis=1)
        self.parts.setdefault(name, []).append(keyed)


def _joined(table: Table, parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    if not parts:
        return pd.DataFrame(columns=list(table.columns))
    return pd.concat(parts, ignore_index=True)[list(table.columns)]


def _training(finished: Finished, category: Category) -> dict[str, Any]:
    lesson, arrays = finished.lesson, finished.arrays
    names = lesson.names if lesson else ()
    row: dict[str, Any] = {
        "status": "failed" if finished.reason else "done",
        "reason": finished.reason,
        "n_train": len(lesson.images) if lesson else len(category.roles.train),
        "n_classes": len(names),
        "epochs": 0,
        "best_epoch": 0,
        "trained_on": ", ".join(names),
        "seconds": np.nan,
    }
    if arrays:
        curve = unpacked_curve(arrays)
        row |= {"epochs": int(curve["epoch"].max()), "best_epoch": best_epoch(curve)}
        row["seconds"] = float(arrays["seconds"])
    return row


def best_epoch(curve: pd.DataFrame) -> int:
    """Return the epoch of the lowest validation loss; the last one if nothing was held out.

    Examples
    --------
    >>> rows = [(1, "validation", "loss", 0.9), (2, "validation", "loss", 0.4)]
    >>> best_epoch(pd.DataFrame(rows, columns=["epoch", "part", "measure", "value"]))
    2
    """
    losses = curve[(curve["part"] == "validation") & (curve["measure"] == "loss")]
    if not len(losses):
        return int(curve["epoch"].max())
    return int(losses["epoch"].iloc[int(losses["value"].to_numpy().argmin())])

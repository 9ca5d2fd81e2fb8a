"""Finished cells as the tables of a study."""

import warnings
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from anomalylab import metrics
from anomalylab.metrics import UndefinedMetric
from anomalylab.schema.study import (
    KEY,
    STUDY_CELLS,
    STUDY_METRICS,
    STUDY_SCORES,
    STUDY_TIMES,
)
from anomalylab.studies.category import Finished
from anomalylab.studies.strategy import CELLS

OF_CELL = (STUDY_CELLS, STUDY_METRICS, STUDY_SCORES, STUDY_TIMES)


class StudyTables:
    """Collects the tables of a study, category by category."""

    def __init__(self) -> None:
        self._parts: dict[str, list[pd.DataFrame]] = {table.name: [] for table in OF_CELL}

    def add(self, finished: Iterable[Finished], sample_ids: np.ndarray, labels: np.ndarray) -> None:
        """Take the cells of a category.

        Parameters
        ----------
        finished : iterable of Finished
        sample_ids, labels : ndarray of shape (n_images,)
            Of all images of the category.
        """
        found = list(finished)
        self._parts["study_cells"].append(_cells(found))
        self._parts["study_metrics"].append(_metrics(found))
        self._parts["study_scores"].append(_scores(found, sample_ids, labels))
        self._parts["study_times"].append(_times(found))

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables of :mod:`anomalylab.schema.study` by name."""
        return {name: pd.concat(parts, ignore_index=True) for name, parts in self._parts.items()}


def _cells(found: Sequence[Finished]) -> pd.DataFrame:
    rows = [
        (
            "failed" if one.result.reason else "done",
            one.result.reason,
            int((~one.is_added).sum()),
            int(one.is_noise.sum()),
            int((~one.is_kept).sum()),
            int((~one.is_kept & one.is_noise).sum()),
        )
        for one in found
    ]
    columns = [name for name in STUDY_CELLS.columns if name not in KEY]
    measured = pd.DataFrame(rows, columns=columns)
    return pd.concat([_keys(found), measured], axis=1)


def _times(found: Sequence[Finished]) -> pd.DataFrame:
    return _keys(found).assign(seconds=[one.seconds for one in found])


def _metrics(found: Sequence[Finished]) -> pd.DataFrame:
    """Return what was measured in each cell, and how well what was removed was chosen."""
    names: list[str] = []
    values: list[float] = []
    counts = []
    for one in found:
        measured = {}
        if not one.result.reason:
            arrays = one.result.arrays
            measured = dict(zip(map(str, arrays["names"]), arrays["values"], strict=True))
            measured |= _refinement(one)
        names += measured.keys()
        values += measured.values()
        counts.append(len(measured))
    return _keys(found, counts).assign(metric=names, value=np.array(values, float))


def _refinement(one: Finished) -> dict[str, float]:
    """Return precision, recall and F1 of what a cell removed; nothing where nothing was asked."""
    if not one.cell.reject or one.cell.strategy.partition(" ")[0] == CELLS:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetric)
        was_there = ~one.is_added
        found = metrics.refinement(one.is_noise[was_there], ~one.is_kept[was_there])
    return {f"refinement_{name}": value for name, value in found.items()}


def _scores(found: Sequence[Finished], sample_ids: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """Return image scores in each cell that was done: of members by sample, then of the judged."""
    done = [one for one in found if not one.result.reason]
    counts = [len(one.members) + len(one.validation) for one in done]
    if not done:
        return _keys(done, counts).reindex(columns=list(STUDY_SCORES.columns))
    rows = np.concatenate([np.concatenate([one.members, one.validation]) for one in done])
    scores = np.concatenate([one.result.arrays["scores"] for one in done])
    thresholds = np.repeat([one.result.arrays["thresholds"] for one in done], counts, axis=0)
    roles = np.concatenate(
        [
            np.r_[np.where(one.is_kept, "train", "removed"), ["test"] * len(one.validation)]
            for one in done
        ]
    )
    return _keys(done, counts).assign(
        sample_id=sample_ids[rows],
        role=roles,
        label=labels[rows],
        score=scores,
        is_beyond_1=scores >= thresholds[:, 0],
        is_beyond_5=scores >= thresholds[:, 1],
    )


def _keys(found: Sequence[Finished], counts: Sequence[int] | None = None) -> pd.DataFrame:
    """Return the key of each cell, once or as often as ``counts`` says."""
    keys = pd.DataFrame([one.cell for one in found], columns=list(KEY))
    keys = keys.astype({"pollution": float, "reject": float, "seed": int})
    if counts is None:
        return keys
    return keys.loc[np.repeat(np.arange(len(keys)), counts)].reset_index(drop=True)

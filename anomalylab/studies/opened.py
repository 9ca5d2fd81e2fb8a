"""A finished study, its tables read and checked once for all that shows it."""

from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from anomalylab.errors import RunError
from anomalylab.runs.folder import Run
from anomalylab.schema.study import STUDY_HEALED
from anomalylab.studies.curves import curves

OVERLAP = "append-overlap"
"""The protocol with which polluting images stay in the test set."""


class StudyData(NamedTuple):
    """What is read of a study; see :mod:`anomalylab.schema.study`.

    Parameters
    ----------
    cells, metrics, scores : DataFrame
        Rows of STUDY_CELLS, STUDY_METRICS and STUDY_SCORES.
    samples, thumbnails : DataFrame
        Rows of SAMPLES and THUMBNAILS of all categories.
    protocol : str
        How the training sets were polluted.
    healed : DataFrame
        Rows of STUDY_HEALED; none where nothing was healed.
    """

    cells: pd.DataFrame
    metrics: pd.DataFrame
    scores: pd.DataFrame
    samples: pd.DataFrame
    thumbnails: pd.DataFrame
    protocol: str = "replace"
    healed: pd.DataFrame = pd.DataFrame(columns=list(STUDY_HEALED.columns))


class Study:
    """A study as pages, notebooks and live views see it.

    Parameters
    ----------
    tables : StudyData
    name : str
        For readers.

    Raises
    ------
    RunError
        If no cell was computed.
    """

    def __init__(self, tables: StudyData, name: str = "study"):
        self.tables, self.name = tables, name
        if not len(tables.metrics):
            reasons = tables.cells["reason"].drop_duplicates().head(3).tolist()
            raise RunError(f"no cell of {name} was computed: {'; '.join(reasons) or 'it has none'}")

    @classmethod
    def of(cls, run: Run) -> "Study":
        """Open the study of a run folder.

        Raises
        ------
        RunError
            If the run is of another kind, damaged, or holds no cell that was computed.
        """
        protocol = getattr(run.info.part, "protocol", None)
        if protocol is None:
            raise RunError(f"{run.folder} holds {run.kind.holds}, no study")
        tables = StudyData(
            cells=run.table("study_cells"),
            metrics=run.table("study_metrics"),
            scores=run.table("study_scores"),
            samples=run.samples,
            thumbnails=run.table("thumbnails"),
            protocol=protocol,
            healed=run.table("study_healed"),
        )
        return cls(tables, run.info.name)

    @cached_property
    def points(self) -> pd.DataFrame:
        """Means over categories and seeds, see :func:`anomalylab.studies.curves.curves`."""
        return curves(self.tables.metrics)

    @cached_property
    def categories(self) -> list[str]:
        """Products, by name."""
        return sorted(map(str, self.tables.metrics["category"].unique()))

    @cached_property
    def detectors(self) -> list[str]:
        """Labels of those that were fitted, in the order of the cells."""
        return [str(name) for name in self.tables.cells["detector"].unique()]

    @cached_property
    def measured(self) -> list[str]:
        """Metrics that have a value somewhere."""
        known = self.tables.metrics.dropna(subset=["value"])
        return [str(name) for name in known["metric"].unique()]

    @cached_property
    def levels(self) -> list[float]:
        """Shares of pollution of the part on pollution, ascending."""
        return _shares(self.tables.cells, "pollution", "pollution")

    @cached_property
    def refined_at(self) -> list[float]:
        """Shares of pollution from which strategies removed images, ascending."""
        return _shares(self.tables.cells, "refinement", "pollution")

    @cached_property
    def rejects(self) -> list[float]:
        """Shares of images that strategies removed, ascending."""
        return _shares(self.tables.cells, "refinement", "reject")

    @cached_property
    def at(self) -> str:
        """The threshold that decisions are told of first: 5 %, or what was measured instead."""
        for at in ("5", "1", "verdict"):
            if f"recall_at_{at}" in self.measured:
                return at
        return ""

    @property
    def is_overlapping(self) -> bool:
        """Whether images that pollute are tested, too."""
        return self.tables.protocol == OVERLAP

    @cached_property
    def failed(self) -> pd.DataFrame:
        """Cells that failed, with their reasons."""
        return self.tables.cells[self.tables.cells["status"] == "failed"]

    def strategies(self, detector: str) -> list[tuple[str, str]]:
        """Return strategy and scorer of each curve of a detector, that of perfect removal last."""
        cells = self.tables.cells
        own = cells[(cells["study"] == "refinement") & (cells["detector"] == detector)]
        pairs = [(str(s), str(by)) for s, by in own.groupby(["strategy", "scorer"]).size().index]
        return sorted(pairs, key=lambda pair: (pair[0] == "perfect", pair[0] == "random"))


def _shares(cells: pd.DataFrame, study: str, column: str) -> list[float]:
    values = np.unique(cells.loc[cells["study"] == study, column].to_numpy(float))
    return [float(value) for value in values]

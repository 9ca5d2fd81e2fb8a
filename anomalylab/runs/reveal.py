"""What a run said, held against labels that it has not seen."""

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab import metrics
from anomalylab.errors import DatasetError, ParameterError, RunError
from anomalylab.runs.enlarged import N_FIRST
from anomalylab.runs.folder import Run
from anomalylab.runs.given_labels import files_of_queries, given_labels
from anomalylab.runs.measure import why_undefined
from anomalylab.runs.recall import defect_types
from anomalylab.runs.spreadsheet import write_csv
from anomalylab.runs.writable import cannot_write
from anomalylab.schema import REVEALED

HEAD = 1.5
"""How far down the ranking to look: so many times the number of defective images."""


@dataclass(frozen=True)
class Revealed:
    """Ranked images with their labels, and what was said of them.

    Parameters
    ----------
    detector : str
    sentence : str
        The verdict of the run.
    expected : float or None
        Images expected beyond the threshold by chance, as the run stated it.
    seed : int
        Of bootstrap intervals.
    table : DataFrame
        Rows of REVEALED, the most unusual first.
    """

    detector: str
    sentence: str
    expected: float | None
    seed: int
    table: pd.DataFrame

    @cached_property
    def known(self) -> pd.DataFrame:
        """The images that have a label, in the order of the ranking, from 0."""
        return self.table[self.table["label"].notna()].reset_index(drop=True)

    @property
    def truth(self) -> np.ndarray:
        """Whether each known image is defective."""
        truth: np.ndarray = self.known["label"].to_numpy(int) == 1
        return truth

    @property
    def counts(self) -> metrics.Confusion:
        """Known images at or above the threshold, and below it."""
        return metrics.confusion(self.truth, self.known["is_beyond"].to_numpy(float), 0.5)

    @property
    def n_first(self) -> int:
        """Known images among those that every page shows first."""
        return min(len(self.known), N_FIRST)

    @property
    def n_head(self) -> int:
        """Known images in the head of the ranking: :data:`HEAD` times the defective ones."""
        return min(len(self.known), ceil(HEAD * int(self.truth.sum())))

    def n_defective_of_first(self, n: int) -> int:
        """Return how many of the first ``n`` known images are defective."""
        return int(self.truth[:n].sum())

    def metric(self, name: str) -> tuple[float, float, float]:
        """Return ``auroc`` or ``average_precision`` of the ranking and its 95 % interval."""
        metric = getattr(metrics, name)
        scores = self.known["score"].to_numpy()
        bounds = metrics.metric_interval(metric, self.truth, scores, seed=self.seed)
        return metric(self.truth, scores), *bounds

    @property
    def why_unranked(self) -> str:
        """Why labels allow no AUROC; empty if they do."""
        return why_undefined(self.truth)

    def by(self, column: str) -> pd.DataFrame:
        """Count images of each kind.

        Parameters
        ----------
        column : str
            ``defect_type``, of defective images only, or ``grade``, of all.

        Returns
        -------
        table : DataFrame
            ``kind``, ``n_images``, ``n_beyond`` the threshold, ``n_in_head`` of the ranking and
            the ``low`` and ``high`` 95 % bound of the share beyond; empty if nothing is known.
        """
        kinds = defect_types(self.known) if column == "defect_type" else self.known.get(column)
        is_told = pd.Series(False, self.known.index) if kinds is None else kinds.notna()
        if kinds is None or not is_told.any():
            return pd.DataFrame(columns=["kind", "n_images", "n_beyond", "n_in_head"])
        rows, names = np.flatnonzero(is_told), kinds[is_told].map(_named).to_numpy()
        beyond = metrics.recall_by_type(names, self.known["is_beyond"].to_numpy(float)[rows], 0.5)
        in_head = metrics.recall_by_type(names, -rows, 1 - self.n_head)
        found = beyond.rename(columns={"defect_type": "kind", "n_found": "n_beyond"})
        return found.drop(columns="recall").assign(n_in_head=in_head["n_found"])


def reveal(run: Run, detector: str = "", labels: Path | None = None) -> Revealed:
    """Hold the ranking and the suspects of a run against labels.

    Parameters
    ----------
    run : Run
        Of any kind; one that hid its labels unless ``labels`` are given.
    detector : str
        Whose scores; those of the first, which gives the verdict, if empty.
    labels : path, optional
        Table of paths and labels, see :func:`given_labels`.

    Raises
    ------
    RunError
        If the run has no hidden labels and no table is given.
    DatasetError
        If no image of the run has a label.
    UnknownNameError
        If the run has no such detector.
    """
    detector = run.detector(detector)
    known = _hidden(run) if labels is None else given_labels(run, labels)
    if known["label"].isna().all():
        raise DatasetError(f"no image of {run.folder} has a label; give them with --labels")
    scores = run.scores(detector)
    ranked = pd.DataFrame(
        {
            "sample_id": run.queries["sample_id"],
            "image_path": files_of_queries(run),
            "score": scores["score"],
            "is_beyond": scores["score"] >= run.threshold(detector),
        }
    )
    told = [name for name in ("sample_id", "label", "defect_type", "grade") if name in known]
    ranked = ranked.merge(known[told], on="sample_id", how="left", validate="one_to_one")
    ranked = ranked.sort_values("score", ascending=False, kind="stable", ignore_index=True)
    ranked.insert(0, "rank", np.arange(1, len(ranked) + 1))
    verdict = run.info.verdicts[detector]
    table = REVEALED.check(ranked)
    return Revealed(detector, verdict.sentence, verdict.expected_by_chance, run.info.seed, table)


def write_revealed(found: Revealed, path: Path) -> None:
    """Write REVEALED as CSV or parquet, by the ending of the file.

    Raises
    ------
    ParameterError
        If it ends otherwise, or exists.
    RunError
        If it cannot be written.
    """
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise ParameterError(f"{path} must end in .csv or .parquet")
    if path.exists():
        raise ParameterError(f"{path} exists already; give another name")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() == ".csv":
            write_csv(found.table, path)
        else:
            found.table.to_parquet(path, index=False)
    except OSError as error:
        raise cannot_write(path, error) from error


def _hidden(run: Run) -> pd.DataFrame:
    if run.hidden.empty:
        seen = ": its labels were seen, and its page measures by them" if run.is_labelled else ""
        raise RunError(
            f"{run.folder} has no hidden labels{seen}; run the images again with --hide-labels, or "
            "give a table of paths and labels with --labels TABLE.csv"
        )
    return run.hidden


def _named(kind: object) -> str:
    return f"{kind:.2g}" if isinstance(kind, float) else str(kind)

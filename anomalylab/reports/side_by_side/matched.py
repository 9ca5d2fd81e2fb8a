"""Runs brought together: the images that all of them judged, found by content and not by path."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from anomalylab.errors import ParameterError, RunError
from anomalylab.number_words import plural
from anomalylab.runs.files import guarded
from anomalylab.runs.folder import Run


@dataclass(frozen=True)
class Side:
    """One run of those compared.

    Parameters
    ----------
    run : Run
    name : str
        Of its folder, numbered where others have it too.
    rows : int ndarray of shape (n_common,)
        Places of the common images among the queries of the run.
    """

    run: Run
    name: str
    rows: np.ndarray

    @cached_property
    def images(self) -> pd.DataFrame:
        """Rows of SAMPLES of the common images."""
        return self.run.queries.iloc[self.rows].reset_index(drop=True)

    def training(self) -> set[str]:
        """Return the contents of the images that were fitted on."""
        samples = self.run.samples
        return set(samples.loc[samples["sample_id"].isin(self.run.info.training_ids), CONTENT])


@dataclass(frozen=True)
class Method:
    """A detector of a run, and what it says of the common images."""

    name: str
    side: Side
    detector: str
    scores: np.ndarray
    threshold: float

    @property
    def is_above(self) -> np.ndarray:
        """Whether an image scores at or above the threshold of the run."""
        return self.scores >= self.threshold

    @property
    def ranks(self) -> np.ndarray:
        """1 for the highest score; equal scores share the best of their ranks."""
        return stats.rankdata(-self.scores, method="min").astype(int)


@dataclass(frozen=True)
class Matched:
    """Runs over common images.

    Parameters
    ----------
    sides : sequence of Side
        In the order given; the others are compared with the first.
    methods : sequence of Method
        Detectors of all runs, those of the first one first.
    labels : Series of 0, 1 and missing values
        What any run knows of the common images; missing where runs contradict each other.
    n_contradictions : int
    """

    sides: Sequence[Side]
    methods: Sequence[Method]
    labels: pd.Series
    n_contradictions: int

    @property
    def is_labelled(self) -> np.ndarray:
        """Whether the class of a common image is known."""
        return self.labels.notna().to_numpy()

    @property
    def truth(self) -> np.ndarray:
        """0 and 1 of the common images with a known class."""
        return self.labels[self.is_labelled].to_numpy(int)

    def pairs(self) -> Iterator[tuple[Method, Method]]:
        """Yield each method of a later run behind the one of the first run that it is set against.

        That is the detector of the same name, or the first one.
        """
        own = {method.detector: method for method in self.methods if method.side is self.sides[0]}
        for method in self.methods:
            if method.side is not self.sides[0]:
                yield own.get(method.detector, self.methods[0]), method


CONTENT = "content_hash"


def matched(folders: Sequence[Path | str]) -> Matched:
    """Open runs and find the images that all of them judged.

    Images are the same if their files hold the same bytes. Of copies within one run the first
    counts.

    Raises
    ------
    ParameterError
        If there are fewer than two runs, or one of them twice.
    RunError
        If a folder holds no finished run, a damaged one, one without image scores, or if no image
        was judged by all.
    """
    runs = [Run(folder) for folder in _distinct(folders)]
    tables = [_scores(run) for run in runs]
    places = [_places(run) for run in runs]
    common = [content for content in places[0] if all(content in place for place in places)]
    if not common:
        counts = ", ".join(
            f"{plural(len(place), 'image')} in {run.folder}"
            for run, place in zip(runs, places, strict=True)
        )
        raise RunError(
            f"no image was judged by all of these runs ({counts}); compare runs that share some"
        )
    names = distinct_names([run.folder.resolve().name for run in runs])
    sides = [
        Side(run, name, np.array([place[content] for content in common]))
        for run, name, place in zip(runs, names, places, strict=True)
    ]
    methods = [m for side, table in zip(sides, tables, strict=True) for m in _methods(side, table)]
    labels, n_contradictions = _labels(sides)
    return Matched(sides, methods, labels, n_contradictions)


def distinct_names(names: Iterable[str]) -> list[str]:
    """Number the names that occur more than once.

    Examples
    --------
    >>> distinct_names(["monday", "tuesday", "monday"])
    ['monday (1)', 'tuesday', 'monday (2)']
    """
    names, seen = list(names), dict[str, int]()
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(f"{name} ({seen[name]})" if names.count(name) > 1 else name)
    return found


def _distinct(folders: Sequence[Path | str]) -> list[Path]:
    paths = [Path(folder) for folder in folders]
    if len(paths) < 2:
        raise ParameterError(f"name two runs or more to compare, not {len(paths)}")
    seen: set[Path] = set()
    for path in paths:
        if path.resolve() in seen:
            raise ParameterError(f"{path} is named twice; name runs that differ")
        seen.add(path.resolve())
    return paths


def _scores(run: Run) -> pd.DataFrame:
    """Return SCORES of the queries of a run; refuse a run that has none."""
    table = run.table("scores")
    if not len(table):
        raise RunError(
            f"{run.folder} keeps no scores of images by detectors to compare (it holds "
            f"{run.kind.holds})"
        )
    return table[table["role"] == "query"]


def _places(run: Run) -> dict[str, int]:
    """Return the place of each judged content among the queries."""
    contents = run.queries[CONTENT]
    if contents.isna().all():
        raise RunError(
            f"{run.folder} was made by a version that kept no hashes of images, by which they are "
            "matched; make the run again"
        )
    first = contents.dropna().drop_duplicates()
    return dict(zip(first, first.index, strict=True))


def _labels(sides: Sequence[Side]) -> tuple[pd.Series, int]:
    """Return what is known of the common images, and how many runs contradict each other on."""
    known = pd.DataFrame(
        {i: pd.to_numeric(side.images["label"]).astype(float) for i, side in enumerate(sides)}
    )
    is_contradicted = known.max(axis=1) > known.min(axis=1)
    return known.max(axis=1).mask(is_contradicted), int(is_contradicted.sum())


def _methods(side: Side, scores: pd.DataFrame) -> Iterator[Method]:
    run = side.run
    for detector in run.detectors:
        name = side.name if len(run.detectors) == 1 else f"{side.name}: {detector}"
        with guarded(run.folder):
            of_detector = scores[scores["detector"] == detector].set_index("sample_id")["score"]
            values = of_detector.loc[side.images["sample_id"]].to_numpy(float)
            if not np.isfinite(values).all():
                raise ValueError(f"{detector} has scores that are no numbers")
            yield Method(name, side, detector, values, run.threshold(detector))

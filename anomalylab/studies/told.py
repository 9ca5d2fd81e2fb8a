"""What a study found, in sentences: one for each detector, as its page words them."""

from collections.abc import Mapping, Sequence

import pandas as pd

from anomalylab.number_words import percent
from anomalylab.runs.info import VerdictInfo
from anomalylab.studies.findings import Findings
from anomalylab.studies.opened import Study, StudyData
from anomalylab.studies.sentences import mended_by_detector, of_detectors


def verdicts(
    tables: Mapping[str, pd.DataFrame], detectors: Sequence[str], protocol: str
) -> dict[str, VerdictInfo]:
    """Say what pollution does to each detector, and which strategy mends it, with intervals.

    Parameters
    ----------
    tables : mapping
        ``study_cells``, ``study_metrics``, ``study_scores``, ``samples`` and ``thumbnails``.
    detectors : sequence of str
        Labels of those that were fitted.
    protocol : str
        How the training sets were polluted.
    """
    polluted: dict[str, str] = {}
    mended: dict[str, str] = {}
    if len(tables["study_metrics"]):
        data = StudyData(
            cells=tables["study_cells"],
            metrics=tables["study_metrics"],
            scores=tables["study_scores"],
            samples=tables["samples"],
            thumbnails=tables["thumbnails"],
            protocol=protocol,
        )
        found = Findings(Study(data))
        most = f"{percent(found.study.levels[-1])} polluted" if found.study.levels else ""
        polluted = {name: f"{most}: {words}" for name, words in of_detectors(found)}
        mended = mended_by_detector(found)
    return {
        label: _verdict(label, [part.get(label, "") for part in (polluted, mended)])
        for label in detectors
    }


def _verdict(label: str, parts: Sequence[str]) -> VerdictInfo:
    told = [part.removeprefix(f"{label}: ") for part in parts if part]
    words = " ".join(part[0].upper() + part[1:] for part in told)
    return VerdictInfo(
        kind="measured", sentence=f"{label}: {words or 'What was measured stands in the tables.'}"
    )

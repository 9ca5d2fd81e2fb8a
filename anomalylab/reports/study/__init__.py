"""The parts of the page of a study, each a function of what was found in it."""

from anomalylab.reports.parts.provenance import provenance
from anomalylab.reports.study.explorer import explorer
from anomalylab.reports.study.headline import headline
from anomalylab.reports.study.healing import healing
from anomalylab.reports.study.standing import standing
from anomalylab.reports.study.values import values
from anomalylab.runs.folder import Run
from anomalylab.studies.findings import Findings
from anomalylab.studies.opened import Study

__all__ = [
    "Findings",
    "explorer",
    "findings",
    "headline",
    "healing",
    "provenance",
    "standing",
    "values",
]


def findings(run: Run) -> Findings:
    """Open the study of a run folder, and compute what its page tells of.

    Raises
    ------
    RunError
        If the run is of another kind, damaged, or holds no cell that was computed.
    """
    return Findings(Study.of(run))

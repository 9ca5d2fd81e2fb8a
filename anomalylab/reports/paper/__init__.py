"""The tables and figures of the publication on refinement, drawn from a study."""

from anomalylab.reports.paper.figures import against_pollution, against_reject, by_strategy
from anomalylab.reports.paper.files import write_table
from anomalylab.reports.paper.tables import about, table
from anomalylab.runs.folder import Run
from anomalylab.studies.opened import Study

__all__ = [
    "about",
    "against_pollution",
    "against_reject",
    "by_strategy",
    "opened",
    "table",
    "write_table",
]


def opened(run: str) -> Study:
    """Open the study of a run folder.

    Raises
    ------
    RunError
        If it holds none.
    """
    return Study.of(Run(run))

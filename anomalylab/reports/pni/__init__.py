"""The parts of the page on PNI, each a function of an opened run."""

from anomalylab.reports.kit.fragment import Fragment
from anomalylab.reports.parts.provenance import provenance as provenance_of_run
from anomalylab.reports.pni.allowed import allowed
from anomalylab.reports.pni.curves import curves
from anomalylab.reports.pni.explain import explain
from anomalylab.reports.pni.gains import gains
from anomalylab.reports.pni.headline import headline
from anomalylab.reports.pni.live import made
from anomalylab.reports.pni.maps import maps
from anomalylab.reports.pni.opened import Opened, Tables, opened
from anomalylab.reports.pni.values import values
from anomalylab.runs.folder import Run

__all__ = [
    "Opened",
    "Tables",
    "allowed",
    "curves",
    "explain",
    "gains",
    "headline",
    "made",
    "maps",
    "opened",
    "provenance",
    "values",
]


def provenance(run: Run) -> Fragment:
    """Show the command, findings in the data, parameters, versions, time and memory.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Fragment
    """
    return provenance_of_run(run)

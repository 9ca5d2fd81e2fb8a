"""The parts of the page on a PC space, each a function of a :class:`PCSpace`."""

from anomalylab.recipes.pc_space.opened import PCSpace
from anomalylab.reports.fragment import Fragment
from anomalylab.reports.pc_clouds import clouds
from anomalylab.reports.pc_components import bands, components
from anomalylab.reports.pc_density import densities
from anomalylab.reports.pc_features import histogram, odds
from anomalylab.reports.pc_results import curves, results, search
from anomalylab.reports.pc_verdict import verdict
from anomalylab.reports.provenance import provenance as provenance_of_run

__all__ = [
    "bands",
    "clouds",
    "components",
    "curves",
    "densities",
    "histogram",
    "odds",
    "provenance",
    "results",
    "search",
    "verdict",
]


def provenance(pc: PCSpace) -> Fragment:
    """Show the command, findings in the data, thresholds, parameters, versions, time and memory.

    Parameters
    ----------
    pc : PCSpace

    Returns
    -------
    Fragment
    """
    return provenance_of_run(pc.run)

"""The parts of the page on a PC space, each a function of a :class:`PCSpace`."""

from collections.abc import Sequence

from anomalylab.pc_space.opened import PCSpace
from anomalylab.reports.kit.fragment import Fragment, render
from anomalylab.reports.parts.first import first as first_of_run
from anomalylab.reports.parts.provenance import provenance as provenance_of_run
from anomalylab.reports.parts.sensitivity import sensitivity as sensitivity_of_run
from anomalylab.reports.pc_space.clouds import clouds
from anomalylab.reports.pc_space.components import bands, components
from anomalylab.reports.pc_space.density import densities
from anomalylab.reports.pc_space.features import histogram
from anomalylab.reports.pc_space.linked.explorer import explorer as linked_views
from anomalylab.reports.pc_space.linked.payload import default_images
from anomalylab.reports.pc_space.missing import images_reason, is_readable
from anomalylab.reports.pc_space.odds import odds
from anomalylab.reports.pc_space.results import curves, results, search
from anomalylab.reports.pc_space.verdict import verdict
from anomalylab.reports.pc_space.words import method_names

__all__ = [
    "bands",
    "clouds",
    "components",
    "curves",
    "densities",
    "explorer",
    "first",
    "histogram",
    "odds",
    "provenance",
    "results",
    "search",
    "sensitivity",
    "verdict",
]


def explorer(pc: PCSpace, images: Sequence[str] = ()) -> Fragment:
    """Show images and their clouds, linked in both directions.

    Parameters
    ----------
    pc : PCSpace
    images : sequence of str
        Sample ids; chosen if none are given.

    Returns
    -------
    Fragment
        Without images that cannot be read; one line instead, if none can.
    """
    wanted = list(images) or default_images(pc)
    missing = images_reason(pc, wanted)
    if not missing:
        return linked_views(pc, images or None)
    left = [sample_id for sample_id in wanted if is_readable(pc, sample_id)]
    if left:
        return linked_views(pc, left)
    return Fragment(render("pc_space/planes", figures=[], layout="", note="", missing=missing))


def first(pc: PCSpace) -> Fragment:
    """Show the images that the method of the verdict finds most unusual, highest score first.

    Parameters
    ----------
    pc : PCSpace

    Returns
    -------
    Fragment
    """
    method = pc.run.detectors[0]
    return first_of_run(pc.run, method_names([method])[method])


def sensitivity(pc: PCSpace) -> Fragment:
    """Show what share of planted defects the residual would have named, by kind and width.

    Parameters
    ----------
    pc : PCSpace

    Returns
    -------
    Fragment
        Nothing to show if nothing was planted.
    """
    return sensitivity_of_run(pc.run, method_names(pc.run.detectors))


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

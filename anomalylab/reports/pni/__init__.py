"""The parts of the page on PNI, each a function of an opened run."""

from anomalylab.reports.parts.provenance import provenance
from anomalylab.reports.pni.allowed import allowed
from anomalylab.reports.pni.curves import curves
from anomalylab.reports.pni.explain import explain
from anomalylab.reports.pni.gains import gains
from anomalylab.reports.pni.headline import headline
from anomalylab.reports.pni.live import made
from anomalylab.reports.pni.maps import maps
from anomalylab.reports.pni.opened import Opened, Tables, opened
from anomalylab.reports.pni.values import values

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

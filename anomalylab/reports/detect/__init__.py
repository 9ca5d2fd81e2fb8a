"""The parts of the page on a detection run, each a function of a finished run."""

from anomalylab.reports.detect.explorer import explorer
from anomalylab.reports.parts.choice import choice
from anomalylab.reports.parts.comparison import comparison
from anomalylab.reports.parts.curves import curves
from anomalylab.reports.parts.first import first
from anomalylab.reports.parts.kinds import kinds
from anomalylab.reports.parts.provenance import provenance
from anomalylab.reports.parts.sensitivity import sensitivity
from anomalylab.reports.parts.training import training
from anomalylab.reports.parts.verdict import verdict

__all__ = [
    "choice",
    "comparison",
    "curves",
    "explorer",
    "first",
    "kinds",
    "provenance",
    "sensitivity",
    "training",
    "verdict",
]

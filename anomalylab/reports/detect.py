"""The parts of the page on a detection run, each a function of a finished run."""

from anomalylab.reports.comparison import comparison
from anomalylab.reports.curves import curves
from anomalylab.reports.explorer import explorer
from anomalylab.reports.provenance import provenance
from anomalylab.reports.verdict import verdict

__all__ = ["comparison", "curves", "explorer", "provenance", "verdict"]

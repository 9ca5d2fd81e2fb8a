"""The parts of the page on what pollution does to a Gaussian and to neighbours."""

from anomalylab.reports.robustness.figure import figure
from anomalylab.reports.robustness.found import Found, found
from anomalylab.reports.robustness.headline import headline
from anomalylab.reports.robustness.hidden import hidden
from anomalylab.reports.robustness.made import made
from anomalylab.reports.robustness.table import table

__all__ = ["Found", "figure", "found", "headline", "hidden", "made", "table"]

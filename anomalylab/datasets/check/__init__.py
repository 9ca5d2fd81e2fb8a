"""What a data set holds, what each image will be used for, and what is odd about it."""

from anomalylab.datasets.check._beside import brightness_beside
from anomalylab.datasets.check._describe import describe
from anomalylab.datasets.check._finding import Finding, about
from anomalylab.datasets.check._pixels import SHRINKS_MUCH
from anomalylab.datasets.check._report import Report, check, check_new

__all__ = [
    "SHRINKS_MUCH",
    "Finding",
    "Report",
    "about",
    "brightness_beside",
    "check",
    "check_new",
    "describe",
]

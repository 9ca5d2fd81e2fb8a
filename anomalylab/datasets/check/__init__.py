"""What a data set holds, what each image will be used for, and what is odd about it."""

from anomalylab.datasets.check._describe import describe
from anomalylab.datasets.check._finding import Finding
from anomalylab.datasets.check._report import Report, check

__all__ = ["Finding", "Report", "check", "describe"]

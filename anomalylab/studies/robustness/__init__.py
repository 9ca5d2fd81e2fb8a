"""What defects among the training images do to what is learnt of normal ones, on one data set.

References
----------
.. [1] The analysis of robustness in the publication on self-refined one-class classification: a
   Gaussian of the healthy and of the polluted training set, and distances between their images.
"""

from anomalylab.studies.robustness.change import CHANGES, Axes, axes_of_change
from anomalylab.studies.robustness.contours import Contours, contours
from anomalylab.studies.robustness.distances import Distances, distances
from anomalylab.studies.robustness.fit import Fit, fit

__all__ = [
    "CHANGES",
    "Axes",
    "Contours",
    "Distances",
    "Fit",
    "axes_of_change",
    "contours",
    "distances",
    "fit",
]

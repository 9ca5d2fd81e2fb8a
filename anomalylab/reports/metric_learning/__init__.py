"""The parts of the page on metric learning, each a function of an opened run."""

from anomalylab.reports.metric_learning.classes import classes
from anomalylab.reports.metric_learning.curves import curves
from anomalylab.reports.metric_learning.embedding import embedding
from anomalylab.reports.metric_learning.gallery import gallery
from anomalylab.reports.metric_learning.headline import headline
from anomalylab.reports.metric_learning.heat import heat
from anomalylab.reports.metric_learning.live import images_of, made
from anomalylab.reports.metric_learning.opened import Tables, Trials, opened
from anomalylab.reports.metric_learning.values import values
from anomalylab.reports.parts.provenance import provenance

__all__ = [
    "Tables",
    "Trials",
    "classes",
    "curves",
    "embedding",
    "gallery",
    "headline",
    "heat",
    "images_of",
    "made",
    "opened",
    "provenance",
    "values",
]

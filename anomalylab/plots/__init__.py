"""Plots, one question a file: table in, HoloViews object out. Nothing is computed or shown."""

import holoviews.plotting.bokeh  # noqa: F401  options need a loaded backend

from anomalylab.plots.embedding import embedding, marker
from anomalylab.plots.overlay import overlay, picture
from anomalylab.plots.scores import score_histogram, threshold_line

__all__ = [
    "embedding",
    "marker",
    "overlay",
    "picture",
    "score_histogram",
    "threshold_line",
]

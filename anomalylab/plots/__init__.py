"""Plots, one question a file: table in, HoloViews object out. Nothing is computed or shown."""

import holoviews.plotting.bokeh  # noqa: F401  options need a loaded backend

from anomalylab.plots.class_distances import class_distances
from anomalylab.plots.decision_curves import decision_curves
from anomalylab.plots.embedding import embedding, marker
from anomalylab.plots.heat_in_masks import heat_in_masks
from anomalylab.plots.mean_ranks import mean_ranks
from anomalylab.plots.overlay import overlay, picture
from anomalylab.plots.pollution_curves import pollution_curves
from anomalylab.plots.refinement_curves import refinement_curves
from anomalylab.plots.refinement_quality import refinement_quality
from anomalylab.plots.scores import score_histogram, threshold_line
from anomalylab.plots.training_curve import training_curve
from anomalylab.plots.trial_losses import trial_losses

__all__ = [
    "class_distances",
    "decision_curves",
    "embedding",
    "heat_in_masks",
    "marker",
    "mean_ranks",
    "overlay",
    "picture",
    "pollution_curves",
    "refinement_curves",
    "refinement_quality",
    "score_histogram",
    "threshold_line",
    "training_curve",
    "trial_losses",
]

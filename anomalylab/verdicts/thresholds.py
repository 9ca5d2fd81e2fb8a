"""Thresholds on scores, each with the way it was found and what it promises.

From unlabelled or normal images: the fitted bulk, split conformal, a quantile of left-out images.
From labels: F1, cost, fixed false-alarm rate; when the labels are those of the images that the
threshold is then judged on, its method starts with ``oracle_``.
"""

from anomalylab.verdicts.from_labels import from_cost, from_f1, from_fpr
from anomalylab.verdicts.from_normal import (
    conformal_p_values,
    from_bulk,
    from_conformal,
    from_quantile,
    from_verdict,
    same_quantile,
)
from anomalylab.verdicts.threshold import Threshold, method_words, threshold_table

__all__ = [
    "Threshold",
    "conformal_p_values",
    "from_bulk",
    "from_conformal",
    "from_cost",
    "from_f1",
    "from_fpr",
    "from_quantile",
    "from_verdict",
    "method_words",
    "same_quantile",
    "threshold_table",
]

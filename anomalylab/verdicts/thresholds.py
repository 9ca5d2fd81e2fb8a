"""Thresholds on scores, each with the way it was found and what it promises.

From unlabelled or normal images: the fitted bulk, and ranks among images that were left out.
From labels: F1, cost, fixed false-alarm rate; when the labels are those of the images that the
threshold is then judged on, its method starts with ``oracle_``.
"""

from anomalylab.verdicts.conformal import (
    LEFT_OUT,
    chance_of_so_many,
    check_promise,
    conformal_p_values,
    from_conformal,
    from_lowest,
    n_needed,
    promised,
)
from anomalylab.verdicts.from_labels import from_cost, from_f1, from_fpr
from anomalylab.verdicts.from_normal import from_bulk, from_bulk_rate, from_verdict, same_quantile
from anomalylab.verdicts.threshold import (
    LOWEST,
    Threshold,
    method_of_rate,
    method_words,
    read_rate,
    threshold_table,
)

__all__ = [
    "LEFT_OUT",
    "LOWEST",
    "Threshold",
    "chance_of_so_many",
    "check_promise",
    "conformal_p_values",
    "from_bulk",
    "from_bulk_rate",
    "from_conformal",
    "from_cost",
    "from_f1",
    "from_fpr",
    "from_lowest",
    "from_verdict",
    "method_of_rate",
    "method_words",
    "n_needed",
    "promised",
    "read_rate",
    "same_quantile",
    "threshold_table",
]

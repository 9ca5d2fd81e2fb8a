"""Truth and scores to numbers and curves; truth first, scores second, higher is more anomalous."""

from anomalylab.metrics._score_interval import auroc_interval
from anomalylab.metrics._undefined import UndefinedMetric, undefined_reason
from anomalylab.metrics.agreement import shared_top, spearman
from anomalylab.metrics.at_threshold import Confusion, confusion, f1_max_oracle, rates
from anomalylab.metrics.by_type import recall_by_type
from anomalylab.metrics.catalogue import image_metric
from anomalylab.metrics.delong import paired_auroc_difference
from anomalylab.metrics.image import (
    auroc,
    average_precision,
    average_precision_trapezoid,
    pr_curve,
    roc_curve,
)
from anomalylab.metrics.intervals import (
    bootstrap_interval,
    metric_interval,
    paired_bootstrap_difference,
    paired_rate_difference,
    rate_interval,
)
from anomalylab.metrics.over_seeds import MeanOverSeeds, mean_interval, mean_over_seeds
from anomalylab.metrics.paired import holm, paired_tests, signed_rank_p_value
from anomalylab.metrics.pixel import (
    au_iou,
    au_iou_ceiling,
    au_pro,
    iou_curve,
    localisation,
    pixel_ap,
    pixel_auroc,
    pro_curve,
)
from anomalylab.metrics.ranks import CriticalDifference, critical_difference, nemenyi_distance
from anomalylab.metrics.refinement import FirstRemoved, first_removed, refinement
from anomalylab.metrics.thinning import thin_curve

__all__ = [
    "Confusion",
    "CriticalDifference",
    "FirstRemoved",
    "MeanOverSeeds",
    "UndefinedMetric",
    "au_iou",
    "au_iou_ceiling",
    "au_pro",
    "auroc",
    "auroc_interval",
    "average_precision",
    "average_precision_trapezoid",
    "bootstrap_interval",
    "confusion",
    "critical_difference",
    "f1_max_oracle",
    "first_removed",
    "holm",
    "image_metric",
    "iou_curve",
    "localisation",
    "mean_interval",
    "mean_over_seeds",
    "metric_interval",
    "nemenyi_distance",
    "paired_auroc_difference",
    "paired_bootstrap_difference",
    "paired_rate_difference",
    "paired_tests",
    "pixel_ap",
    "pixel_auroc",
    "pr_curve",
    "pro_curve",
    "rate_interval",
    "rates",
    "recall_by_type",
    "refinement",
    "roc_curve",
    "shared_top",
    "signed_rank_p_value",
    "spearman",
    "thin_curve",
    "undefined_reason",
]

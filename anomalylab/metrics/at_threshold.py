"""What a threshold makes of image scores: outcomes, rates, and the best there could be."""

from typing import NamedTuple

import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.metrics._tally import tally
from anomalylab.metrics._undefined import reason_of, undefined_reason, warn_undefined
from anomalylab.metrics.image import check_scores


class Confusion(NamedTuple):
    """Number of images of each outcome at a threshold."""

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int


def confusion(labels: np.ndarray, scores: np.ndarray, threshold: float) -> Confusion:
    """Count the four outcomes; a score at or above ``threshold`` is called anomalous.

    Raises
    ------
    ParameterError
        As in :func:`anomalylab.metrics.auroc`, or if ``threshold`` is NaN.
    """
    labels, scores = check_scores(labels, scores)
    if np.isnan(threshold):
        raise ParameterError("the threshold is NaN; give a number to compare scores with")
    called = scores >= threshold
    n_found, n_called, n_anomalous = (int(x.sum()) for x in (called & labels, called, labels))
    return Confusion(
        true_positives=n_found,
        false_positives=n_called - n_found,
        false_negatives=n_anomalous - n_found,
        true_negatives=len(labels) - n_anomalous - n_called + n_found,
    )


def rates(counts: Confusion) -> dict[str, float]:
    """Compute rates from counts of outcomes.

    Precision TP / (TP + FP), recall TP / (TP + FN), specificity TN / (TN + FP),
    F1 2 TP / (2 TP + FP + FN) and accuracy (TP + TN) / n.

    Parameters
    ----------
    counts : Confusion
        Outcomes at a given threshold, from :func:`confusion`.

    Returns
    -------
    rates : dict
        ``precision`` is 0 when nothing is called anomalous, and ``f1`` is 0 when nothing is
        found. What needs an absent class (recall, F1, specificity) is NaN with a warning.

    Examples
    --------
    >>> rates(Confusion(3, 1, 1, 5))["precision"]
    0.75
    """
    hit, false_alarm, miss, passed = counts
    values = {
        "precision": hit / max(hit + false_alarm, 1),
        "recall": hit / max(hit + miss, 1),
        "specificity": passed / max(passed + false_alarm, 1),
        "f1": 2 * hit / max(2 * hit + false_alarm + miss, 1),
        "accuracy": (hit + passed) / max(sum(counts), 1),
    }
    reason = undefined_reason(hit + miss, passed + false_alarm)
    needs_anomalous, needs_normal = ("recall", "f1"), ("specificity",)
    absent = needs_anomalous * (hit + miss == 0) + needs_normal * (passed + false_alarm == 0)
    return values | {name: warn_undefined(name, reason) for name in absent}


def f1_max_oracle(labels: np.ndarray, scores: np.ndarray) -> tuple[float, float]:
    """Find the highest 2 TP / (2 TP + FP + FN) of any threshold, chosen on the labels themselves.

    An upper bound and a display threshold, never an estimate of what will be seen in use.

    Returns
    -------
    f1, threshold : float
        Of the highest threshold that reaches the best F1; NaN with a warning if a class is absent.

    Raises
    ------
    ParameterError
        As in :func:`anomalylab.metrics.auroc`.
    """
    labels, scores = check_scores(labels, scores)
    if reason := reason_of(labels):
        nan = warn_undefined("F1-max", reason)
        return nan, nan
    thresholds, anomalous, normal = tally(labels, scores)
    found = np.cumsum(anomalous)
    f1 = 2 * found / (anomalous.sum() + found + np.cumsum(normal))
    return float(f1.max()), float(thresholds[f1.argmax()])

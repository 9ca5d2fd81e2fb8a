"""What is decided at thresholds that were found without labels on a training set as it is.

A ranking may survive pollution while the decision does not: defects among the training images take
the highest ranks, the threshold rises above them, and defects among new images pass.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from anomalylab.metrics import confusion, rates
from anomalylab.verdicts import thresholds, unlabelled

TARGETS = (0.01, 0.05)
"""Rates of false alarms that are asked for."""

OF_VERDICT = "verdict"
"""Name of the threshold of the verdict, beside those of rates."""


def rate_name(rate: float) -> str:
    """Return what a rate of false alarms is called in names of columns.

    Examples
    --------
    >>> rate_name(0.05), rate_name(0.025)
    ('5', '2.5')
    """
    return f"{100 * rate:.10g}"


def label_free_thresholds(
    training_scores: np.ndarray, *, targets: Sequence[float] = TARGETS
) -> dict[str, float]:
    """Find the thresholds that a run would take from these training images, without labels.

    Parameters
    ----------
    training_scores : ndarray of shape (n_train,)
        Each image scored as if it, and those of its group, were not in the training set.
    targets : sequence of float in (0, 1)
        Rates of false alarms, met by rank as :func:`thresholds.from_conformal` does.

    Returns
    -------
    thresholds : dict
        Name of the rate in per cent -> score at or above which an image is called anomalous, NaN
        where so few images cannot promise the rate; and ``verdict`` -> the threshold of
        :func:`unlabelled.verdict`, NaN where it cannot be told.

    Raises
    ------
    ParameterError
        If a score is not finite, there is none, or a target lies outside (0, 1).

    Examples
    --------
    >>> label_free_thresholds(np.arange(19.0))
    {'1': nan, '5': 18.000000000000004, 'verdict': nan}
    """
    training_scores = np.asarray(training_scores, float).ravel()
    found = {}
    for rate in targets:
        can_promise = len(training_scores) >= thresholds.n_needed(rate)
        found[rate_name(rate)] = (
            thresholds.from_conformal(training_scores, max_fpr=rate).value
            if can_promise
            else float("nan")
        )
    return found | {OF_VERDICT: unlabelled.verdict(training_scores).threshold}


def decisions(
    training_scores: np.ndarray,
    scores: np.ndarray,
    labels: np.ndarray,
    *,
    targets: Sequence[float] = TARGETS,
) -> dict[str, float]:
    """Measure what label-free thresholds make of labelled images.

    Parameters
    ----------
    training_scores : ndarray of shape (n_train,)
        Left-out scores of the training images, polluted or refined, that the threshold is found on.
    scores, labels : ndarray of shape (n_images,)
        Of other images; 0 normal, 1 anomalous.
    targets : sequence of float in (0, 1)
        Rates of false alarms that are asked for.

    Returns
    -------
    decisions : dict
        ``recall_at_5`` and ``false_alarms_at_5`` for 5 %, and alike for other targets and for the
        threshold of the ``verdict``: the share of anomalous and of normal images at or above it.
        NaN where there is no threshold, and with a warning where a class is absent.

    Raises
    ------
    ParameterError
        As in :func:`label_free_thresholds` and :func:`anomalylab.metrics.auroc`.
    """
    return rates_at(label_free_thresholds(training_scores, targets=targets), scores, labels)


def rates_at(
    thresholds: Mapping[str, float], scores: np.ndarray, labels: np.ndarray
) -> dict[str, float]:
    """Measure what thresholds make of labelled images.

    Parameters
    ----------
    thresholds : mapping
        As :func:`label_free_thresholds` returns them.
    scores, labels : ndarray of shape (n_images,)

    Returns
    -------
    rates : dict
        As :func:`decisions` returns them.
    """
    found: dict[str, float] = {}
    for name, threshold in thresholds.items():
        recall = false_alarms = float("nan")
        if not np.isnan(threshold):
            at = rates(confusion(labels, scores, threshold))
            recall, false_alarms = at["recall"], 1 - at["specificity"]
        found |= {f"recall_at_{name}": recall, f"false_alarms_at_{name}": false_alarms}
    return found

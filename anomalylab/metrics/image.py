"""How well image scores separate normal from anomalous images.

Every function takes truth first and scores second, as in ``sklearn.metrics``; label 1 is
anomalous, and a higher score means more anomalous. Where a class is absent the answer is NaN
with an :class:`~anomalylab.metrics.UndefinedMetric` warning, never zero.
"""

import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.metrics._tally import (
    ap_of_tally,
    auroc_of_tally,
    pr_area_of_tally,
    precision_of_tally,
    tally,
)
from anomalylab.metrics._undefined import reason_of, warn_undefined
from anomalylab.metrics.catalogue import image_metric


@image_metric(
    "auroc",
    "AUROC",
    "chance that a random defective image scores above a random good one; 0.5 is guessing",
)
def auroc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Compute the area under the ROC curve: P(s1 > s0) + P(s1 = s0) / 2 [1]_.

    Parameters
    ----------
    labels : int or bool ndarray of shape (n_images,)
        0 normal, 1 anomalous.
    scores : ndarray of shape (n_images,)
        Higher is more anomalous; ties count one half.

    Returns
    -------
    auroc : float in [0, 1]
        1 is perfect, 0.5 is chance; NaN with a warning if a class is absent.

    Raises
    ------
    ParameterError
        If lengths differ, a label is neither 0 nor 1, or a score is NaN.

    References
    ----------
    .. [1] Hanley & McNeil (1982). The meaning and use of the area under a receiver operating
       characteristic (ROC) curve. Radiology 143.

    Examples
    --------
    >>> auroc([0, 0, 1, 1], [0.1, 0.4, 0.4, 0.8])
    0.875
    """
    labels, scores = check_scores(labels, scores)
    if reason := reason_of(labels):
        return warn_undefined("AUROC", reason)
    return float(auroc_of_tally(*tally(labels, scores)[1:]))


@image_metric("ap", "AP", "average precision over all recalls; guessing gives the share of defects")
def average_precision(labels: np.ndarray, scores: np.ndarray) -> float:
    """Compute average precision: ``sum_k (R_k - R_(k-1)) P_k``.

    R is recall and P is precision at the k-th highest distinct score.

    Parameters
    ----------
    labels, scores : ndarray of shape (n_images,)
        As in :func:`auroc`.

    Returns
    -------
    average_precision : float in [0, 1]
        1 is perfect, chance is about the share of anomalous images; equals
        ``sklearn.metrics.average_precision_score``. NaN with a warning if a class is absent.

    Raises
    ------
    ParameterError
        As in :func:`auroc`.

    See Also
    --------
    average_precision_trapezoid : the other number that goes by this name.
    """
    labels, scores = check_scores(labels, scores)
    if reason := reason_of(labels):
        return warn_undefined("average precision", reason)
    return float(ap_of_tally(*tally(labels, scores)[1:]))


@image_metric(
    "ap_trapezoid", "AP, trapezoid", "the same area, with straight lines between the points"
)
def average_precision_trapezoid(labels: np.ndarray, scores: np.ndarray) -> float:
    """Compute the trapezoids below precision: ``sum_k (R_k - R_(k-1)) (P_k + P_(k-1)) / 2``.

    R is recall and P is precision at the k-th highest distinct score, from (0, 1) on. The
    evaluation code of KolektorSDD2 reports this as AP. Precision is not linear in recall, so it is
    optimistic [1]_ and usually above :func:`average_precision`.

    Parameters
    ----------
    labels, scores : ndarray of shape (n_images,)
        As in :func:`auroc`.

    Returns
    -------
    average_precision : float in [0, 1]
        NaN with a warning if a class is absent.

    Raises
    ------
    ParameterError
        As in :func:`auroc`.

    References
    ----------
    .. [1] Davis & Goadrich (2006). The relationship between precision-recall and ROC curves. ICML.
    """
    labels, scores = check_scores(labels, scores)
    if reason := reason_of(labels):
        return warn_undefined("average precision", reason)
    return float(pr_area_of_tally(*tally(labels, scores)[1:]))


def roc_curve(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute the ROC curve, one point per distinct score: FP / N and TP / P.

    Returns
    -------
    fpr, tpr : ndarray of shape (n_distinct + 1,)
        Shares of normal and of anomalous images at or above the threshold, from 0 to 1; empty
        with a warning if a class is absent.
    thresholds : ndarray of shape (n_distinct + 1,)
        Falling from infinity, where nothing is found.

    Raises
    ------
    ParameterError
        As in :func:`auroc`.
    """
    labels, scores = check_scores(labels, scores)
    if reason := reason_of(labels):
        warn_undefined("the ROC curve", reason)
        return np.empty(0), np.empty(0), np.empty(0)
    thresholds, anomalous, normal = tally(labels, scores)
    found, false = np.cumsum(anomalous), np.cumsum(normal)
    return (
        np.append(0, false / false[-1]),
        np.append(0, found / found[-1]),
        np.append(np.inf, thresholds),
    )


def pr_curve(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute the precision-recall curve, one point per distinct score: TP / P and TP / called.

    Returns
    -------
    recall, precision : ndarray of shape (n_distinct + 1,)
        From recall 0, where precision is 1 by convention, to recall 1; empty with a warning if a
        class is absent.
    thresholds : ndarray of shape (n_distinct + 1,)
        Falling from infinity, where nothing is found.

    Raises
    ------
    ParameterError
        As in :func:`auroc`.
    """
    labels, scores = check_scores(labels, scores)
    if reason := reason_of(labels):
        warn_undefined("the precision-recall curve", reason)
        return np.empty(0), np.empty(0), np.empty(0)
    thresholds, anomalous, normal = tally(labels, scores)
    recall = np.cumsum(anomalous) / anomalous.sum()
    precision = precision_of_tally(anomalous, normal)
    return np.append(0, recall), np.append(1, precision), np.append(np.inf, thresholds)


def check_scores(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return labels as bool and scores as float64, both of shape (n_images,).

    Raises
    ------
    ParameterError
        As in :func:`auroc`.
    """
    labels, scores = np.asarray(labels), np.asarray(scores, dtype=np.float64)
    if labels.ndim != 1 or labels.shape != scores.shape:
        raise ParameterError(
            f"labels and scores must share one shape (n_images,), not {labels.shape} and "
            f"{scores.shape}"
        )
    if not np.isin(labels, (0, 1)).all():
        raise ParameterError("labels must be 0 or 1; leave out the images whose label is unknown")
    if np.isnan(scores).any():
        raise ParameterError(f"{np.isnan(scores).sum()} of {scores.size} scores are NaN")
    return labels.astype(bool), scores

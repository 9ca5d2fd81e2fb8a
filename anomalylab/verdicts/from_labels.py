"""Thresholds from labelled images; named oracle if they are judged on the same ones."""

import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.metrics.at_threshold import f1_max_oracle
from anomalylab.metrics.image import check_scores, roc_curve
from anomalylab.metrics.intervals import rate_interval
from anomalylab.number_words import percent
from anomalylab.verdicts.conformal import from_conformal
from anomalylab.verdicts.threshold import Threshold, check_rate, falling_scores


def from_f1(labels: np.ndarray, scores: np.ndarray, *, is_oracle: bool) -> Threshold:
    """Return the score of the highest F1.

    Parameters
    ----------
    labels, scores : array-like of shape (n_images,)
        0 normal, 1 anomalous.
    is_oracle : bool
        Whether the threshold is then judged on these same images.

    Raises
    ------
    ParameterError
        If there are not both normal and anomalous images.
    """
    labels, scores = _both_classes(labels, scores)
    best, value = f1_max_oracle(labels, scores)
    return _labelled("f1", value, labels, scores, is_oracle, f"F1 {best:.3f}, the highest")


def from_fpr(
    labels: np.ndarray, scores: np.ndarray, *, max_fpr: float, is_oracle: bool
) -> Threshold:
    """Return the lowest score that promises at most a share ``max_fpr`` of false alarms.

    Judged on these same images, at most that share of the normal ones reaches it. On others, the
    promise takes the rank of :func:`anomalylab.verdicts.conformal.from_conformal`.

    Parameters
    ----------
    labels, scores, is_oracle
        As in :func:`from_f1`.
    max_fpr : float in (0, 1)

    Raises
    ------
    ParameterError
        If there is no normal or no anomalous image, ``max_fpr`` lies outside (0, 1), or too few
        normal images are there to promise it on others.
    """
    labels, scores = _both_classes(labels, scores)
    highest = falling_scores(scores[labels == 0])
    if is_oracle:
        value = float(np.nextafter(highest[int(check_rate(max_fpr) * len(highest))], np.inf))
    else:
        value = from_conformal(highest, max_fpr=max_fpr).value
    note = f"at most {max_fpr:.2%} false alarms"
    return _labelled("fpr", value, labels, scores, is_oracle, note)


def from_cost(
    labels: np.ndarray,
    scores: np.ndarray,
    *,
    prevalence: float,
    cost_miss: float,
    cost_false_alarm: float,
    is_oracle: bool,
) -> Threshold:
    """Return the score at which the line costs least.

    Parameters
    ----------
    labels, scores, is_oracle
        As in :func:`from_f1`.
    prevalence : float in (0, 1)
        Share of defective parts on the line, not in these images.
    cost_miss, cost_false_alarm : float
        Cost of a defective part that passes and of a good part that is stopped, in one unit.

    Raises
    ------
    ParameterError
        If there are not both normal and anomalous images, ``prevalence`` lies outside (0, 1) or a
        cost is negative.
    """
    if not 0 < prevalence < 1 or min(cost_miss, cost_false_alarm) < 0:
        raise ParameterError(
            "prevalence must lie in (0, 1) and costs be 0 or more, not "
            f"{prevalence}, {cost_miss} and {cost_false_alarm}"
        )
    labels, scores = _both_classes(labels, scores)
    fpr, tpr, values = roc_curve(labels, scores)
    cost = prevalence * cost_miss * (1 - tpr) + (1 - prevalence) * cost_false_alarm * fpr
    value = min(values[cost.argmin()], np.nextafter(scores.max(), np.inf))
    note = (
        f"costs {10_000 * cost.min():.4g} per 10 000 parts, the least, at {1000 * prevalence:g} "
        f"defective ones in 1000, {cost_miss:g} a miss, {cost_false_alarm:g} a false alarm"
    )
    return _labelled("cost", float(value), labels, scores, is_oracle, note)


def _labelled(
    method: str,
    value: float,
    labels: np.ndarray,
    scores: np.ndarray,
    is_oracle: bool,
    note: str,
) -> Threshold:
    normal = scores[labels == 0]
    n_false = int(np.count_nonzero(normal >= value))
    low, high = rate_interval(n_false, len(normal))
    found_on = (
        "the images it is judged on (oracle)" if is_oracle else "labelled images of their own"
    )
    return Threshold(
        f"oracle_{method}" if is_oracle else method,
        float(value),
        float(n_false),
        len(normal),
        f"{note}, on {found_on}; {n_false} of {len(normal)} normal ones reach it, "
        f"{percent(low, 3)} to {percent(high, 3)} (95 %)",
    )


def _both_classes(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    labels, scores = check_scores(labels, scores)
    if labels.min() == labels.max():
        raise ParameterError("thresholds from labels need both normal and anomalous images")
    return labels, scores

"""The thresholds that a run offers for one detector, and the one that its views start from."""

import numpy as np

from anomalylab.verdicts import thresholds
from anomalylab.verdicts.thresholds import Threshold
from anomalylab.verdicts.unlabelled import Verdict

BULK_RATES = (0.01, 0.05)
"""Shares of good images for which the curve fitted to most images gives thresholds."""

RATES = (0.01, 0.05, 0.1)
"""Shares of good images for which ranks among left-out training images give thresholds."""

FALLBACK_RATE = 0.05
"""Views start from this share of good images where nothing can be told and no rate is given."""


def offered(
    scores: np.ndarray,
    found: Verdict,
    *,
    spare: np.ndarray | None = None,
    max_false_alarms: float | None = None,
) -> list[Threshold]:
    """Return thresholds on image scores, the one to start from first.

    Parameters
    ----------
    scores : ndarray of shape (n_training,)
        Training images, each scored as if it were not in the training set.
    found : Verdict
        On these scores.
    spare : ndarray of shape (n_spare,), optional
        Scores of training images that are known to be anomalous.
    max_false_alarms : float in (0, 1), optional
        Rate of false alarms to start from; that of the verdict if not given.

    Raises
    ------
    ParameterError
        If ``max_false_alarms`` is given and so few training images cannot promise it.
    """
    chosen = _of_verdict(found) + by_rank(scores, max_false_alarms=max_false_alarms)
    if spare is not None and len(spare):
        labels = np.repeat([0, 1], [len(scores), len(spare)])
        both = np.concatenate([scores, spare])
        chosen.append(thresholds.from_f1(labels, both, is_oracle=False))
    if max_false_alarms is None and found.kind != "undecidable":
        return chosen
    return starting_from(max_false_alarms, chosen)


def by_rank(
    scores: np.ndarray, *, max_false_alarms: float | None = None, images: str = thresholds.LEFT_OUT
) -> list[Threshold]:
    """Return the thresholds that ranks among images promise.

    Parameters
    ----------
    scores : ndarray of shape (n_images,)
        Of images that the detector was not fitted on, or that were left out.
    max_false_alarms : float in (0, 1), optional
        A further rate.
    images : str
        What these images are called.

    Raises
    ------
    ParameterError
        If ``max_false_alarms`` is given and so few images cannot promise it.
    """
    rates = {*RATES, *([] if max_false_alarms is None else [max_false_alarms])}
    if max_false_alarms is not None:
        thresholds.check_promise(len(scores), max_false_alarms)
    return thresholds.promised(scores, rates=rates, images=images)


def starting_from(rate: float | None, chosen: list[Threshold]) -> list[Threshold]:
    """Put the rank of a rate first; if none is given, the usual one or else the lowest promise."""
    method = thresholds.method_of_rate("conformal", rate or FALLBACK_RATE)
    named = {threshold.method: threshold for threshold in chosen}
    first = named.get(method) or named[thresholds.LOWEST]
    return [first, *(threshold for threshold in chosen if threshold is not first)]


def _of_verdict(found: Verdict) -> list[Threshold]:
    if found.kind == "undecidable" or found.bulk is None:
        return []
    by_curve = [thresholds.from_bulk_rate(found.bulk, rate) for rate in BULK_RATES]
    return [thresholds.from_verdict(found), *by_curve]

"""False-alarm rates that ranks among good images promise, whatever the scores look like.

A new image that comes as ``n`` good ones came is equally likely to take each of the ``n + 1``
places among them. So it lies above the ``r``-th highest with a chance of ``r / (n + 1)``, and no
lower rate than ``1 / (n + 1)`` can be promised.
"""

import math
from collections.abc import Iterable

import numpy as np
from scipy import special

from anomalylab.errors import ParameterError
from anomalylab.number_words import percent, plural
from anomalylab.verdicts.threshold import (
    LOWEST,
    Threshold,
    check_rate,
    falling_scores,
    method_of_rate,
)

LEFT_OUT = "left-out training images"
"""What most runs rank new images among."""

_ROUNDING = 1e-9


def conformal_p_values(calibration: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return split-conformal p-values: rank among normal images that were held out [1]_.

    Parameters
    ----------
    calibration : array-like of shape (n_calibration,)
        Scores of normal images that the detector was not fitted on.
    scores : array-like of shape (n,)

    Returns
    -------
    p_value : ndarray of shape (n,)
        ``(1 + number of calibration scores at least so high) / (n_calibration + 1)``: a normal
        image gets ``p`` or less with a chance of at most ``p``.

    References
    ----------
    .. [1] Bates, Candes, Lei, Romano, Sesia (2023). Testing for outliers with conformal p-values.
       Annals of Statistics 51(1).

    Examples
    --------
    >>> conformal_p_values([1, 2, 3], [0, 2.5, 9])
    array([1.  , 0.5 , 0.25])
    """
    rising = falling_scores(calibration)[::-1]
    n_beyond = len(rising) - np.searchsorted(rising, np.asarray(scores, float).ravel(), side="left")
    return (1 + n_beyond) / (len(rising) + 1)


def n_needed(rate: float) -> int:
    """Return how many good images can promise a rate of false alarms.

    The least n with ``1 / (n + 1) <= rate``.

    Raises
    ------
    ParameterError
        If ``rate`` lies outside (0, 1).

    Examples
    --------
    >>> n_needed(0.05), n_needed(0.01), n_needed(0.3)
    (19, 99, 3)
    """
    return math.ceil(1 / check_rate(rate) - 1 - _ROUNDING)


def check_promise(n_images: int, rate: float) -> None:
    """Refuse a rate that so many good images cannot promise.

    Raises
    ------
    ParameterError
        If ``n_images`` are too few, or ``rate`` lies outside (0, 1).
    """
    if n_images < n_needed(rate):
        raise ParameterError(
            f"{plural(n_images, 'normal image')} cannot promise a false-alarm rate below 1 in "
            f"{n_images + 1}, so not {percent(rate, 3)}, which takes {n_needed(rate)}; hold out "
            "more images or ask for less"
        )


def from_conformal(
    calibration: np.ndarray, *, max_fpr: float = 0.05, images: str = LEFT_OUT
) -> Threshold:
    """Return the score just above the ``r``-th highest, r = floor(max_fpr * (n + 1)).

    Averaged over calibrations, a normal image reaches it with a chance of ``r / (n + 1)``, which is
    at most ``max_fpr``. With one calibration at hand the rate follows a beta distribution, whose
    95 % interval stands in the note.

    Parameters
    ----------
    calibration : array-like of shape (n_calibration,)
        Scores of normal images that the detector was not fitted on.
    max_fpr : float in (0, 1)
    images : str
        What these images are called.

    Raises
    ------
    ParameterError
        If there are too few scores: n normal images cannot promise less than 1 in n + 1.
    """
    highest = falling_scores(calibration)
    check_promise(len(highest), max_fpr)
    rank = int(max_fpr * (len(highest) + 1) + _ROUNDING)
    return _at_rank(
        highest, rank, method_of_rate("conformal", max_fpr), percent(max_fpr, 3), images
    )


def from_lowest(calibration: np.ndarray, *, images: str = LEFT_OUT) -> Threshold:
    """Return the score just above the highest of n normal images, which promises 1 in n + 1.

    Parameters
    ----------
    calibration, images
        As in :func:`from_conformal`.

    Raises
    ------
    ParameterError
        If there is no score, or one is not finite.
    """
    highest = falling_scores(calibration)
    return _at_rank(highest, 1, LOWEST, f"1 in {len(highest) + 1}", images)


def promised(
    calibration: np.ndarray, *, rates: Iterable[float], images: str = LEFT_OUT
) -> list[Threshold]:
    """Return the thresholds of those rates that so many images can promise.

    The lowest promise comes last where one of the rates is too low.

    Parameters
    ----------
    calibration, images
        As in :func:`from_conformal`.
    rates : iterable of float in (0, 1)
    """
    rates, n_images = sorted(set(rates)), len(np.ravel(calibration))
    kept = [rate for rate in rates if n_images >= n_needed(rate)]
    found = [from_conformal(calibration, max_fpr=rate, images=images) for rate in kept]
    return found if kept == rates else [*found, from_lowest(calibration, images=images)]


def chance_of_so_many(threshold: Threshold, n_beyond: int, n_new: int) -> float:
    """Return the chance that so many of some good images or more reach a threshold found by rank.

    The rate behind it is not known, it follows a beta distribution; so the count is beta-binomial.

    Parameters
    ----------
    threshold : Threshold
        One of this module.
    n_beyond, n_new : int

    Examples
    --------
    One good image is known. Of two new ones both lie above it where it is the lowest of the three.

    >>> round(chance_of_so_many(from_lowest([0.0]), 2, 2), 6)
    0.333333
    """
    n_known = threshold.n_images
    rank = round(threshold.expected_false * (n_known + 1) / n_known)
    from scipy.stats import betabinom  # takes a second to load, and few calls come here

    return float(betabinom.sf(n_beyond - 1, n_new, rank, n_known + 1 - rank))


def _at_rank(highest: np.ndarray, rank: int, method: str, rate: str, images: str) -> Threshold:
    n_images = len(highest)
    low, high = special.betaincinv(rank, n_images + 1 - rank, [0.025, 0.975])
    note = (
        f"promises at most {rate} false alarms on average among good images that come as these "
        f"{n_images} {images} came, {percent(low, 3)} to {percent(high, 3)} with these (95 %); so "
        f"many can promise 1 in {n_images + 1} at the lowest"
    )
    value = float(np.nextafter(highest[rank - 1], np.inf))
    return Threshold(method, value, rank / (n_images + 1) * n_images, n_images, note)

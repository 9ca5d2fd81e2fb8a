"""Thresholds from normal images, or from unlabelled ones of which most are normal."""

import numpy as np
from scipy import special

from anomalylab.errors import ParameterError
from anomalylab.metrics.intervals import rate_interval
from anomalylab.number_words import few_digits, percent
from anomalylab.verdicts.bulk import Bulk
from anomalylab.verdicts.threshold import Threshold, falling_scores, falling_within
from anomalylab.verdicts.unlabelled import Verdict


def from_bulk(bulk: Bulk, *, expected_false: float = 0.5) -> Threshold:
    """Return the score beyond which so many images are expected by chance.

    Raises
    ------
    ParameterError
        If ``expected_false`` is not above 0 and below a quarter of the images.
    """
    return Threshold(
        "bulk",
        bulk.threshold(expected_false=expected_false),
        expected_false,
        bulk.n_images,
        f"beyond most of {bulk.n_images} images; about {expected_false:g} would by chance",
    )


def from_verdict(found: Verdict) -> Threshold:
    """Return the threshold that a verdict was given by.

    Raises
    ------
    ParameterError
        If nothing could be told, so that there is none.
    """
    if found.kind == "undecidable":
        raise ParameterError("a verdict that cannot be told has no threshold; use a quantile")
    note = (
        f"beyond most of {found.n_images} images; about "
        f"{few_digits(found.expected_by_chance)} would by chance"
    )
    return Threshold("bulk", found.threshold, found.expected_by_chance, found.n_images, note)


def from_quantile(scores: np.ndarray, *, max_fpr: float = 0.05) -> Threshold:
    """Return the score that at most a share ``max_fpr`` of these left-out images reaches.

    It marks that share whatever the images show: never a verdict on them.

    Parameters
    ----------
    scores : array-like of shape (n_images,)
        Training images, each scored as if it were not in the training set.
    max_fpr : float in (0, 1)

    Raises
    ------
    ParameterError
        If there is no score, one is not finite, or ``max_fpr`` lies outside (0, 1).
    """
    highest = falling_within(scores, max_fpr)
    n_images, n_beyond = len(highest), int(max_fpr * len(highest))
    value = float(np.nextafter(highest[n_beyond], np.inf))
    n_reached = int(np.count_nonzero(highest >= value))
    low, high = rate_interval(n_reached, n_images)
    note = (
        f"{n_reached} of these {n_images} images reach it; if all are normal, "
        f"{percent(low, 3)} to {percent(high, 3)} of new normal ones will (95 %)"
    )
    return Threshold("loo_quantile", value, float(n_reached), n_images, note)


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


def from_conformal(calibration: np.ndarray, *, max_fpr: float = 0.05) -> Threshold:
    """Return the score whose split-conformal p-value promises a false-alarm rate.

    Averaged over calibrations, a normal image reaches it with a chance of at most ``max_fpr``.
    With one calibration at hand the rate follows a beta distribution, whose 95 % interval stands
    in the note.

    Parameters
    ----------
    calibration : array-like of shape (n_calibration,)
        Scores of normal images that the detector was not fitted on.
    max_fpr : float in (0, 1)

    Raises
    ------
    ParameterError
        If there are too few scores: n normal images cannot promise less than 1 in n + 1.
    """
    highest = falling_within(calibration, max_fpr)
    n_images, rank = len(highest), int(max_fpr * (len(highest) + 1) + 1e-9)
    if rank < 1:
        raise ParameterError(
            f"{n_images} normal images cannot promise a false-alarm rate below 1 in "
            f"{n_images + 1}, so not {max_fpr}; hold out more images or ask for less"
        )
    value = float(np.nextafter(highest[rank - 1], np.inf))
    low, high = special.betaincinv(rank, n_images + 1 - rank, [0.025, 0.975])
    note = (
        f"promises at most {max_fpr:.2%} false alarms on average; with these {n_images} held-out "
        f"normal images the rate lies between {low:.2%} and {high:.2%} (95 %)"
    )
    return Threshold("conformal", value, rank / (n_images + 1) * n_images, n_images, note)


def same_quantile(scores: np.ndarray, threshold: Threshold, maxima: np.ndarray) -> Threshold:
    """Carry a threshold on image scores over to anomaly maps.

    Parameters
    ----------
    scores, maxima : array-like of shape (n_images,)
        Image score, and maximum of the displayed anomaly map, of the same left-out images.
    threshold : Threshold
        On image scores.

    Returns
    -------
    Threshold
        The value that as many maxima reach as scores reach ``threshold``; halfway between the two
        maxima that bound it.
    """
    n_beyond = int(np.count_nonzero(np.asarray(scores) >= threshold.value))
    highest = falling_scores(maxima)
    if n_beyond == 0:
        value = np.nextafter(highest[0], np.inf)
    elif n_beyond == len(highest):
        value = highest[-1]
    else:
        value = (highest[n_beyond - 1] + highest[n_beyond]) / 2
    note = f"as many maxima of {len(highest)} left-out maps reach it as image scores do theirs"
    return Threshold(threshold.method, float(value), threshold.expected_false, len(highest), note)

"""Thresholds from a curve fitted to unlabelled images of which most are normal, and for maps."""

import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.number_words import few_digits, percent
from anomalylab.verdicts.bulk import Bulk
from anomalylab.verdicts.threshold import Threshold, check_rate, falling_scores, method_of_rate
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


def from_bulk_rate(bulk: Bulk, rate: float) -> Threshold:
    """Return the score that such a share of the images of the bulk is expected to reach.

    Parameters
    ----------
    bulk : Bulk
    rate : float in (0, 1)

    Raises
    ------
    ParameterError
        If a quarter of the images or more would reach it.
    """
    expected = check_rate(rate) * bulk.n_images
    note = (
        f"about {percent(rate)} of good images reach it by a curve fitted to most of "
        f"{bulk.n_images} images, {few_digits(expected)} among so many"
    )
    value = bulk.threshold(expected_false=expected)
    return Threshold(method_of_rate("bulk", rate), value, expected, bulk.n_images, note)


def from_verdict(found: Verdict) -> Threshold:
    """Return the threshold that a verdict was given by.

    Raises
    ------
    ParameterError
        If nothing could be told, so that there is none.
    """
    if found.kind == "undecidable":
        raise ParameterError("a verdict that cannot be told has no threshold; use a rank")
    note = (
        f"beyond most of {found.n_images} images; about "
        f"{few_digits(found.expected_by_chance)} would by chance"
    )
    return Threshold("bulk", found.threshold, found.expected_by_chance, found.n_images, note)


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

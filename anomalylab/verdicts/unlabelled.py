"""The verdict on a folder nobody has labelled: suspects, no more than chance, or undecidable."""

from dataclasses import dataclass

import numpy as np

from anomalylab.compute.poisson import chance_of_at_least
from anomalylab.errors import ParameterError
from anomalylab.number_words import few_digits
from anomalylab.verdicts.bulk import Bulk, fit_bulk

EXPECTED_FALSE = 0.5
"""Images that may lie beyond the threshold by chance."""

MIN_IMAGES = 25
"""Images below which no verdict is given."""

MAX_CHANCE = 0.05
"""Chance below which suspects are more than chance explains."""

_BEYOND_DOUBT = 0.01
_MAX_TIED_SHARE = 0.1
_MIN_GAP_CHANCE = 1e-3
_MAX_MISFIT = 1.3  # clean simulated folders exceed it less than once in 100


@dataclass(frozen=True)
class Verdict:
    """What can be said about a folder of images without labels.

    Parameters
    ----------
    kind : {"suspects", "clean", "undecidable"}
        ``clean`` means that no more lie beyond the bulk than chance explains, and nothing else.
    n_images : int
    n_suspects : int
        Images at or beyond the threshold; 0 if it cannot be told.
    expected_by_chance : float
        Images expected there if all are normal.
    threshold : float
        NaN if it cannot be told.
    sentence : str
        The verdict in plain words.
    reason : str
        Why, in one sentence.
    bulk : Bulk or None
        The fit behind it; None if none was possible.
    """

    kind: str
    n_images: int
    n_suspects: int
    expected_by_chance: float
    threshold: float
    sentence: str
    reason: str
    bulk: Bulk | None


def verdict(scores: np.ndarray, *, expected_false: float = EXPECTED_FALSE) -> Verdict:
    """Judge whether images lie beyond the bulk of a folder that is mostly normal.

    A first fit finds scores that surely do not belong to the bulk: too many lie beyond the
    threshold, or too wide a gap lies before them (a chance of at most 0.01). They are set aside
    and the bulk is fitted again to the others, because many suspects widen the first fit. What was
    set aside is named if that fit expects no more there than ``expected_false`` images; else those
    beyond its threshold are, if as many would lie there with a chance of at most ``MAX_CHANCE``
    (Poisson). So a verdict never names images where it expects more by chance than was asked for.

    Parameters
    ----------
    scores : array-like of shape (n_images,)
        Each image scored as if it were not in the training set.
    expected_false : float
        Images that may lie beyond the threshold by chance, if all are normal.

    Raises
    ------
    ParameterError
        If scores are not finite, or ``expected_false`` is not above 0 and below a quarter of
        the images.

    Examples
    --------
    >>> scores = np.append(np.random.default_rng(0).normal(10, 1, size=200), [25, 26, 28])
    >>> verdict(scores).sentence
    '3 of 203 images lie beyond most images; about 0.5 would by chance.'
    """
    scores = np.asarray(scores, float).ravel()
    if not np.isfinite(scores).all():
        raise ParameterError("scores must be finite; some are NaN or infinite")
    reason = _no_fit_possible(scores)
    if reason:
        return _undecidable(scores, expected_false, reason, None)
    bulk = fit_bulk(scores)
    limit = np.inf if _is_split(bulk) else _limit(scores, bulk, expected_false)
    if np.isfinite(limit):
        bulk = fit_bulk(scores[scores < limit])
    reason = _no_trust(bulk)
    if reason:
        return _undecidable(scores, expected_false, reason, bulk)
    share = bulk.n_images / len(scores)  # the bulk is fitted to the images that were not set aside
    threshold = bulk.threshold(expected_false=expected_false * share)
    is_honoured = limit < threshold and _expected(scores, bulk, limit) <= expected_false
    threshold = limit if is_honoured else threshold
    if is_honoured or _chance(scores, bulk, threshold) <= MAX_CHANCE:
        return _suspects(scores, bulk, threshold)
    return _clean(scores, bulk, threshold)


def _no_fit_possible(scores: np.ndarray) -> str:
    n_images = len(scores)
    if n_images < MIN_IMAGES:
        return f"there are only {n_images} images, and at least {MIN_IMAGES} are needed"
    n_tied = n_images - len(np.unique(scores))
    if n_tied > _MAX_TIED_SHARE * n_images:
        return f"{n_tied + 1} of {n_images} images share their score with another: are they copies?"
    return ""


def _is_split(bulk: Bulk) -> bool:
    return bulk.worst_gap < _MIN_GAP_CHANCE


def _no_trust(bulk: Bulk) -> str:
    if _is_split(bulk):
        return (
            "the lower three quarters of the scores fall into groups: more than one kind of "
            "product, near copies, or a quarter or more of defects"
        )
    if bulk.misfit > _MAX_MISFIT:
        return "no smooth distribution with one peak fits the lower three quarters of the scores"
    return ""


def _limit(scores: np.ndarray, bulk: Bulk, expected_false: float) -> float:
    """Return the score from which images surely do not belong to the bulk, or infinity."""
    upper = np.sort(scores[scores > bulk.trusted_up_to])
    threshold = bulk.threshold(expected_false=expected_false)
    limit = np.inf
    if _chance(scores, bulk, threshold) <= _BEYOND_DOUBT:
        limit = threshold
    gaps = bulk.gap_chances(upper)
    if gaps.min(initial=1) * len(gaps) <= _BEYOND_DOUBT:
        limit = min(limit, upper[gaps.argmin()])
    return float(limit)


def _expected(scores: np.ndarray, bulk: Bulk, threshold: float) -> float:
    """Return the images expected at or beyond a threshold if all are normal."""
    return float(bulk.p_value(np.array([threshold]))[0] * len(scores))


def _chance(scores: np.ndarray, bulk: Bulk, threshold: float) -> float:
    """Return the chance of such suspects if all images are normal."""
    at = bulk.p_value(np.array([threshold, scores.max()])) * len(scores)
    of_count = chance_of_at_least(int(np.count_nonzero(scores >= threshold)), at[0])
    return float(min(of_count, at[1]))


def _suspects(scores: np.ndarray, bulk: Bulk, threshold: float) -> Verdict:
    expected = _expected(scores, bulk, threshold)
    n_images, n_suspects = len(scores), int(np.count_nonzero(scores >= threshold))
    few = "1 image lies" if n_suspects == 1 else f"{n_suspects} images lie"
    return Verdict(
        kind="suspects",
        n_images=n_images,
        n_suspects=n_suspects,
        expected_by_chance=expected,
        threshold=threshold,
        sentence=f"{n_suspects} of {n_images} images {'lies' if n_suspects == 1 else 'lie'} beyond "
        f"most images; about {few_digits(expected)} would by chance.",
        reason=f"{few} where chance would put about {few_digits(expected)} if all were of one "
        "kind. They are unlike the others, which need not mean defective.",
        bulk=bulk,
    )


def _clean(scores: np.ndarray, bulk: Bulk, threshold: float) -> Verdict:
    expected = _expected(scores, bulk, threshold)
    n_images, n_suspects = len(scores), int(np.count_nonzero(scores >= threshold))
    lie = "lies" if n_suspects == 1 else "lie"
    return Verdict(
        kind="clean",
        n_images=n_images,
        n_suspects=n_suspects,
        expected_by_chance=expected,
        threshold=threshold,
        sentence=f"No more images stand out than chance explains: {n_suspects or 'none'} of "
        f"{n_images} {lie} beyond most images, where about {few_digits(expected)} would by chance.",
        reason="Defects that score like normal images are not excluded.",
        bulk=bulk,
    )


def _undecidable(
    scores: np.ndarray, expected_false: float, reason: str, bulk: Bulk | None
) -> Verdict:
    return Verdict(
        kind="undecidable",
        n_images=len(scores),
        n_suspects=0,
        expected_by_chance=expected_false,
        threshold=float("nan"),
        sentence=f"This cannot be told from these images: {reason}.".replace("?.", "?"),
        reason="Look at the images in the order of their scores.",
        bulk=bulk,
    )

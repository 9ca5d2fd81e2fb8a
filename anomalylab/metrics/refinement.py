"""How well a refinement took the polluted images out of a training set.

Truth is known in studies only; nothing here is ever shown to a detector.
"""

from math import comb
from typing import NamedTuple

import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.metrics.at_threshold import confusion, rates
from anomalylab.metrics.image import check_scores


def refinement(is_noise: np.ndarray, removed: np.ndarray) -> dict[str, float]:
    """Compare what was removed with what is truly polluted.

    Recall |D and B| / |B|, precision |D and B| / |D| and F1, their harmonic mean, of the removed
    images D and the polluted ones B. Where a share r of all images is removed and a share p is
    polluted, precision = recall p / r: all three are equal at r = p. Removing at random gives a
    precision of p and a recall of r on average.

    Parameters
    ----------
    is_noise : bool ndarray of shape (n_train,)
        Whether each training image is polluted.
    removed : bool ndarray of shape (n_train,)
        Whether each was removed.

    Returns
    -------
    refinement : dict
        ``precision``, ``recall`` and ``f1``. Precision is 0 where nothing is removed; recall and
        F1 are NaN with a warning where nothing is polluted.

    Raises
    ------
    ParameterError
        If lengths differ.

    Examples
    --------
    >>> refinement([True, True, False, False], [True, False, True, False])
    {'precision': 0.5, 'recall': 0.5, 'f1': 0.5}
    """
    is_noise, removed = _flags("is_noise", is_noise), _flags("removed", removed)
    found = rates(confusion(is_noise, removed.astype(float), 0.5))
    return {name: found[name] for name in ("precision", "recall", "f1")}


class FirstRemoved(NamedTuple):
    """What the highest scores of a polluted training set hold."""

    n_removed: int
    recall: float
    chance: float
    p_value: float

    @property
    def is_near_chance(self) -> bool:
        """Whether removing at random would do as well more than once in 20 times."""
        return self.p_value > 0.05


def first_removed(is_noise: np.ndarray, scores: np.ndarray, *, times: float = 1) -> FirstRemoved:
    """Count the polluted images among the highest scores, beside what chance would find there.

    Parameters
    ----------
    is_noise : bool ndarray of shape (n_train,)
        Whether each training image is polluted; p of them are.
    scores : ndarray of shape (n_train,)
        Higher is removed sooner; of equals the first.
    times : float
        ``round(times * p)`` images are looked at, at most all.

    Returns
    -------
    first : FirstRemoved
        Images looked at; share of the polluted ones among them; the share that a random choice of
        so many would find on average; and the chance that it finds as many or more, which is
        hypergeometric.

    Raises
    ------
    ParameterError
        If lengths differ, a score is NaN, nothing is polluted, or no image is looked at.

    Examples
    --------
    Of four images one is polluted and scores highest; one in four would be found by chance.

    >>> first_removed([False, True, False, False], [1, 9, 2, 3])
    FirstRemoved(n_removed=1, recall=1.0, chance=0.25, p_value=0.25)
    """
    is_noise, scores = check_scores(is_noise, scores)
    n_images, n_noise = len(is_noise), int(is_noise.sum())
    n_removed = min(n_images, round(times * n_noise))
    if n_removed < 1:
        raise ParameterError(
            f"{n_noise} of {n_images} images are polluted; {times:g} times as many leaves none to "
            "look at"
        )
    order = np.argsort(-scores, kind="stable")
    n_found = int(is_noise[order[:n_removed]].sum())
    ways = sum(
        comb(n_noise, found) * comb(n_images - n_noise, n_removed - found)
        for found in range(n_found, min(n_noise, n_removed) + 1)
    )
    p_value = ways / comb(n_images, n_removed)
    return FirstRemoved(n_removed, n_found / n_noise, n_removed / n_images, p_value)


def _flags(name: str, flags: np.ndarray) -> np.ndarray:
    flags = np.asarray(flags)
    if flags.dtype != bool:
        raise ParameterError(f"{name} must be true or false for each image, not {flags.dtype}")
    return flags

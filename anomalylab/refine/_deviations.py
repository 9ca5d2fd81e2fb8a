"""Scores in robust deviations from their median."""

from typing import NamedTuple

import numpy as np

from anomalylab.errors import ParameterError

_TO_SIGMA = 1.4826  # of normal numbers: 1 / the 75 % quantile


class Robust(NamedTuple):
    """Where scores lie and how far they spread, outliers notwithstanding."""

    centre: float
    spread: float

    def of(self, scores: np.ndarray) -> np.ndarray:
        """Return scores in spreads above the centre."""
        return (scores - self.centre) / self.spread


def robust(scores: np.ndarray) -> Robust:
    """Return the median and 1.4826 times the median distance from it.

    Where more than half of the scores are equal that distance is 0; the mean distance stands in
    for it, and 1 where all are equal.

    Raises
    ------
    ParameterError
        If there is no score, or one is not finite.
    """
    if not len(scores) or not np.isfinite(scores).all():
        raise ParameterError("deviations need at least one score, and all of them finite")
    centre = float(np.median(scores))
    distance = np.abs(scores - centre)
    return Robust(centre, float(_TO_SIGMA * np.median(distance) or distance.mean() or 1.0))

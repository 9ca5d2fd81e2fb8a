"""How far the axis of a histogram of scores goes; ``score_axis.js`` does the same in pages."""

from typing import NamedTuple

import numpy as np

MOST = (0.1, 0.9)
"""Shares of the scores between which most of them lie."""

REACH = 2
"""The axis goes on so many times as far as most scores spread, on either side."""

LOGARITHMIC = 8
"""Times the middle score from which on the largest makes the axis logarithmic."""

PAD = 0.03


class ScoreAxis(NamedTuple):
    """Ends of an axis, in scores; what lies beyond is counted in its first and last bin."""

    low: float
    high: float
    is_log: bool

    def edges(self, n_bins: int) -> np.ndarray:
        """Return the edges of bins of one width on the axis, float64 of shape (n_bins + 1,)."""
        space = np.geomspace if self.is_log else np.linspace
        return space(self.low, self.high, n_bins + 1)

    def beyond(self, scores: np.ndarray) -> tuple[int, int]:
        """Return how many scores lie beyond the left and the right end."""
        return int((scores < self.low).sum()), int((scores > self.high).sum())


def score_axis(scores: np.ndarray, threshold: float | None = None) -> ScoreAxis:
    """Return an axis that shows most scores at a readable width, and the threshold always.

    It goes as far as the scores do, but from their 10 % and 90 % quantiles at most ``REACH`` times
    the distance of these; all in logarithms where the largest score dwarfs the middle one.

    Parameters
    ----------
    scores : float ndarray of shape (n,), n > 0
    threshold : float, optional
    """
    middle = np.median(scores)
    mark = middle if threshold is None else threshold
    is_log = bool(min(scores.min(), mark) > 0 and scores.max() > LOGARITHMIC * middle)
    if is_log:
        scores, mark = np.log(scores), np.log(mark)
    most = np.quantile(scores, MOST)
    reach = REACH * (most[1] - most[0]) or np.inf
    low, high = max(scores.min(), most[0] - reach), min(scores.max(), most[1] + reach)
    pad = PAD * (high - low) or 0.5
    ends = np.array([low - pad, high + pad])
    if not ends[0] <= mark <= ends[1]:
        ends = np.array([min(low, mark) - pad, max(high, mark) + pad])
    low, high = (np.exp(ends) if is_log else ends).tolist()
    return ScoreAxis(low, high, is_log)

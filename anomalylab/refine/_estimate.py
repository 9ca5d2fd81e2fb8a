"""How many images to reject, as far as their scores tell."""

from dataclasses import dataclass

import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.refine._deviations import robust

N_RESAMPLES = 400
_INTERVAL = (0.05, 0.95)


@dataclass(frozen=True)
class RejectEstimate:
    """A share of images to reject, read off their scores: a lower bound at best.

    Parameters
    ----------
    share : float
        Of images beyond the threshold.
    low, high : float
        5 % and 95 % quantiles of the share over resampled scores.
    n_beyond, n_images : int
    threshold : float
        In the unit of the scores; images above it count.
    k : float
        Median deviations from the median to the threshold.
    """

    share: float
    low: float
    high: float
    n_beyond: int
    n_images: int
    threshold: float
    k: float

    @property
    def words(self) -> str:
        """The estimate, and what it is not, in sentences."""
        return (
            f"{self.n_beyond} of {self.n_images} images ({self.share:.1%}; {self.low:.1%} to "
            f"{self.high:.1%} over resamples) lie more than {self.k:g} deviations above the median "
            "score. Scores alone cannot tell how many defects there are: defects that score like "
            "good images are not among these, and odd but good images may be. Take it as a lower "
            "bound at best, look at the images around the cut, and give a share of your own."
        )


def reject_estimate(suspicion: np.ndarray, *, k: float = 3.0, seed: int = 0) -> RejectEstimate:
    """Count the images above ``median + k * 1.4826 * MAD`` of their scores.

    MAD is the median distance from the median; times 1.4826 it is the standard deviation of normal
    scores. The same scores can come from few defects that stand out or from many that do not, so
    this is no estimate of the share of defects, and the share can be given by hand instead
    wherever it is used.

    Parameters
    ----------
    suspicion : ndarray of shape (n_images,)
        From :func:`anomalylab.refine.ranking`, best with images left out.
    k : float
        Positive. 3 flags about 1 of 700 normal scores, 1.5 about 1 of 15.
    seed : int
        Of the resamples.

    Returns
    -------
    estimate : RejectEstimate

    Raises
    ------
    ParameterError
        If there is no score, one is not finite, or ``k`` is not positive.

    Examples
    --------
    >>> estimate = reject_estimate(np.array([1.0, 2, 3, 4, 5, 30, 40]))
    >>> estimate.n_beyond, round(estimate.threshold, 2)
    (2, 12.9)
    """
    suspicion = np.asarray(suspicion, float)
    if not k > 0:
        raise ParameterError(f"k must be a positive number of deviations, not {k}")
    found = robust(suspicion)
    is_beyond = found.of(suspicion) > k
    drawn = np.random.default_rng(seed).choice(suspicion, (N_RESAMPLES, len(suspicion)))
    shares = [(robust(scores).of(scores) > k).mean() for scores in drawn]
    low, high = np.quantile(shares, _INTERVAL)
    return RejectEstimate(
        share=float(is_beyond.mean()),
        low=float(low),
        high=float(high),
        n_beyond=int(is_beyond.sum()),
        n_images=len(suspicion),
        threshold=found.centre + k * found.spread,
        k=k,
    )

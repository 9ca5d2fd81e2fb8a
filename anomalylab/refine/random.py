"""Random removal: what any strategy must beat."""

import numpy as np

from anomalylab.detectors import Pool
from anomalylab.refine._registry import strategy


@strategy("random", uses_detector=False)
def suspicion(pool: Pool, train: np.ndarray, *, seed: int) -> np.ndarray:
    """Score training images in an order that is drawn.

    One seed draws one order, so that with a larger share what was removed stays removed. Of ``n``
    images with ``b`` polluted, ``m`` removed ones hold a hypergeometric number of polluted ones, of
    mean ``m b / n``.

    Parameters
    ----------
    pool, train
        As of :func:`anomalylab.refine.ranking`; nothing is fitted.
    seed : int
        Draws the order.
    """
    return np.random.default_rng(seed).permutation(len(train)).astype(float)

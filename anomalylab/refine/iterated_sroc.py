"""Iterated SROC: fit on what is kept, score all, keep the least suspicious, until nothing changes.

With one Gaussian this is the concentration step of FAST-MCD [1]_: the determinant of the covariance
of what is kept never rises, so it ends.

References
----------
.. [1] Rousseeuw & Van Driessen (1999). A Fast Algorithm for the Minimum Covariance Determinant
   Estimator. Technometrics 41(3).
"""

import numpy as np

from anomalylab.detectors import Pool
from anomalylab.refine._parts import LEAVE_OUT, check_enough, check_left_out
from anomalylab.refine._ranking import kept
from anomalylab.refine._registry import one_of, strategy, whole


@strategy("iterated-sroc", leave_out=one_of(*LEAVE_OUT), iterations=whole(1))
def suspicion(
    pool: Pool,
    train: np.ndarray,
    *,
    seed: int,
    reject: float,
    leave_out: str = "none",
    iterations: int = 20,
) -> np.ndarray:
    """Score all training images by a fit to those kept before, again and again.

    Parameters
    ----------
    pool, train
        As of :func:`anomalylab.refine.ranking`.
    seed : int
        Unused: nothing is drawn.
    reject : float in [0, 1)
        Share that each fit leaves out.
    leave_out : {"none", "group"}
        How images that are kept are scored.
    iterations : int
        Fits at most; 1 is SROC. It ends before if the same images are kept as before.

    Raises
    ------
    ParameterError
        If so few images are kept that the detector cannot be fitted.
    """
    keep = kept(np.zeros(len(train)), reject)
    where = f"rejecting {reject:g} of {len(train)} images"
    check_enough(pool, int(keep.sum()), where, "reject less or give more images")
    check_left_out(pool, train, leave_out)
    scores = pool.image_scores(train, train, leave_out=leave_out)
    for _ in range(iterations - 1):
        before, keep = keep, kept(scores, reject)
        if np.array_equal(before, keep):
            break
        scores = pool.image_scores(train[keep], train, leave_out=leave_out)
    return scores

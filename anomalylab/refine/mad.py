"""Audit by median and MAD: what stands out leaves the reference, and all are scored again.

Images above ``median + k * 1.4826 * MAD`` of their left-out scores are flagged, as auditors of
small reference sets do with ``k = 1.5``.
"""

import numpy as np

from anomalylab.detectors import Pool
from anomalylab.refine._deviations import robust
from anomalylab.refine._parts import LEAVE_OUT, check_enough, check_left_out
from anomalylab.refine._registry import number, one_of, strategy, whole


@strategy("mad", k=number(0), rounds=whole(0), leave_out=one_of(*LEAVE_OUT))
def suspicion(
    pool: Pool,
    train: np.ndarray,
    *,
    seed: int,
    k: float = 1.5,
    rounds: int = 1,
    leave_out: str = "group",
) -> np.ndarray:
    """Score images in deviations from the median, by a reference without what was flagged.

    In each round images more than ``k`` deviations above the median are flagged, the detector is
    fitted on the others, and all are scored again. Never are more than half flagged, because
    the median is that of all.

    Parameters
    ----------
    pool, train
        As of :func:`anomalylab.refine.ranking`.
    seed : int
        Unused: nothing is drawn.
    k : float
        Positive.
    rounds : int
        0 scores once, and ranks as ``sroc`` does.
    leave_out : {"none", "group"}
        How images of the reference are scored.

    Raises
    ------
    ParameterError
        If half of the images are too few for the detector.
    """
    where = f"flagging up to half of {len(train)} images"
    check_enough(pool, (len(train) + 1) // 2, where, "give more images")
    check_left_out(pool, train, leave_out)
    scores = pool.image_scores(train, train, leave_out=leave_out)
    deviations, unflagged = robust(scores).of(scores), np.ones(len(train), bool)
    for _ in range(rounds):
        before, unflagged = unflagged, deviations <= k
        if np.array_equal(before, unflagged):
            break
        scores = pool.image_scores(train[unflagged], train, leave_out=leave_out)
        deviations = robust(scores).of(scores)
    return deviations

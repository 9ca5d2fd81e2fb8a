"""SROC: the detector is fitted on all training images and scores them.

The name is that of the study by which this strategy is known. With ``leave_out="none"`` each image
is compared with itself, too, as there; ``"group"`` leaves it and those of its group out.
"""

import numpy as np

from anomalylab.detectors import Pool
from anomalylab.refine._parts import LEAVE_OUT, check_left_out
from anomalylab.refine._registry import one_of, strategy


@strategy("sroc", leave_out=one_of(*LEAVE_OUT))
def suspicion(pool: Pool, train: np.ndarray, *, seed: int, leave_out: str = "none") -> np.ndarray:
    """Score each training image by a fit to all of them.

    Parameters
    ----------
    pool, train
        As of :func:`anomalylab.refine.ranking`.
    seed : int
        Unused: nothing is drawn.
    leave_out : {"none", "group"}
        ``none``: resubstitution. ``group``: an image is scored as if its group were not there.

    Raises
    ------
    ParameterError
        If there are too few images, or the detector cannot leave out so many one by one.
    """
    check_left_out(pool, train, leave_out)
    return pool.image_scores(train, train, leave_out=leave_out)

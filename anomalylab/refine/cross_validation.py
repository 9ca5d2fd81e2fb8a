"""Cross-validation: each image is scored by a fit that has not seen it."""

from collections.abc import Callable

import numpy as np

from anomalylab.detectors import Pool
from anomalylab.refine._deviations import robust
from anomalylab.refine._parts import check_enough, dealt, groups_of
from anomalylab.refine._registry import one_of, strategy, whole


def ranks(scores: np.ndarray) -> np.ndarray:
    """Return the share of scores at or below each, equal ones sharing their mean: in (0, 1].

    Examples
    --------
    >>> ranks(np.array([3.0, 1.0, 3.0, 2.0]))
    array([0.875, 0.25 , 0.875, 0.5  ])
    """
    ordered = np.sort(scores)
    below = np.searchsorted(ordered, scores, side="left")
    up_to = np.searchsorted(ordered, scores, side="right")
    return (below + up_to + 1) / (2 * len(scores))


CALIBRATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "none": lambda scores: scores,
    "rank": ranks,
    "robust-z": lambda scores: robust(scores).of(scores),
}


@strategy("cross-validation", folds=whole(2), calibrate=one_of(*CALIBRATIONS))
def suspicion(
    pool: Pool, train: np.ndarray, *, seed: int, folds: int = 5, calibrate: str = "none"
) -> np.ndarray:
    """Score the images of each fold by a fit to the other folds.

    Parameters
    ----------
    pool, train
        As of :func:`anomalylab.refine.ranking`.
    seed : int
        Deals groups into folds.
    folds : int
    calibrate : {"none", "rank", "robust-z"}
        What makes scores of different fits comparable. ``none``: nothing. ``rank``: the share of
        its fold that an image scores at least as high as. ``robust-z``: deviations from the median
        of its fold. The last two take it that each fold is polluted alike.

    Raises
    ------
    ParameterError
        If there are fewer groups than folds, or too few images for the detector.
    """
    parts = dealt(groups_of(pool, train), folds, seed)
    fewest = len(train) - max(map(len, parts))
    where = f"one of {folds} folds of {len(train)} images left out"
    check_enough(pool, fewest, where, "use more folds or give more images")
    scores = np.empty(len(train))
    for part in parts:
        held_out = pool.image_scores(np.delete(train, part), train[part])
        scores[part] = CALIBRATIONS[calibrate](held_out)
    return scores

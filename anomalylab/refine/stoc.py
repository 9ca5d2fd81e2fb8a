"""STOC: detectors fitted on disjoint parts of the training images judge all of them together.

``rule="consensus"`` is that of the original [1]_: a part's detector flags what lies above its own
``1 - gamma`` quantile, and an image is kept only if none flags it; ``gamma`` is about twice the
pollution expected. ``rule="mean"`` averages the scores instead.

References
----------
.. [1] Yoon et al. (2022). Self-supervise, Refine, Repeat: Improving Unsupervised Anomaly Detection.
   Transactions on Machine Learning Research. https://arxiv.org/abs/2106.06115
"""

import numpy as np

from anomalylab.detectors import Pool
from anomalylab.refine._parts import check_enough, dealt, groups_of
from anomalylab.refine._registry import one_of, strategy, whole
from anomalylab.refine.cross_validation import ranks

RULES = ("mean", "consensus")


@strategy("stoc", splits=whole(2), rule=one_of(*RULES))
def suspicion(
    pool: Pool, train: np.ndarray, *, seed: int, splits: int = 5, rule: str = "mean"
) -> np.ndarray:
    """Score all training images by fits to disjoint parts of them.

    With ``rule="consensus"`` no ``gamma`` is needed: an image is flagged by some detector at
    ``gamma`` exactly if the highest of its ranks among the scores of a detector exceeds
    ``1 - gamma``. That rank is the score here, so a share to reject is met by the smallest
    ``gamma`` that flags so many; of images whose highest ranks are equal, those leave first whose
    second highest rank is higher.

    Parameters
    ----------
    pool, train
        As of :func:`anomalylab.refine.ranking`.
    seed : int
        Deals groups into parts.
    splits : int
    rule : {"mean", "consensus"}

    Raises
    ------
    ParameterError
        If there are fewer groups than parts, or a part is too small for the detector.
    """
    parts = dealt(groups_of(pool, train), splits, seed)
    where = f"the smallest of {splits} parts of {len(train)} images"
    check_enough(pool, min(map(len, parts)), where, "use fewer splits or give more images")
    scores = np.stack([pool.image_scores(train[part], train) for part in parts])
    return scores.mean(axis=0) if rule == "mean" else consensus(scores)


def consensus(scores: np.ndarray) -> np.ndarray:
    """Return the highest rank of each image over detectors, the second highest as a tie-breaker.

    Parameters
    ----------
    scores : ndarray of shape (n_detectors, n_images)

    Returns
    -------
    highest : ndarray of shape (n_images,)
        The highest share of images that an image scores at least as high as, plus less than half
        of a step between such shares.
    """
    shares = np.sort([ranks(row) for row in scores], axis=0)
    return shares[-1] + shares[-2] / (4 * scores.shape[1])

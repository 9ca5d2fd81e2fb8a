"""Orders: each cell is compared with every other image, not with the nearest cell of all alone.

A defect that has its like in a few other images looks normal to the nearest of them; the third
nearest image, or an average over the nearest ones [1]_, sees it. ``banks`` is the average over all
memories that are made of a share of the images, without drawing any. What helps where defects
repeat harms images whose pose few others share.

References
----------
.. [1] Li, Huang, Xue & Zhou (2024). MuSc: Zero-Shot Industrial Anomaly Classification and
   Segmentation with Mutual Scoring of the Unlabeled Images. https://arxiv.org/abs/2401.16753
"""

from collections.abc import Callable

import numpy as np

from anomalylab.compute.order_weights import Banks, Lowest, Order, Weights
from anomalylab.datasets.pollute import n_of_share
from anomalylab.detectors import Pool
from anomalylab.refine._parts import check_left_out, groups_of
from anomalylab.refine._registry import number, one_of, strategy, whole

RULES = ("nearest", "lowest", "banks")


@strategy("orders", rule=one_of(*RULES), k=whole(1), share=number(0, 1), highest=number(0, 1))
def suspicion(
    pool: Pool,
    train: np.ndarray,
    *,
    seed: int,
    rule: str = "nearest",
    k: int = 3,
    share: float = 0.3,
    highest: float = 0.01,
) -> np.ndarray:
    """Score images by the distances of their cells to the nearest cell of each other image.

    With ``a_1 <= a_2 <= ...`` these distances for a cell, its own group left out, its score is
    ``a_k``, or a mean of them. The score of an image is the mean of its highest cells.

    Parameters
    ----------
    pool, train
        As of :func:`anomalylab.refine.ranking`; the pool is one of patchcore, with all cells in its
        memory and exact search.
    seed : int
        Unused: nothing is drawn.
    rule : {"nearest", "lowest", "banks"}
        ``nearest``: the ``k``-th nearest image. ``lowest``: the mean over the nearest ``share`` of
        the images. ``banks``: the mean, over all memories of a ``share`` of the images, of the
        distance to the nearest.
    k : int
    share : float in (0, 1)
    highest : float in (0, 1)
        Share of the cells of an image that its score is the mean of, rounded down; one at least.

    Raises
    ------
    ParameterError
        If the pool is another, or there are fewer images than are counted.
    """
    check_left_out(pool, train, "group")
    weights: Weights = Order(k) if rule == "nearest" else _MEANS[rule](share)
    _, sizes = np.unique(groups_of(pool, train), return_counts=True)
    weights(len(train) - int(sizes.max()))  # refused here if there are too few images
    cells = pool.order_maps(train, train, weights, leave_out="group").reshape(len(train), -1)
    n_highest = max(1, n_of_share(highest, cells.shape[1]))
    return np.sort(cells, axis=1)[:, -n_highest:].mean(axis=1)


_MEANS: dict[str, Callable[[float], Weights]] = {"lowest": Lowest, "banks": Banks}

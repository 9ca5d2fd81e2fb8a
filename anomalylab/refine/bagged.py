"""Bagged memories: fits to many small random subsets, each judging the images outside of it."""

from collections.abc import Iterator

import numpy as np

from anomalylab.datasets.pollute import n_of_share
from anomalylab.detectors import Pool
from anomalylab.refine._parts import check_enough, groups_of
from anomalylab.refine._registry import number, strategy, whole


@strategy("bagged", memories=whole(1), share=number(0, 1))
def suspicion(
    pool: Pool, train: np.ndarray, *, seed: int, memories: int = 20, share: float = 1 / 3
) -> np.ndarray:
    """Score each image by the median over the subsets that hold none of its group.

    A small subset holds few defects, so that a defect rarely finds its like in it.

    Parameters
    ----------
    pool, train
        As of :func:`anomalylab.refine.ranking`.
    seed : int
        Draws the subsets.
    memories : int
        Subsets; more are drawn if an image was in all of them.
    share : float in (0, 1)
        Of the groups, in each subset.

    Raises
    ------
    ParameterError
        If the subsets are too small for the detector.
    """
    groups = groups_of(pool, train)
    different = np.unique(groups)
    n_drawn = n_of_share(share, len(different))
    smallest = int(np.sort(np.unique(groups, return_counts=True)[1])[:n_drawn].sum())
    where = f"a share of {share:.3g} of {len(train)} images"
    check_enough(pool, smallest, where, "take a larger share or give more images")
    found = np.full((0, len(train)), np.nan)
    for inside in _subsets(groups, n_drawn, memories, seed):
        scores = np.full((1, len(train)), np.nan)
        scores[0, ~inside] = pool.image_scores(train[inside], train[~inside])
        found = np.concatenate([found, scores])
    return np.nanmedian(found, axis=0)


def _subsets(groups: np.ndarray, n_drawn: int, memories: int, seed: int) -> Iterator[np.ndarray]:
    """Yield which images lie in each subset, until each was outside of one."""
    rng, different = np.random.default_rng(seed), np.unique(groups)
    never_outside, n_done = np.ones(len(groups), bool), 0
    while n_done < memories or never_outside.any():
        inside = np.isin(groups, rng.choice(different, n_drawn, replace=False))
        never_outside &= inside
        n_done += 1
        yield inside

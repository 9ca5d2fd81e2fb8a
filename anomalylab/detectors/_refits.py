"""Images scored in parts, each by what was learnt from the others."""

from collections.abc import Callable

import numpy as np

from anomalylab.progress import counted

Scores = tuple[np.ndarray, np.ndarray]


def in_parts(groups: np.ndarray, n_parts: int, refit: Callable[[np.ndarray], Scores]) -> Scores:
    """Score images in parts of whole groups.

    Parameters
    ----------
    groups : int ndarray of shape (n_images,)
    n_parts : int
        Groups are dealt into so many parts of about the same number of groups.
    refit : callable
        Which images are in the part, bool of shape (n_images,) -> image scores and score maps of
        these, by a fit to the others.
    """
    places, parts = [], []
    for inside in counted(dealt(groups, n_parts), loop="refits"):
        places.append(np.flatnonzero(inside))
        parts.append(refit(inside))
    image_scores, score_maps = (np.concatenate(part) for part in zip(*parts, strict=True))
    place = np.argsort(np.concatenate(places))
    return image_scores[place], score_maps[place]


def dealt(groups: np.ndarray, n_parts: int) -> list[np.ndarray]:
    """Deal groups into parts; return which images are in each, bool of shape (n_images,)."""
    order = np.random.default_rng(0).permutation(np.unique(groups))
    return [np.isin(groups, part) for part in np.array_split(order, min(n_parts, len(order)))]

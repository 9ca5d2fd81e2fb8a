"""Training rows dealt into parts, and what fits need."""

import numpy as np

from anomalylab.detectors import Pool
from anomalylab.errors import ParameterError

LEAVE_OUT = ("none", "group")


def groups_of(pool: Pool, train: np.ndarray) -> np.ndarray:
    """Return the group of each training row; images of one group are dealt together."""
    return pool.features.group_numbers[train]


def dealt(groups: np.ndarray, n_parts: int, seed: int) -> list[np.ndarray]:
    """Deal places 0, 1, ... into parts of about the same number of groups, in an order drawn.

    Parameters
    ----------
    groups : int ndarray of shape (n_train,)
    n_parts : int
    seed : int

    Returns
    -------
    parts : list of int ndarray
        Places of each part; together each place once.

    Raises
    ------
    ParameterError
        If there are fewer groups than parts, or fewer than 2 parts.
    """
    different = np.unique(groups)
    if not 2 <= n_parts <= len(different):
        raise ParameterError(
            f"images are dealt into 2 to {len(different)} parts, as there are {len(different)} "
            f"images or groups, not into {n_parts}"
        )
    order = np.random.default_rng(seed).permutation(different)
    return [np.flatnonzero(np.isin(groups, part)) for part in np.array_split(order, n_parts)]


def least_images(pool: Pool) -> int:
    """Return how many images a fit takes: one more than its neighbours, and 2 at least."""
    return max(2, getattr(pool.detector, "k", 1) + 1)


def check_enough(pool: Pool, n_images: int, where: str, advice: str) -> None:
    """Refuse fits to too few images before anything is computed.

    Parameters
    ----------
    pool : Pool
    n_images : int
        In the smallest training set.
    where : str
        What makes it so small, as "a fifth of 12 images".
    advice : str

    Raises
    ------
    ParameterError
    """
    needed = least_images(pool)
    if n_images < needed:
        k = getattr(pool.detector, "k", None)
        compared = "" if k is None else f", which compares with k={k} others,"
        raise ParameterError(
            f"{where} leaves {n_images} images to fit on, and {pool.detector.name}{compared} needs "
            f"{needed}; {advice}"
        )


def check_left_out(pool: Pool, train: np.ndarray, leave_out: str) -> None:
    """Refuse a fit to ``train``, with one group left out if asked for, that has too few images.

    Raises
    ------
    ParameterError
    """
    n_hidden, where = 0, "refinement"
    if leave_out == "group":
        n_hidden = int(np.unique(groups_of(pool, train), return_counts=True)[1].max())
        where = "leaving an image or its group out"
    check_enough(pool, len(train) - n_hidden, where, "give more images")

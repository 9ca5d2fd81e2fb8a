"""Training rows after refinement: with others in the place of those removed, or by the truth."""

import numpy as np

from anomalylab.errors import ParameterError


def replaced(
    train: np.ndarray, keep: np.ndarray, spare: np.ndarray, *, seed: int = 0
) -> np.ndarray:
    """Return the kept rows, and as many spare rows as were removed.

    Parameters
    ----------
    train : int ndarray of shape (n_train,)
    keep : bool ndarray of shape (n_train,)
        Which of them stay.
    spare : int ndarray of shape (n_spare,)
        Rows of further good images, none of them in ``train``.
    seed : int
        Draws which spare rows enter; with more removed, those drawn before stay.

    Returns
    -------
    rows : int ndarray of shape (n_train,)
        The kept rows in their order, then the spare ones.

    Raises
    ------
    ParameterError
        If there are too few spare rows, or one is in ``train``.
    """
    train, spare, keep = np.asarray(train), np.asarray(spare), np.asarray(keep, bool)
    if keep.shape != train.shape:
        raise ParameterError(f"keep has shape {keep.shape}, and there are {len(train)} rows")
    n_removed = int((~keep).sum())
    if len(np.unique(spare)) < n_removed:
        raise ParameterError(
            f"{n_removed} removed images need as many others, and {len(np.unique(spare))} are spare"
        )
    both = np.intersect1d(spare, train)
    if len(both):
        raise ParameterError(f"spare images must be no training images; row {both[0]} is both")
    drawn = np.random.default_rng(seed).permutation(np.unique(spare))[:n_removed]
    return np.concatenate([train[keep], drawn])


def perfect(is_noise: np.ndarray) -> np.ndarray:
    """Return what a strategy that knows the truth would keep: all that is not polluted.

    It is a reference for curves, not a strategy: nobody who refines has the truth.

    Parameters
    ----------
    is_noise : bool ndarray of shape (n_train,)

    Returns
    -------
    keep : bool ndarray of shape (n_train,)
    """
    return ~np.asarray(is_noise, bool)

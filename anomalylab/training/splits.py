"""Which rows are learned from and which are held out."""

import logging

import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.training.seeds import Draw, generator

log = logging.getLogger(__name__)


def split(groups: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Hold out a share of the groups, whole; a twin or a near copy never stands on both sides.

    Parameters
    ----------
    groups : int ndarray of shape (n_rows,)
        Rows of one number stay together.
    share : float in [0, 1)
        Of the groups; at least one of them where it is above 0 and there are two, and never all.
    seed : int

    Returns
    -------
    training, validation : int ndarray
        Row numbers, rising.

    Raises
    ------
    ParameterError
        If there are no rows, or ``share`` lies outside [0, 1).
    """
    groups = np.asarray(groups)
    if groups.ndim != 1 or not len(groups):
        raise ParameterError(f"groups must have shape (n_rows,) with rows, not {groups.shape}")
    if not 0 <= share < 1:
        raise ParameterError(f"share must lie in [0, 1), not {share}")
    names = np.unique(groups)
    n_held_out = min(max(round(share * len(names)), 1), len(names) - 1) if share else 0
    if share and not n_held_out:
        log.warning("all rows belong to one group: none are held out to validate with")
    held_out = generator(seed, Draw.SPLIT).permutation(names)[:n_held_out]
    is_held_out = np.isin(groups, held_out)
    return np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)

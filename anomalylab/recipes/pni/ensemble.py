"""Maps of several detectors as one: of levels of a network, or of several networks."""

from collections.abc import Sequence

import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.features import enlargement


def averaged(maps: Sequence[np.ndarray], usual: Sequence[float]) -> np.ndarray:
    """Return the mean of maps that are each divided by what is usual for it.

    Parameters
    ----------
    maps : sequence of float32 ndarray of shape (n_images, n_rows, n_cols)
        Of the same images; coarser ones are enlarged bilinearly to the finest grid.
    usual : sequence of float
        Mean score of normal training images that were left out, of each.

    Returns
    -------
    mean : float32 ndarray of shape (n_images, n_rows, n_cols)

    Raises
    ------
    ParameterError
        If there are no maps, numbers of images differ, or a usual score is not above 0.

    Examples
    --------
    >>> averaged([np.ones((1, 2, 2)), np.full((1, 1, 1), 6.0)], [1.0, 2.0])[0]
    array([[2., 2.],
           [2., 2.]], dtype=float32)
    """
    if not maps or len(maps) != len(usual) or len({len(one) for one in maps}) != 1:
        raise ParameterError("an ensemble takes maps of the same images, one usual score for each")
    if min(usual) <= 0:
        raise ParameterError(f"usual scores must be above 0, not {min(usual)}")
    n_rows, n_cols = (max(one.shape[axis] for one in maps) for axis in (1, 2))
    total = np.zeros((len(maps[0]), n_rows, n_cols))
    for one, by in zip(maps, usual, strict=True):
        rows = enlargement(one.shape[1], n_rows, "bilinear")
        cols = enlargement(one.shape[2], n_cols, "bilinear")
        total += rows @ one @ cols.T / by
    return np.asarray(total / len(maps), np.float32)

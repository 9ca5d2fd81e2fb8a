"""Masks of defects brought to the cells of score maps."""

from collections.abc import Sequence

import numpy as np

from anomalylab.errors import ParameterError


def defect_shares(mask: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """Return the share of each cell that a mask marks.

    Cells divide the image evenly; pixels on a border of cells count for both by their area there.

    Parameters
    ----------
    mask : bool ndarray of shape (height, width)
    grid : (n_rows, n_cols)

    Returns
    -------
    shares : float64 ndarray of shape (n_rows, n_cols)
        From 0 to 1.

    Examples
    --------
    >>> defect_shares(np.array([[True, False, False, False]]), (1, 2))
    array([[0.5, 0. ]])
    """
    by_rows, by_cols = (_overlaps(*lengths) for lengths in zip(mask.shape, grid, strict=True))
    return np.asarray(by_rows @ np.asarray(mask, float) @ by_cols.T)


def polluted_cells(
    masks: Sequence[np.ndarray], grid: tuple[int, int], *, min_share: float = 0.1
) -> np.ndarray:
    """Tell which cells of images hold a defect.

    Parameters
    ----------
    masks : sequence of bool ndarray of shape (height, width)
        One an image; sizes may differ, an image without a defect has an empty mask.
    grid : (n_rows, n_cols)
    min_share : float in (0, 1]
        Share of a cell that is defective from which on it counts.

    Returns
    -------
    polluted : bool ndarray of shape (n_images, n_rows, n_cols)

    Raises
    ------
    ParameterError
        If ``min_share`` lies outside (0, 1].
    """
    if not 0 < min_share <= 1:
        raise ParameterError(f"min_share is a share in (0, 1], not {min_share}")
    shares = np.empty((len(masks), *grid))
    for target, mask in zip(shares, masks, strict=True):
        target[...] = defect_shares(mask, grid)
    return shares >= min_share - 1e-9


def _overlaps(n_pixels: int, n_cells: int) -> np.ndarray:
    """Return the share of each cell that each pixel covers, along one axis: (n_cells, n_pixels)."""
    pixels = np.arange(n_pixels)
    start = np.arange(n_cells)[:, None] * n_pixels / n_cells
    stop = start + n_pixels / n_cells
    overlap = np.minimum(pixels + 1, stop) - np.maximum(pixels, start)
    return np.asarray(np.maximum(overlap, 0) * n_cells / n_pixels)

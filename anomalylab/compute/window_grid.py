"""Values of windows on a grid of cells that is the same for images of all sizes."""

from functools import lru_cache

import numpy as np


def on_grid(
    values: np.ndarray, window: int, shape: tuple[int, int], grid: tuple[int, int]
) -> np.ndarray:
    """Average values of windows over the cells of a grid laid on the image: ``R V C'``.

    ``R`` and ``C`` hold the shares of windows in rows and in columns of the grid. A window counts
    where its centre is. Pixels of the border, where no window has its centre, take the value of the
    nearest window. Cells and pixels are weighed by the area they share, so that the grid may be
    coarser or finer than the image.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_cols)
        Of the windows, by their upper left pixels.
    window : int
        Odd side of a window in pixels.
    shape : (height, width)
        Of the image; ``n_rows = height - window + 1``.
    grid : (rows, cols)
        Cells of the grid.

    Returns
    -------
    cells : float32 ndarray of shape ``grid``

    Examples
    --------
    >>> on_grid(np.array([[1.0, 3.0]]), 3, (3, 4), (1, 2))
    array([[1., 3.]], dtype=float32)
    """
    rows, cols = (_weights(n, window, cells) for n, cells in zip(shape, grid, strict=True))
    cells: np.ndarray = rows @ values @ cols.T
    return cells.astype(np.float32)


@lru_cache(maxsize=256)
def _weights(n_pixels: int, window: int, n_cells: int) -> np.ndarray:
    """Return the matrix (n_cells, n_windows) of one axis."""
    starts = np.arange(n_cells)[:, None] * n_pixels / n_cells
    pixels = np.arange(n_pixels)[None]
    shared = np.minimum(starts + n_pixels / n_cells, pixels + 1) - np.maximum(starts, pixels)
    nearest = np.clip(pixels[0] - window // 2, 0, n_pixels - window)
    weights = np.zeros((n_cells, n_pixels - window + 1))
    np.add.at(weights.T, nearest, np.maximum(shared, 0).T)
    weights /= weights.sum(axis=1, keepdims=True)
    weights.flags.writeable = False
    return weights

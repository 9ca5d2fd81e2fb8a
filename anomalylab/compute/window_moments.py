"""Sums over all windows of an image: what the PCA of windows is made of, without the windows."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from anomalylab.compute.window_lags import has_shared_block, sum_products
from anomalylab.errors import ParameterError

BLOCK = 2**15
"""Windows gathered at a time where the window matrix is used."""


@dataclass(frozen=True)
class Moments:
    """Number of windows, their sum and the sum of their outer products; they add up.

    Parameters
    ----------
    count : int
        Number of windows.
    total : float64 ndarray of shape (window**2,)
        Sum of the flattened windows.
    products : float64 ndarray of shape (window**2, window**2)
        Sum of the outer products of the flattened windows with themselves.
    """

    count: int
    total: np.ndarray
    products: np.ndarray

    def __add__(self, other: Self) -> "Moments":
        return Moments(
            self.count + other.count, self.total + other.total, self.products + other.products
        )

    def __sub__(self, other: Self) -> "Moments":
        return Moments(
            self.count - other.count, self.total - other.total, self.products - other.products
        )


def check_window(window: int, shape: tuple[int, ...] = ()) -> None:
    """Refuse a window that is even or not positive, or larger than an image of this shape."""
    if not isinstance(window, int | np.integer) or window < 1 or window % 2 == 0:
        raise ParameterError(f"window must be an odd number of pixels, such as 25, not {window!r}")
    if shape and min(shape[:2]) < window:
        raise ParameterError(
            f"an image of {shape[0]} x {shape[1]} pixels is smaller than the window of {window}; "
            "use a smaller window or larger images"
        )


def moments(image: np.ndarray, window: int) -> Moments:
    """Compute ``n``, ``sum_w w`` and ``sum_w w w'`` over all ``n`` windows ``w`` of an image.

    Parameters
    ----------
    image : float ndarray of shape (height, width)
    window : int
        Odd side of the window in pixels.

    Returns
    -------
    moments : Moments
        Exact: the windows themselves are used only where the image is small.

    Raises
    ------
    ParameterError
        If the window is even or larger than the image, or a value is not finite.
    """
    check_window(window, image.shape)
    check_finite(image)
    if not has_shared_block(image.shape, window):
        return moments_by_matrix(image, window)
    level = float(image.mean(dtype=np.float64))
    centred = np.asarray(image, np.float64) - level
    n_rows, n_cols = (side - window + 1 for side in image.shape)
    total = box_sums(centred, (n_rows, n_cols)).ravel()
    return _lifted(n_rows * n_cols, total, sum_products(centred, window), level)


def _lifted(count: int, total: np.ndarray, products: np.ndarray, level: float) -> Moments:
    """Return the moments of windows that are all brighter by ``level``; ``products`` is reused."""
    products += level * total[:, None]
    products += level * total + count * level**2
    return Moments(count, total + count * level, products)


def box_sums(values: np.ndarray, box: tuple[int, int]) -> np.ndarray:
    """Sum over a box of (height, width) at all its positions in an image.

    Returns
    -------
    sums : float64 ndarray of shape (n_rows - box height + 1, n_cols - box width + 1)
    """
    height, width = box
    sums = np.pad(values.cumsum(axis=0, dtype=np.float64).cumsum(axis=1), ((1, 0), (1, 0)))
    by_rows = sums[height:] - sums[:-height]
    by_boxes: np.ndarray = by_rows[:, width:] - by_rows[:, :-width]
    return by_boxes


def window_matrix(image: np.ndarray, window: int) -> np.ndarray:
    """Gather all windows, flattened: float64 of shape (n_windows, window**2), row by row.

    Raises
    ------
    ParameterError
        If the window is even or larger than the image, or a value is not finite.
    """
    check_window(window, image.shape)
    check_finite(image)
    view = np.lib.stride_tricks.sliding_window_view(image, (window, window))
    return view.reshape(-1, window**2).astype(np.float64)


def check_finite(image: np.ndarray) -> None:
    """Refuse an image with values that are not finite."""
    if not np.isfinite(image).all():
        raise ParameterError("an image holds NaN or infinite values; mend it or leave it out")


def moments_by_matrix(image: np.ndarray, window: int) -> Moments:
    """Do as :func:`moments` by the windows themselves, a block of rows at a time."""
    view = np.lib.stride_tricks.sliding_window_view(image, (window, window))
    n_pixels = window**2
    step = max(1, BLOCK // view.shape[1])
    total, products = np.zeros(n_pixels), np.zeros((n_pixels, n_pixels))
    for start in range(0, len(view), step):
        block = view[start : start + step].reshape(-1, n_pixels).astype(np.float64)
        total += block.sum(axis=0)
        products += block.T @ block
    return Moments(view.shape[0] * view.shape[1], total, products)

"""Sums over all windows of an image: what the PCA of windows is made of, without the windows."""

from dataclasses import dataclass
from typing import Self

import numpy as np

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
    """Sum windows and their outer products over all positions of a window.

    Parameters
    ----------
    image : float ndarray of shape (height, width)
    window : int
        Odd side of the window in pixels.

    Returns
    -------
    moments : Moments
    """
    check_window(window, image.shape)
    return moments_by_matrix(image, window)


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

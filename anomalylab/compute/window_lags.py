"""Sums of products of all pairs of pixels of a window, over all positions, without the windows.

The sum for the pixels (u, v) and (u + du, v + dv) of a window runs over a box of the product of the
image with itself moved by (du, dv). The boxes of one move differ only in the outermost
``window - 1`` rows and columns: all share the block in between, which one correlation gives for all
moves at once. The products of a move are therefore gathered on a grid of ``2 * window - 1`` cells
per side (the outer rows and columns each by itself, all between in one cell), on which every box is
a square of ``window`` cells. Nothing is approximated, and the largest array has
``window**4`` values.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import fft


def has_shared_block(shape: tuple[int, ...], window: int) -> bool:
    """Tell whether an image of this shape is large enough for :func:`sum_products`."""
    return min(shape) >= 2 * window - 1


def sum_products(image: np.ndarray, window: int) -> np.ndarray:
    """Sum the outer products of all flattened windows with themselves: ``sum_w w w'``.

    Parameters
    ----------
    image : float64 ndarray of shape (height, width)
        Both sides at least ``2 * window - 1``; with a mean near 0, for the sake of precision.
    window : int
        Side of the window in pixels.

    Returns
    -------
    products : float64 ndarray of shape (window**2, window**2)
    """
    lags = _Lags(image, window)
    side = 2 * window - 1
    in_box = np.tri(window, side, window - 1) - np.tri(window, side, -1)
    products = np.empty((window, window, window, window))
    grids, by_cols = np.empty((side, side, side)), np.empty((side, side, window))
    for down in range(window):
        lags.gather(down, grids)
        boxes = in_box[: window - down] @ np.matmul(grids, in_box.T, out=by_cols)
        _place(products, boxes, down)
    return products.reshape(window**2, window**2)


@dataclass(frozen=True)
class _Lags:
    """The products of an image with itself, moved down and sideways by less than a window."""

    image: np.ndarray
    window: int

    @property
    def edge(self) -> int:
        """Rows or columns at each border that not all boxes hold."""
        return self.window - 1

    @property
    def rows(self) -> tuple[slice, slice, slice]:
        """Rows at the top, those that all boxes hold, rows at the bottom."""
        return self._bands(self.image.shape[0])

    @property
    def cols(self) -> tuple[slice, slice, slice]:
        """Columns at the left, those that all boxes hold, columns at the right."""
        return self._bands(self.image.shape[1])

    def _bands(self, side: int) -> tuple[slice, slice, slice]:
        edge = self.edge
        return slice(0, edge), slice(edge, side - edge), slice(side - edge, side)

    @cached_property
    def padded(self) -> np.ndarray:
        """The image among zeros, so that it can be moved beyond its borders."""
        return np.pad(self.image, ((0, self.edge), (self.edge, self.edge)))

    @cached_property
    def moved(self) -> np.ndarray:
        """View of shape (2 * window - 1, height + edge, width), moved sideways by -edge to edge."""
        width = self.image.shape[1]
        return np.lib.stride_tricks.sliding_window_view(self.padded, width, axis=1).swapaxes(0, 1)

    @cached_property
    def centre(self) -> np.ndarray:
        """Sums over the block that all boxes hold, by moves down and sideways."""
        height, width = self.image.shape
        shape = fft.next_fast_len(height, real=True), fft.next_fast_len(width, real=True)
        block = np.zeros_like(self.image)
        block[self.rows[1], self.cols[1]] = self.image[self.rows[1], self.cols[1]]
        spectrum = np.conj(fft.rfft2(block, shape)) * fft.rfft2(self.image, shape)
        correlation = fft.irfft2(spectrum, shape)[: self.window]
        sums: np.ndarray = np.roll(correlation, self.edge, axis=1)[:, : 2 * self.edge + 1]
        return sums

    @cached_property
    def strips(self) -> tuple[np.ndarray, np.ndarray]:
        """Sums along rows at the top and at the bottom with any of the rows below them.

        Each of shape (2 * window - 1, edge, 2 * edge): move sideways, row, other row.
        """
        top, between, bottom = self.rows[0], self.cols[1], self.rows[2]
        return self._along_rows(top, between), self._along_rows(bottom, between)

    def _along_rows(self, rows: slice, cols: slice) -> np.ndarray:
        below = slice(rows.start, rows.start + 2 * self.edge)
        sums: np.ndarray = self.image[rows, cols] @ self.moved[:, below, cols].swapaxes(1, 2)
        return sums

    def gather(self, down: int, grids: np.ndarray) -> None:
        """Fill the small grids with the products moved down by ``down``.

        Their shape is (2 * window - 1, 2 * window - 1, 2 * window - 1): move sideways, rows,
        columns.
        """
        edge = self.edge
        ends = (slice(0, edge), slice(edge + 1, 2 * edge + 1))
        for rows, place, strip in zip(self.rows[::2], ends, self.strips, strict=True):
            below = slice(rows.start + down, rows.stop + down)
            for cols, across in zip(self.cols[::2], ends, strict=True):
                np.multiply(
                    self.image[rows, cols], self.moved[:, below, cols], out=grids[:, place, across]
                )
            grids[:, place, edge] = np.diagonal(strip, down, 1, 2)
        for cols, across in zip(self.cols[::2], ends, strict=True):
            grids[:, edge, across] = self._along_cols(cols, down)
        grids[:, edge, edge] = self.centre[down]

    def _along_cols(self, cols: slice, down: int) -> np.ndarray:
        """Return sums along columns at a border, of shape (2 * window - 1, edge)."""
        between = self.rows[1]
        below = slice(between.start + down, between.stop + down)
        beside = slice(cols.start, cols.start + 3 * self.edge)
        products = self.image[between, cols].T @ self.padded[below, beside]
        step, along = products.strides
        return np.lib.stride_tricks.as_strided(
            products, (2 * self.edge + 1, self.edge), (along, step + along), writeable=False
        )


def _place(products: np.ndarray, boxes: np.ndarray, down: int) -> None:
    """Write sums by move sideways, row and column of the first pixel to pairs of pixels."""
    window = len(products)
    rows, cols = np.arange(window - down), np.arange(window)
    sideways = cols - cols[:, None] + window - 1
    pairs = boxes[sideways, :, cols[:, None]]
    products[rows, :, rows + down] = pairs.transpose(2, 0, 1)
    products[rows + down, :, rows] = pairs.transpose(2, 1, 0)

"""For every cell of every image the nearest cells of all images, listed.

Of one image no more cells are listed than neighbours are asked for: the ``k`` nearest cells among
those of some images are then found in the list for every choice of images, as far as it reaches.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from anomalylab.compute.blas import one_blas_thread
from anomalylab.compute.threads import in_pieces, n_threads

BLOCK_BYTES = 2**26
"""What the products of a block of cells with all others take, about; each thread has one."""

TILE = 2**13
"""Cells that are taken into float64 at once."""

N_AT_ONCE = 1024
"""Pairs that are compared in float64 at once."""

EXACT = 1e-14
"""What products in float64 are wrong by, at most, as a share of squared lengths."""

MIN_REACH = 0.99
"""Share of its squared distance, at least, that the horizon must reach within rounding."""


class Lists(NamedTuple):
    """The nearest cells of each cell, rising by distance, over the leading axes ``...``.

    Parameters
    ----------
    squared : float64 ndarray of shape (..., n_entries)
        Squared distances.
    image, cell : uint ndarray of shape (..., n_entries)
        Whose cells they are, counted row by row.
    is_last : bool ndarray of shape (..., n_entries)
        Whether further cells of that image are not listed.
    horizon : float64 ndarray of shape (...)
        No cell of an image that is not listed, and none that the list was too short for, is nearer.
    """

    squared: np.ndarray
    image: np.ndarray
    cell: np.ndarray
    is_last: np.ndarray
    horizon: np.ndarray


class ListMaker:
    """Compares the cells of all images with each other.

    Products rank, in float32 or, where that is too coarse, in float64. What may be among the
    nearest within their error is compared again by subtraction in float64, so that distances do not
    depend on blocks.

    Parameters
    ----------
    cells : float32 ndarray of shape (n_images, n_cells, n_channels)
        A reference is held.
    n_nearest : int
        Cells of one image that are listed, at most.
    n_entries : int
        Cells that are listed in all, at most.
    """

    def __init__(self, cells: np.ndarray, n_nearest: int, n_entries: int):
        self.n_images, self.n_cells, n_channels = cells.shape
        self.n_nearest = min(n_nearest, self.n_cells)
        self.n_listed = min(n_entries, self.n_images)
        self.n_entries = min(n_entries, self.n_listed * self.n_nearest)
        self._bank = np.asarray(cells, np.float32).reshape(-1, n_channels)
        self._mean = self._bank.mean(axis=0, dtype=np.float64).astype(np.float32)
        self._centred = self._bank - self._mean
        self._half = np.square(self._centred).sum(axis=1) / 2
        self._slack = 1e-6 * max(10.0, n_channels**0.5)

    @one_blas_thread()
    def of_images(self, images: slice) -> Lists:
        """Return the lists of the cells of some images: (n_images, n_cells, n_entries)."""
        rows = np.arange(images.start * self.n_cells, images.stop * self.n_cells)
        step = n_at_once(len(self._bank))
        blocks = [rows[start : start + step] for start in range(0, len(rows), step)]
        parts, coarse = zip(*in_pieces(self._ranked_coarsely, blocks), strict=True)
        lists = Lists(*(np.concatenate(some) for some in zip(*parts, strict=True)))
        again = np.flatnonzero(np.concatenate(coarse))
        pieces = [again[start : start + step // 2] for start in range(0, len(again), step // 2)]
        better = in_pieces(lambda places: self._ranked_exactly(rows[places]), pieces)
        for places, some in zip(pieces, better, strict=True):
            for target, part in zip(lists, some, strict=True):
                target[places] = part
        shape = images.stop - images.start, self.n_cells
        return Lists(*(part.reshape(*shape, *part.shape[1:]) for part in lists))

    def _ranked_coarsely(self, rows: np.ndarray) -> tuple[Lists, np.ndarray]:
        """Return the lists of some cells, counted through all images, and where to do better."""
        return self._ranked(rows, *self._products(rows), self._slack)

    def _ranked_exactly(self, rows: np.ndarray) -> Lists:
        return self._ranked(rows, *self._exact_products(rows), EXACT)[0]

    def _products(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return ``ab - |b|^2 / 2`` of some cells and all, the larger the nearer; and |a|^2 / 2."""
        products = self._centred[rows] @ self._centred.T
        products -= self._half
        return products, np.square(self._centred[rows].astype(np.float64)).sum(axis=1) / 2

    def _exact_products(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the same in float64."""
        products = np.empty((len(rows), len(self._bank)))
        queries = self._bank[rows].astype(np.float64) - self._mean
        for start in range(0, len(self._bank), TILE):
            tile = slice(start, start + TILE)
            bank = self._bank[tile].astype(np.float64) - self._mean
            products[:, tile] = queries @ bank.T - np.square(bank).sum(axis=1) / 2
        return products, np.square(queries).sum(axis=1) / 2

    def _ranked(
        self, rows: np.ndarray, products: np.ndarray, half: np.ndarray, slack: float
    ) -> tuple[Lists, np.ndarray]:
        """Return lists, and which of them rounding leaves too short."""
        by_image = products.reshape(len(rows), self.n_images, self.n_cells)
        image, beyond = self._nearest_images(by_image.max(axis=2))
        reach = (4 * slack * (half + self._half.max())).astype(products.dtype)
        segments = np.take_along_axis(by_image, image[..., None], axis=1)
        squared, cell = self._nearest_cells(rows, image, segments, reach)
        horizon, is_coarse = _horizon(half, beyond, slack)
        return self._shortened(squared, image, cell, horizon), is_coarse

    def _nearest_images(self, near: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the images to list, rising, and the best product with any other."""
        n_left = self.n_images - self.n_listed
        if n_left == 0:
            image = np.broadcast_to(np.arange(self.n_images), near.shape)
            return image, np.full(len(near), -np.inf)
        order = np.argpartition(near, n_left, axis=1)
        beyond = np.take_along_axis(near, order[:, :n_left], axis=1).max(axis=1)
        return np.sort(order[:, n_left:], axis=1), beyond.astype(np.float64)

    def _nearest_cells(
        self, rows: np.ndarray, image: np.ndarray, segments: np.ndarray, reach: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return squared distances and cells of the nearest in each listed image.

        Infinite where an entry lies beyond all that are listed.
        """
        low = self._least(segments) - reach[:, None]
        is_near = segments >= low[..., None]
        squared = np.full((image.size, self.n_nearest), np.inf)
        cell = np.zeros(squared.shape)
        counts = is_near.sum(axis=2).reshape(-1)
        for segment, near in _of_one_length(np.flatnonzero(is_near) % self.n_cells, counts):
            bank = self._bank[image.reshape(-1)[segment][:, None] * self.n_cells + near]
            difference = bank.astype(np.float64)
            difference -= self._bank[rows[segment // image.shape[1]]][:, None]
            found = np.square(difference).sum(axis=2)
            order = np.argsort(found, axis=1, kind="stable")[:, : self.n_nearest]
            squared[segment, : order.shape[1]] = np.take_along_axis(found, order, axis=1)
            cell[segment, : order.shape[1]] = np.take_along_axis(near, order, axis=1)
        shape = *image.shape, self.n_nearest
        return squared.reshape(shape), cell.reshape(shape)

    def _least(self, segments: np.ndarray) -> np.ndarray:
        """Return the least product of an entry to list, for each listed image."""
        if self.n_nearest == 1:
            return np.asarray(segments.max(axis=2))
        n_short = self.n_cells - self.n_nearest
        best = np.partition(segments, n_short, axis=2)[..., n_short:]
        n_over = best[0].size - self.n_entries
        if n_over == 0:
            return np.asarray(best[..., 0])
        least_of_all = np.partition(best.reshape(len(best), -1), n_over, axis=1)[:, n_over]
        return np.asarray(np.maximum(best[..., 0], least_of_all[:, None]))

    def _shortened(
        self, squared: np.ndarray, image: np.ndarray, cell: np.ndarray, horizon: np.ndarray
    ) -> Lists:
        """Return the nearest entries of all listed images, in order."""
        n_rows, _, n_nearest = squared.shape
        squared = squared.reshape(n_rows, -1)
        order = np.argsort(squared, axis=1, kind="stable")
        if order.shape[1] > self.n_entries:
            order = order[:, : self.n_entries]
            last = np.take_along_axis(squared, order[:, -1:], axis=1)[:, 0]
            horizon = np.minimum(horizon, last)
        place, rank = np.divmod(order, n_nearest)
        return Lists(
            np.take_along_axis(squared, order, axis=1),
            np.take_along_axis(image, place, axis=1).astype(unsigned(self.n_images)),
            np.take_along_axis(cell.reshape(n_rows, -1), order, axis=1).astype(
                unsigned(self.n_cells)
            ),
            (rank == n_nearest - 1) & (n_nearest < self.n_cells),
            horizon,
        )


def unsigned(number: int) -> type:
    """Return the smallest unsigned integer type that counts so many."""
    return np.uint16 if number <= 2**16 else np.uint32


def n_at_once(n_bank: int) -> int:
    """Return of how many cells the products with all ``n_bank`` are held."""
    return int(np.clip(BLOCK_BYTES // n_bank // 4, 64, 256))


def bytes_to_make(n_bank: int, n_channels: int) -> int:
    """Return the memory that comparing so many cells takes, at most."""
    return 4 * n_bank * (2 * n_channels + 3 * n_threads() * n_at_once(n_bank))


def list_bytes(n_cells: int, n_entries: int) -> int:
    """Return the bytes of the lists of so many cells, at most."""
    return n_cells * (17 * n_entries + 8)


def _horizon(half: np.ndarray, beyond: np.ndarray, slack: float) -> tuple[np.ndarray, np.ndarray]:
    """Return how near a cell of an image that is not listed may be, and where that is coarse.

    A cell within ``d`` of one of length ``|a|`` is no longer than ``|a| + d``, which bounds the
    rounding of their product.
    """
    squared = np.maximum(2 * (half - beyond), 0)
    with np.errstate(invalid="ignore"):  # infinite where all images are listed
        longest = np.square(np.sqrt(2 * half) + np.sqrt(squared)) / 2
        horizon = np.maximum(squared - 4 * slack * (half + longest), 0)
    horizon = np.where(np.isfinite(squared), horizon, np.inf)
    return horizon, np.isfinite(squared) & (horizon <= MIN_REACH * squared)


def _of_one_length(
    cells: np.ndarray, counts: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield segments that have equally many candidates, and these: (n_segments, n_candidates)."""
    starts = np.cumsum(counts) - counts
    for length in np.unique(counts[counts > 0]):
        segments = np.flatnonzero(counts == length)
        step = max(1, N_AT_ONCE // int(length))
        for first in range(0, len(segments), step):
            some = segments[first : first + step]
            yield some, cells[starts[some][:, None] + np.arange(length)]

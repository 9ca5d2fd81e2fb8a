"""Vectors of the same cells in many images, level by level.

A cell of a coarse level covers several cells of the finest grid. Inner products add over levels,
so they are computed once for each cell of each level and then repeated, which costs a fraction of
repeating the features: a fifth for an EfficientNet at blocks 4, 6 and 7.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from anomalylab.progress import counted

BLOCK_BYTES = 2**26
"""Memory that a block of cells may take."""


@dataclass(frozen=True)
class Cells:
    """Feature maps of several levels on one grid, none of them enlarged.

    Parameters
    ----------
    maps : sequence of float32 ndarray of shape (n_images, n_level_cells, n_level_channels)
    covers : sequence of int ndarray of shape (n_cells,)
        For each cell of the finest grid, the cell of the level that covers it.
    """

    maps: tuple[np.ndarray, ...]
    covers: tuple[np.ndarray, ...]

    def __len__(self) -> int:
        return len(self.maps[0])

    @property
    def n_cells(self) -> int:
        """Cells of the finest grid."""
        return len(self.covers[0])

    @property
    def n_channels(self) -> int:
        """Channels of all levels together."""
        return sum(level.shape[2] for level in self.maps)

    def moments(self) -> tuple[tuple[np.ndarray, ...], np.ndarray, np.ndarray]:
        """Return means and total variances over images, in float64.

        Returns
        -------
        means : tuple of ndarray of shape (n_level_cells, n_level_channels)
        variances : ndarray of shape (n_cells,)
            Sum of the (biased) variances of all channels.
        square_means : ndarray of shape (n_cells,)
            Squared length of the mean vector.
        """
        means = tuple(level.mean(axis=0, dtype=np.float64) for level in self.maps)
        variances, square_means = np.zeros(self.n_cells), np.zeros(self.n_cells)
        for level, mean, cover in zip(self.maps, means, self.covers, strict=True):
            spread = sum(np.square(image - mean).sum(axis=1) for image in level) / len(level)
            variances += spread[cover]
            square_means += np.square(mean).sum(axis=1)[cover]
        return means, variances, square_means

    def vectors(self, means: tuple[np.ndarray, ...], cells: slice) -> np.ndarray:
        """Return centred vectors of shape (n_cells, n_images, n_channels), levels side by side."""
        parts = [part[repeat] for part, repeat in self._parts(means, cells)]
        return np.concatenate(parts, axis=2)

    def gram(self, means: tuple[np.ndarray, ...], cells: slice) -> np.ndarray:
        """Return inner products of images with images: (n_cells, n_images, n_images)."""
        products = (
            _repeated(part @ part.transpose(0, 2, 1), repeat)
            for part, repeat in self._parts(means, cells)
        )
        return _total(products)

    def cross(
        self, training: "Cells", means: tuple[np.ndarray, ...], cells: slice
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return inner products of these images with others, and their squared lengths.

        Parameters
        ----------
        training : Cells
            The other images.
        means : tuple of ndarray
            Taken off both.
        cells : slice
            Cells of the finest grid.

        Returns
        -------
        products : ndarray of shape (n_cells, n_images, n_training)
        square_norms : ndarray of shape (n_cells, n_images)
        """
        products, square_norms = [], []
        pairs = zip(self._parts(means, cells), training._parts(means, cells), strict=True)
        for (query, repeat), (part, _) in pairs:
            products.append(_repeated(query @ part.transpose(0, 2, 1), repeat))
            square_norms.append(np.einsum("cqd,cqd->cq", query, query)[repeat])
        return _total(iter(products)), _total(iter(square_norms))

    def _parts(
        self, means: tuple[np.ndarray, ...], cells: slice
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield each level's centred vectors of the cells needed, and how to repeat them."""
        for level, mean, cover in zip(self.maps, means, self.covers, strict=True):
            needed, repeat = np.unique(cover[cells], return_inverse=True)
            yield level[:, needed].transpose(1, 0, 2) - mean[needed][:, None], repeat


def _repeated(cells: np.ndarray, repeat: np.ndarray) -> np.ndarray:
    """Return ``cells[repeat]``, without a copy where each is wanted once."""
    if len(cells) == len(repeat) and (np.diff(repeat) > 0).all():
        return cells
    repeated: np.ndarray = cells[repeat]
    return repeated


def _total(parts: Iterator[np.ndarray]) -> np.ndarray:
    """Add up arrays in place of the first."""
    total = next(parts)
    for part in parts:
        total += part
    return total


def blocks(n_cells: int, cell_bytes: int) -> Iterator[slice]:
    """Yield slices of cells that take ``BLOCK_BYTES`` at most, and one cell at least."""
    step = max(1, BLOCK_BYTES // cell_bytes)
    for start in counted(range(0, n_cells, step)):
        yield slice(start, min(start + step, n_cells))

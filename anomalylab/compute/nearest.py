"""Exact nearest neighbours by the way that suits the size of the bank.

Both find the same rows, at distances that are equal to the rounding of float64.

A search in numpy compares every query with every row. One in torch rules most pairs out by a bound,
but torch takes some seconds to load; where all pairs are compared sooner than that, numpy it is.
The size of the bank alone decides, not whether torch happens to be loaded: the last bits differ,
and a run that finds its features in the cache, and so needs no torch, has to write the same bytes.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from anomalylab.compute.blas import one_blas_thread
from anomalylab.compute.grouped_search import Searcher, check_bank, checked_search
from anomalylab.compute.threads import in_pieces

MAX_PRODUCTS = 4e10
"""Multiplications up to which all pairs are compared in about the time that torch takes to load."""

N_QUERIES = 64
"""Queries of a block; its products with the bank stay small."""

N_AT_ONCE = 1024
"""Pairs that are compared in float64 at once; more of one query if it has more."""


def nearest_neighbours(bank: np.ndarray, *, groups: np.ndarray | None = None) -> Searcher:
    """Prepare a bank that is searched for about as many queries as it has rows.

    Parameters
    ----------
    bank : float32 ndarray of shape (n_bank, n_channels)
        A reference is held.
    groups : int ndarray of shape (n_bank,), optional
        Rising numbers, for searches that leave out a group.
    """
    if float(len(bank)) * bank.size <= MAX_PRODUCTS:
        return AllPairs(bank, groups=groups)
    from anomalylab.compute.neighbours import NearestNeighbours

    return NearestNeighbours(bank, groups=groups)


class AllPairs:
    """Compares every query with every row of a bank, in numpy.

    ``|a - b|^2 = |a|^2 + |b|^2 - 2 ab`` in float32 ranks the rows; what may be among the ``k``
    nearest within its error is compared again in float64, by subtraction.

    Parameters and errors are those of :class:`anomalylab.compute.neighbours.NearestNeighbours`.
    """

    def __init__(self, bank: np.ndarray, *, groups: np.ndarray | None = None):
        check_bank(bank, groups)
        self.bank, self.groups = np.asarray(bank, np.float32), groups
        self._mean = self.bank.mean(axis=0, dtype=np.float64).astype(np.float32)
        self._centred = self.bank - self._mean
        self._half = np.square(self._centred).sum(axis=1) / 2
        self._slack = 1e-6 * max(10.0, bank.shape[1] ** 0.5)

    @one_blas_thread()
    def search(
        self, queries: np.ndarray, k: int, *, exclude_groups: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find the ``k`` nearest rows of the bank, nearest first; of equals the first."""
        hidden = checked_search(self.bank.shape, self.groups, queries, k, exclude_groups)
        squared, rows = np.empty((len(queries), k)), np.empty((len(queries), k), np.int64)

        def search(start: int) -> None:
            part = slice(start, start + N_QUERIES)
            near = self._near(np.asarray(queries[part], np.float32), k, hidden[part])
            for some in _of_one_length(near):
                candidates = np.stack([near[place] for place in some])
                found = self._sorted(queries[start + some], candidates, k)
                squared[start + some], rows[start + some] = found

        in_pieces(search, range(0, len(queries), N_QUERIES))
        return squared, rows

    def _near(self, queries: np.ndarray, k: int, hidden: np.ndarray) -> list[np.ndarray]:
        """Return for each query the rows that may be among the nearest."""
        products, reach = self.products(queries)
        for row, (first, last) in zip(products, hidden, strict=True):
            row[first:last] = -np.inf
        if k == 1:
            least = products.max(axis=1)
        else:
            least = np.partition(products, len(self.bank) - k, axis=1)[:, len(self.bank) - k]
        return [
            np.flatnonzero(row >= low) for row, low in zip(products, least - reach, strict=True)
        ]

    def products(self, queries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return ``x b - |b|^2 / 2``, and by how much less than the best may be nearest too.

        Returns
        -------
        products : float32 ndarray of shape (n_queries, n_bank)
            Around the mean of the bank.
        reach : float32 ndarray of shape (n_queries,)
        """
        centred = queries - self._mean
        products = centred @ self._centred.T
        products -= self._half
        half = np.square(centred).sum(axis=1) / 2
        return products, 4 * self._slack * (half + self._half.max())

    def _sorted(
        self, queries: np.ndarray, candidates: np.ndarray, k: int
    ) -> tuple[np.ndarray, np.ndarray]:
        difference = self.bank[candidates].astype(np.float64) - queries[:, None]
        squared = np.square(difference).sum(axis=2)
        order = np.argsort(squared, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(squared, order, 1), np.take_along_axis(candidates, order, 1)


def _of_one_length(rows: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield places of arrays that are equally long, few enough to be compared at once."""
    lengths = np.array([len(some) for some in rows])
    for length in np.unique(lengths):
        places = np.flatnonzero(lengths == length)
        step = max(1, N_AT_ONCE // int(length))
        yield from (places[start : start + step] for start in range(0, len(places), step))

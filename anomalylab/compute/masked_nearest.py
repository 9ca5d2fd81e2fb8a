"""The nearest row of a bank among those that a query may be compared with.

Rows of the bank belong to kinds, and each query may see some of the kinds. Products with all rows
are computed once, and the largest of each kind; whatever is asked of other sets of kinds then
compares as many values as there are kinds. What may be nearest within the error of float32 is
compared again in float64, by subtraction, so that with all kinds allowed the outcome is that of
:func:`anomalylab.compute.nearest.nearest_neighbours`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from anomalylab.compute.blas import one_blas_thread
from anomalylab.compute.nearest import N_AT_ONCE, N_QUERIES, AllPairs
from anomalylab.compute.threads import in_pieces
from anomalylab.errors import ParameterError


class Found(NamedTuple):
    """What is nearest to each query of those rows that it may see."""

    squared: np.ndarray
    """Squared distances, float64 of shape (n_queries,)."""

    rows: np.ndarray
    """Rows of the bank, int64 of shape (n_queries,)."""

    is_fallback: np.ndarray
    """Where no row is allowed and the nearest of all is given, bool of shape (n_queries,)."""


class MaskedNearest:
    """A bank whose rows belong to kinds.

    Parameters
    ----------
    bank : float32 ndarray of shape (n_bank, n_channels)
    kinds : int ndarray of shape (n_bank,), optional
        The kind of each row, from 0; each row is its own kind if not given.
    n_kinds : int, optional
        Needed where the last kinds have no row.

    Attributes
    ----------
    rows : float32 ndarray of shape (n_bank, n_channels)
        The bank as it was given.

    Raises
    ------
    ParameterError
        If the bank is empty or kinds are not one number a row.
    """

    def __init__(
        self, bank: np.ndarray, kinds: np.ndarray | None = None, *, n_kinds: int | None = None
    ):
        kinds = np.arange(len(bank)) if kinds is None else np.asarray(kinds)
        if kinds.shape != (len(bank),) or (len(kinds) and kinds.min() < 0):
            raise ParameterError("kinds must be one number from 0 for each row of the bank")
        self.rows = bank
        self._order = np.argsort(kinds, kind="stable")
        self._pairs = AllPairs(bank[self._order])
        self._present, starts = np.unique(kinds[self._order], return_index=True)
        self._bounds = np.append(starts, len(bank))
        self.n_kinds = int(self._present[-1]) + 1 if n_kinds is None else n_kinds

    def search(self, queries: np.ndarray, allowed: Sequence[np.ndarray]) -> list[Found]:
        """Find the nearest allowed row for each query, once for each of several permissions.

        ``min_j |x - b_j|`` over the rows ``j`` whose kind is allowed, which is ``-log max_j
        exp(-|x - b_j|)`` over the same. Fewer allowed kinds never give a smaller distance.

        Parameters
        ----------
        queries : float32 ndarray of shape (n_queries, n_channels)
        allowed : sequence of bool ndarray of shape (n_queries, n_kinds)

        Returns
        -------
        found : list of Found
            One for each permission. Of rows at the same distance the first.

        Raises
        ------
        ParameterError
            If shapes do not fit.
        """
        self._check(queries, allowed)
        squared = np.empty((len(allowed), len(queries)))
        rows = np.empty(squared.shape, np.int64)
        is_fallback = np.empty(squared.shape, bool)

        def search(start: int) -> None:
            part = slice(start, start + N_QUERIES)
            block = np.asarray(queries[part], np.float32)
            products, reach = self._pairs.products(block)
            heads = np.maximum.reduceat(products, self._bounds[:-1], axis=1)
            for number, one in enumerate(allowed):
                seen = one[part][:, self._present]
                is_fallback[number, part] = ~seen.any(axis=1)
                seen |= is_fallback[number, part, None]
                near = self._near(products, heads, seen, reach)
                squared[number, part], rows[number, part] = self._nearest(block, *near)

        with one_blas_thread():
            in_pieces(search, range(0, len(queries), N_QUERIES))
        return [Found(*one) for one in zip(squared, rows, is_fallback, strict=True)]

    def _near(
        self, products: np.ndarray, heads: np.ndarray, seen: np.ndarray, reach: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return queries and sorted rows, pair by pair, that may be nearest to one another."""
        heads = np.where(seen, heads, -np.inf)
        least = heads.max(axis=1) - reach
        query, kind = np.nonzero(heads >= least[:, None])
        pairs = [
            self._bounds[k] + np.flatnonzero(products[q, slice(*self._bounds[k : k + 2])] >= low)
            for q, k, low in zip(query, kind, least[query], strict=True)
        ]
        return np.repeat(query, [len(some) for some in pairs]), np.concatenate(pairs)

    def _nearest(
        self, queries: np.ndarray, query: np.ndarray, row: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return exact squared distances and rows of the bank; of equals the first row."""
        squared, named = _squared(self._pairs.bank, queries, query, row), self._order[row]
        order = np.lexsort((named, squared, query))
        first = order[np.unique(query[order], return_index=True)[1]]
        return squared[first], named[first]

    def _check(self, queries: np.ndarray, allowed: Sequence[np.ndarray]) -> None:
        n_channels = self._pairs.bank.shape[1]
        if queries.ndim != 2 or queries.shape[1] != n_channels:
            raise ParameterError(f"queries must have shape (n, {n_channels}), not {queries.shape}")
        for one in allowed:
            if one.dtype != bool or one.shape != (len(queries), self.n_kinds):
                raise ParameterError(
                    f"allowed must be bool of shape {(len(queries), self.n_kinds)}, "
                    f"not {one.dtype} of shape {one.shape}"
                )


def _squared(
    bank: np.ndarray, queries: np.ndarray, query: np.ndarray, row: np.ndarray
) -> np.ndarray:
    """Return squared distances of pairs in float64, by subtraction: (n_pairs,)."""
    parts = []
    for start in range(0, len(query), N_AT_ONCE):
        part = slice(start, start + N_AT_ONCE)
        difference = bank[row[part]].astype(np.float64) - queries[query[part]]
        parts.append(np.square(difference).sum(axis=1))
    return np.concatenate(parts)

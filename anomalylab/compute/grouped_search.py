"""A search that leaves out groups of rows, whatever the order of the rows."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from anomalylab.errors import ParameterError


class Searcher(Protocol):
    """Finds the nearest rows of a bank, those of one group hidden."""

    def search(
        self, queries: np.ndarray, k: int, *, exclude_groups: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return squared distances and rows, each of shape (n_queries, k)."""
        ...


class GroupedSearch:
    """A bank sorted by group for searchers whose groups must rise; rows keep their numbers.

    Parameters
    ----------
    prepare : callable
        Bank and rising groups -> searcher.
    bank : float32 ndarray of shape (n_bank, n_channels)
    groups : int ndarray of shape (n_bank,)
        In any order.
    """

    def __init__(
        self,
        prepare: Callable[[np.ndarray, np.ndarray], Searcher],
        bank: np.ndarray,
        groups: np.ndarray,
    ):
        self._order = None
        if (np.diff(groups) < 0).any():
            self._order = np.argsort(groups, kind="stable")
            bank, groups = bank[self._order], groups[self._order]
        self._searcher = prepare(bank, groups)

    def search(
        self, queries: np.ndarray, k: int, *, exclude_groups: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return squared distances and rows of the nearest, each of shape (n_queries, k)."""
        squared, rows = self._searcher.search(queries, k, exclude_groups=exclude_groups)
        return squared, rows if self._order is None else self._order[rows]


def hidden_rows(
    groups: np.ndarray | None, exclude_groups: np.ndarray | None, n_queries: int
) -> np.ndarray:
    """Return the first and last row (exclusive) that each query must not see: (n_queries, 2)."""
    if exclude_groups is None:
        return np.zeros((n_queries, 2), np.int64)
    if groups is None or len(exclude_groups) != n_queries:
        raise ParameterError("exclude_groups needs groups of the bank and one number per query")
    sides = [np.searchsorted(groups, exclude_groups, side) for side in ("left", "right")]
    return np.stack(sides, axis=1)


def check_bank(bank: np.ndarray, groups: np.ndarray | None) -> None:
    """Refuse a bank that is empty, or groups that do not rise."""
    if bank.ndim != 2 or bank.size == 0:
        raise ParameterError(f"a bank has shape (n_rows, n_channels), not {bank.shape}")
    if groups is not None and (len(groups) != len(bank) or (np.diff(groups) < 0).any()):
        raise ParameterError("groups must be one number per row of the bank, and rise")


def checked_search(
    bank_shape: Sequence[int],
    groups: np.ndarray | None,
    queries: np.ndarray,
    k: int,
    exclude_groups: np.ndarray | None,
) -> np.ndarray:
    """Refuse queries that do not fit a bank; return what :func:`hidden_rows` returns."""
    n_rows, n_channels = bank_shape
    if queries.ndim != 2 or queries.shape[1] != n_channels:
        raise ParameterError(f"queries must have shape (n, {n_channels}), not {queries.shape}")
    hidden = hidden_rows(groups, exclude_groups, len(queries))
    n_seen = n_rows - int((hidden[:, 1] - hidden[:, 0]).max(initial=0))
    if not 1 <= k <= n_seen:
        raise ParameterError(f"k must lie from 1 to {n_seen}, the rows to compare, not {k}")
    return hidden

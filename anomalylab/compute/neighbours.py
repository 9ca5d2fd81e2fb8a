"""Exact Euclidean nearest neighbours among many rows, on the CPU.

Distances come from matrix products in blocks, ``|a|^2 + |b|^2 - 2ab``, but over few columns: with
``P`` the leading principal directions of the bank and ``r`` the length of what ``P`` leaves out,

    |a - b|^2  >=  |Pa - Pb|^2 + (r_a - r_b)^2,

which is itself a squared distance in one column more than ``P`` has. Only pairs whose bound does
not exceed a known upper bound of the k-th distance are compared in full, by subtraction. No pair
can be missed; where the bound rules out too little, the product takes all columns. The distances
of the neighbours kept are computed again in float64, so that they do not depend on blocks.
"""

import threading
from dataclasses import dataclass

import numpy as np
import torch

from anomalylab.compute.grouped_search import check_bank, checked_search
from anomalylab.compute.threads import in_pieces

N_DIRECTIONS = (94, 46)
"""Principal directions in the bound, the first number that is less than half of the channels; two
further columns make a multiple of 16, which suits matrix products."""

GROUP = 32
"""Neighbouring columns of a block of products that are first judged by their best."""

MAX_CANDIDATES = 0.02
"""Share of pairs to compare in full above which a product over all columns is cheaper."""

N_SAMPLE = 8192
"""Rows of the bank that the principal directions are computed from, at most."""

N_QUERIES = 256
"""Queries per block, at most."""


class NearestNeighbours:
    """A bank of rows, prepared to be searched.

    Parameters
    ----------
    bank : float32 ndarray of shape (n_bank, n_channels)
        A reference is held.
    groups : int ndarray of shape (n_bank,), optional
        Rising numbers, such as the image that each row comes from, for searches that leave out
        a group.
    block_bytes : int
        Size of a block of products, about; results do not depend on it. Best kept in the
        processor's caches.

    Raises
    ------
    ParameterError
        If the bank is empty, or if the groups do not rise.
    """

    def __init__(
        self, bank: np.ndarray, *, groups: np.ndarray | None = None, block_bytes: int = 2**23
    ):
        check_bank(bank, groups)
        self.bank = tensor(bank)
        self.groups = groups
        self.block_bytes = block_bytes
        self._mean = self.bank.mean(0, dtype=torch.float64).float()
        basis = principal_directions(self.bank, self._mean)
        self._bounds = [Bound(self.bank, self._mean, basis)]
        self._lock = threading.Lock()

    def search(
        self, queries: np.ndarray, k: int, *, exclude_groups: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find the ``k`` nearest rows of the bank, nearest first; of equals the first.

        Parameters
        ----------
        queries : float32 ndarray of shape (n_queries, n_channels)
        k : int
        exclude_groups : int ndarray of shape (n_queries,), optional
            The group of rows that each query is not to see.

        Returns
        -------
        squared : float64 ndarray of shape (n_queries, k)
            Squared distances.
        rows : int64 ndarray of shape (n_queries, k)

        Raises
        ------
        ParameterError
            If channels differ, or if some query may see fewer than ``k`` rows.
        """
        hidden = checked_search(self.bank.shape, self.groups, queries, k, exclude_groups)
        rows = np.empty((len(queries), k), np.int64)
        squared = np.empty((len(queries), k))

        def search(start: int) -> None:
            part = slice(start, start + N_QUERIES)
            block = tensor(queries[part])
            found = self._search_block(block, k, hidden[part])
            squared[part], rows[part] = sorted_exactly(block, self.bank, found)

        in_pieces(search, range(0, len(queries), N_QUERIES))
        return squared, rows

    def _search_block(self, queries: torch.Tensor, k: int, hidden: np.ndarray) -> torch.Tensor:
        """Return the nearest rows, (n_queries, k)."""
        best = _Best(queries, self.bank, k)
        width = max(1, self.block_bytes // (4 * N_QUERIES * GROUP)) * GROUP
        # fresh memory for each tile would take as long as its products
        room = torch.empty(len(queries) * min(width, len(self._bounds[0].columns)))
        for start in range(0, len(self.bank), width):
            tile = slice(start, start + width)
            if not self._bounds[-1].refine(best, tile, hidden, room):
                self._take_full_width().refine(best, tile, hidden, room)
        return best.rows

    def _take_full_width(self) -> "Bound":
        """Compare in full from now on, because the bound leaves too many pairs."""
        with self._lock:
            if len(self._bounds) == 1:
                self._bounds.append(Bound(self.bank, self._mean, None))
        return self._bounds[-1]


class Bound:
    """Products that bound squared distances from below.

    Row ``b`` becomes ``[Pb, r_b, -|b|^2 / 2]`` and a query ``[Pa, r_a, 1]``: the larger their
    product, the nearer they may be. Norms are lowered by more than float32 can be wrong. Rows are
    padded to whole groups with a value that no query reaches.
    """

    def __init__(self, bank: torch.Tensor, mean: torch.Tensor, basis: torch.Tensor | None):
        self.mean, self.basis = mean, basis
        self.slack = 1e-6 * max(10.0, bank.shape[1] ** 0.5)
        n_columns = bank.shape[1] if basis is None else basis.shape[1] + 1
        self.columns = torch.zeros(-(-len(bank) // GROUP) * GROUP, n_columns + 1)
        self.columns[len(bank) :, -1] = -torch.inf
        for block, target in zip(bank.split(4096), self.columns.split(4096), strict=False):
            columns, half = self.columns_of(block)
            target[: len(block), :-1] = columns
            target[: len(block), -1] = -half

    def columns_of(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return [Pb, r_b] and half the lowered squared norm."""
        columns = rows - self.mean
        if self.basis is not None:
            along = columns @ self.basis
            rest = torch.linalg.vector_norm(columns - along @ self.basis.T, dim=1, keepdim=True)
            columns = torch.cat([along, rest], dim=1)
        return columns, columns.square().sum(1) * (0.5 - 0.5 * self.slack)

    def refine(self, best: "_Best", tile: slice, hidden: np.ndarray, room: torch.Tensor) -> bool:
        """Take the rows of ``tile`` into ``best``; False if too many must be compared in full."""
        columns, half = self.columns_of(best.queries)
        columns = torch.cat([columns, torch.ones(len(columns), 1)], dim=1)
        rows = self.columns[tile]
        products = room[: len(columns) * len(rows)].view(len(columns), len(rows))
        torch.mm(columns, rows.T, out=products)
        _hide(products, hidden - tile.start)
        grouped = products.unflatten(1, (-1, GROUP))
        heads = grouped.amax(2)
        limit = best.limit(grouped, heads, tile.start)
        least = (half - limit / 2).clamp(min=torch.finfo(torch.float32).min)
        query, group = (heads >= least[:, None]).nonzero(as_tuple=True)
        hit, member = (grouped[query, group] >= least[query, None]).nonzero(as_tuple=True)
        if self.basis is not None and len(hit) > MAX_CANDIDATES * products.numel():
            return False
        best.take(query[hit], group[hit] * GROUP + member + tile.start, limit)
        return True


@dataclass
class _Best:
    """The nearest rows that a block of queries has met so far."""

    queries: torch.Tensor
    bank: torch.Tensor
    k: int

    def __post_init__(self) -> None:
        self.squared = torch.full((len(self.queries), self.k), torch.inf)
        self.rows = torch.full((len(self.queries), self.k), -1)

    def limit(self, grouped: torch.Tensor, heads: torch.Tensor, start: int) -> torch.Tensor:
        """Return an upper bound of the k-th squared distance, (n_queries,).

        The full distances to the best row of the k best groups bound it, if there are so many.
        """
        limit = self.squared[:, -1]
        if heads.shape[1] >= self.k:
            value, group = heads.topk(self.k, dim=1)
            query = torch.arange(len(heads))[:, None].expand_as(group)
            row = group * GROUP + grouped[query, group].argmax(2) + start
            seen = torch.isfinite(value)
            far = torch.full_like(value, torch.inf)
            far[seen] = squared_distances(self.queries, query[seen], self.bank, row[seen])
            limit = torch.minimum(limit, far.amax(1))
        return limit * (1 + 1e-5)

    def take(self, query: torch.Tensor, row: torch.Tensor, limit: torch.Tensor) -> None:
        """Keep the k nearest of those known and those given, which lie in order of both."""
        squared = squared_distances(self.queries, query, self.bank, row)
        near = squared <= limit[query]
        query, row, squared = query[near], row[near], squared[near]
        counts = torch.bincount(query, minlength=len(self.queries))
        place = self.k + torch.arange(len(query)) - (counts.cumsum(0) - counts)[query]
        width = self.k + int(counts.max())
        all_squared = torch.full((len(self.queries), width), torch.inf)
        all_rows = torch.full((len(self.queries), width), -1)
        all_squared[:, : self.k], all_rows[:, : self.k] = self.squared, self.rows
        all_squared[query, place], all_rows[query, place] = squared, row
        squared, order = all_squared.sort(dim=1, stable=True)
        self.squared, self.rows = squared[:, : self.k], all_rows.gather(1, order[:, : self.k])


def tensor(rows: np.ndarray) -> torch.Tensor:
    """Return rows as a float32 tensor; copied only if read-only, strided or of another type."""
    return torch.from_numpy(np.require(rows, np.float32, ["C", "W"]))


def principal_directions(bank: torch.Tensor, mean: torch.Tensor) -> torch.Tensor | None:
    """Return leading directions (n_channels, n_directions), or None if they would not pay."""
    fitting = [number for number in N_DIRECTIONS if 2 * number < bank.shape[1]]
    if not fitting or len(bank) <= 8 * bank.shape[1]:
        return None
    sample = (bank[:: -(-len(bank) // N_SAMPLE)] - mean).double()
    _, vectors = torch.linalg.eigh(sample.T @ sample)
    directions: torch.Tensor = vectors[:, -fitting[0] :].float()
    return directions


def _hide(products: torch.Tensor, hidden: np.ndarray) -> None:
    """Set products from first to last (exclusive) of each query to minus infinity, in place."""
    starts = np.flatnonzero(np.any(np.diff(hidden, axis=0, prepend=-1) != 0, axis=1))
    for start, stop in zip(starts, [*starts[1:], len(hidden)], strict=True):
        first, last = np.maximum(hidden[start], 0)
        products[start:stop, first:last] = -torch.inf


def squared_distances(
    queries: torch.Tensor, query: torch.Tensor, bank: torch.Tensor, row: torch.Tensor
) -> torch.Tensor:
    """Return squared distances of pairs by subtraction, (n_pairs,)."""
    parts = []
    for here, there in zip(query.split(256), row.split(256), strict=True):  # stays in the cache
        difference = bank.index_select(0, there).sub_(queries.index_select(0, here))
        parts.append(difference.square_().sum(1))
    return torch.cat(parts)


def sorted_exactly(
    queries: torch.Tensor, bank: torch.Tensor, rows: torch.Tensor
) -> tuple[np.ndarray, np.ndarray]:
    """Compute the distances of known neighbours in float64 and sort by them, then by row.

    Parameters
    ----------
    queries : float32 tensor of shape (n_queries, n_channels)
    bank : float32 tensor of shape (n_bank, n_channels)
    rows : int64 tensor of shape (n_queries, k)
        Rows of the bank.

    Returns
    -------
    squared : float64 ndarray of shape (n_queries, k)
    rows : int64 ndarray of shape (n_queries, k)
    """
    rows = rows.sort(dim=1).values
    squared = torch.stack(
        [(bank[column].double() - queries).square_().sum(1) for column in rows.T], dim=1
    )
    squared, order = squared.sort(dim=1, stable=True)
    return squared.numpy(), rows.gather(1, order).numpy()

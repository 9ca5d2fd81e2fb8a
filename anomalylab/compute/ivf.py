"""Approximate nearest neighbours by inverted lists (faiss IVFFlat).

The bank is split into lists around k-means centres, and a query looks into the ``nprobe`` nearest
lists only. Missed neighbours make distances larger; ``nprobe = nlist`` misses none.

References
----------
.. [1] Johnson, Douze, Jégou (2019). Billion-scale similarity search with GPUs.
   https://arxiv.org/abs/1702.08734
"""

from collections.abc import Iterator
from contextlib import contextmanager

import faiss
import numpy as np
import torch

from anomalylab.compute.cost import ROUNDS
from anomalylab.compute.grouped_search import hidden_rows
from anomalylab.compute.neighbours import sorted_exactly, tensor
from anomalylab.errors import ParameterError


def list_centres(bank: np.ndarray, nlist: int, *, seed: int) -> np.ndarray:
    """Find the centres of ``nlist`` lists by k-means: float32 (nlist, n_channels).

    Raises
    ------
    ParameterError
        If there are fewer rows than lists.
    """
    if not 1 <= nlist <= len(bank):
        raise ParameterError(f"nlist must lie from 1 to {len(bank)}, the rows, not {nlist}")
    with _as_many_threads_as_torch():
        kmeans = faiss.Kmeans(
            bank.shape[1], nlist, niter=ROUNDS, seed=seed, min_points_per_centroid=1, verbose=False
        )
        kmeans.train(bank)
    return np.array(kmeans.centroids)


class InvertedLists:
    """A bank of rows in lists, searched as ``compute.neighbours`` does.

    Parameters
    ----------
    bank : float32 ndarray of shape (n_bank, n_channels)
    centres : float32 ndarray of shape (nlist, n_channels)
        As :func:`list_centres` returns them.
    nprobe : int
        Lists that a query looks into.
    groups : int ndarray of shape (n_bank,), optional
        Rising numbers, for searches that leave out a group.
    """

    def __init__(
        self,
        bank: np.ndarray,
        centres: np.ndarray,
        *,
        nprobe: int,
        groups: np.ndarray | None = None,
    ):
        if not 1 <= nprobe <= len(centres):
            raise ParameterError(f"nprobe must lie from 1 to nlist = {len(centres)}, not {nprobe}")
        self.bank, self.groups, self.nprobe = bank, groups, nprobe
        self._quantizer = faiss.IndexFlatL2(bank.shape[1])
        self._quantizer.add(centres)
        self._index = faiss.IndexIVFFlat(self._quantizer, bank.shape[1], len(centres))
        self._index.is_trained = True
        with _as_many_threads_as_torch():
            self._index.add(bank)

    def search(
        self, queries: np.ndarray, k: int, *, exclude_groups: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find about the ``k`` nearest rows; a query that meets fewer looks into all lists.

        Parameters, results and errors are those of the exact search.
        """
        hidden = hidden_rows(self.groups, exclude_groups, len(queries))
        n_seen = len(self.bank) - int((hidden[:, 1] - hidden[:, 0]).max(initial=0))
        if not 1 <= k <= n_seen:
            raise ParameterError(f"k must lie from 1 to {n_seen}, the rows to compare, not {k}")
        queries = np.ascontiguousarray(queries, np.float32)
        rows = np.empty((len(queries), k), np.int64)
        with _as_many_threads_as_torch():
            for first, last in np.unique(hidden, axis=0):
                here = np.flatnonzero((hidden == (first, last)).all(1))
                rows[here] = self._rows(queries[here], k, first, last)
        return sorted_exactly(tensor(queries), tensor(self.bank), torch.from_numpy(rows))

    def _rows(self, queries: np.ndarray, k: int, first: int, last: int) -> np.ndarray:
        selector = faiss.IDSelectorNot(faiss.IDSelectorRange(int(first), int(last)))
        for nprobe in (self.nprobe, self._index.nlist):
            parameters = faiss.SearchParametersIVF()
            parameters.sel, parameters.nprobe = selector, nprobe
            if nprobe == self.nprobe:
                _, rows = self._index.search(queries, k, params=parameters)
            elif (short := (rows < 0).any(axis=1)).any():
                rows[short] = self._index.search(queries[short], k, params=parameters)[1]
        return rows


@contextmanager
def _as_many_threads_as_torch() -> Iterator[None]:
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(torch.get_num_threads())
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)

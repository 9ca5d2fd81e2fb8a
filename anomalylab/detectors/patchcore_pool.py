"""The pool of PatchCore: the nearest cells of every cell, listed once, answer for any subset.

What a list does not tell, because it ends before enough cells are found that may be seen, is
searched again. Either way distances are those of float64, by subtraction, to the last bit.
"""

import logging
from functools import cached_property

import numpy as np

from anomalylab.compute import listed_search, memory
from anomalylab.compute.grouped_search import GroupedSearch
from anomalylab.compute.listed_search import Choice
from anomalylab.compute.nearest import AllPairs
from anomalylab.compute.neighbour_lists import bytes_to_make
from anomalylab.compute.order_weights import Weights
from anomalylab.compute.threads import in_pieces
from anomalylab.detectors._base import Detector
from anomalylab.detectors._listed_cells import ListedCells
from anomalylab.detectors._patch_cells import crowd_weights
from anomalylab.detectors._pool import RefitPool, fast_pool
from anomalylab.detectors.patchcore import PatchCore
from anomalylab.errors import StorageError
from anomalylab.features import Features

log = logging.getLogger(__name__)


class PatchPool(RefitPool):
    """Lists of nearest cells, on disk; a subset is the part of a list that it holds.

    Parameters
    ----------
    detector : PatchCore
        Unfitted, with all cells in its memory and exact search.
    features : Features
    """

    detector: PatchCore

    def __init__(self, detector: PatchCore, features: Features):
        super().__init__(detector, features)
        self._listed = self._list(detector.k)
        self._images: ListedCells | None = None
        self._n_compared = 0.0

    def _list(self, k: int) -> ListedCells:
        method = f"{self.detector.pooling} {self.detector.n_channels}"
        return ListedCells(self.features, self.detector.embed, method, k)

    def score(
        self,
        train: np.ndarray,
        query: np.ndarray,
        *,
        leave_out: str = "none",
        keep_cells: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return image scores and score maps of ``query``, as a refit would.

        Raises
        ------
        ParameterError
            If rows repeat or do not exist, or if too few cells are left to compare with.
        """
        train, query = self._rows("train", train), self._rows("query", query)
        keep_cells = self._checked_cells(train, keep_cells)
        hidden = self.hidden_groups(train, query, leave_out)
        choice = self._choice(train, query[hidden >= 0], keep_cells)
        self._refuse_too_few(choice, hidden)
        memory_of = _Memory(self._listed, choice)
        squared = self._nearest(query, hidden, memory_of)
        scores = (squared if self.detector.squared else np.sqrt(squared)).mean(axis=2)
        image_scores = scores.max(axis=1)
        if self.detector.reweight:
            image_scores *= self._weights(query, scores.argmax(axis=1), hidden, memory_of)
        self._deepen_if_it_pays(memory_of.n_compared)
        score_map = scores.reshape(len(query), *self.features.grid())
        return image_scores, score_map.astype(np.float32)

    def order_maps(
        self, train: np.ndarray, query: np.ndarray, weights: Weights, *, leave_out: str = "none"
    ) -> np.ndarray:
        """Score cells by their distances to the nearest cell of each training image.

        With these distances ``a_1 <= a_2 <= ...``, the score of a cell is ``sum of w_i a_i``.

        Parameters
        ----------
        train, query, leave_out
            As for :meth:`score`.
        weights : callable
            Number of training images that a query sees -> ``w``, nearest first: ``Order(3)``,
            ``Lowest(0.3)``, ``Banks(0.1)`` of :mod:`anomalylab.compute.order_weights`.

        Returns
        -------
        score_map : float32 ndarray of shape (n_query, n_rows, n_cols)

        Raises
        ------
        ParameterError
            If rows repeat or do not exist, or if fewer images are seen than are counted.
        """
        train, query = self._rows("train", train), self._rows("query", query)
        hidden = self.hidden_groups(train, query, leave_out)
        choice = self._choice(train, query[hidden >= 0], None)
        self._refuse_too_few(choice, hidden)
        self._images = self._images or (self._listed if self.detector.k == 1 else self._list(1))
        total, is_known = self._weighted(self._images, query, choice, weights)
        if not is_known.all():
            if self._images is self._listed:
                self._images = self._list(1)
            self._images.list_all()
            total, is_known = self._weighted(self._images, query, choice, weights)
        return total.reshape(len(query), *self.features.grid()).astype(np.float32)

    def _weighted(
        self, listed: ListedCells, query: np.ndarray, choice: Choice, weights: Weights
    ) -> tuple[np.ndarray, np.ndarray]:
        total = np.empty((len(query), listed.n_cells))
        is_known = np.empty(total.shape, bool)

        def answer(where: np.ndarray) -> None:
            lists, places = listed.of(query[where])
            found = listed_search.weighted(lists, places, query[where], choice, weights)
            total[where], is_known[where] = found

        in_pieces(answer, listed.pieces(query))
        return total, is_known

    def _choice(
        self, train: np.ndarray, left_out: np.ndarray, keep_cells: np.ndarray | None
    ) -> Choice:
        n_images = len(self.features)
        is_chosen, is_left_out = np.zeros((2, n_images), bool)
        is_chosen[train], is_left_out[left_out] = True, True
        kept = None
        if keep_cells is not None:
            kept = np.zeros((n_images, self._listed.n_cells), bool)
            kept[train] = keep_cells.reshape(len(train), -1)
        return Choice(is_chosen, self.features.group_numbers, is_left_out, kept)

    def _refuse_too_few(self, choice: Choice, hidden: np.ndarray) -> None:
        """Refuse a memory that is too small, also once the group of a query is left out."""
        n_cells = choice.is_chosen * self._listed.n_cells
        if choice.keep_cells is not None:
            n_cells = choice.keep_cells.sum(axis=1)
        of_groups = np.bincount(choice.groups, weights=n_cells)
        largest = of_groups[hidden[hidden >= 0]].max(initial=0)
        self.detector.refuse_small_memory(int(n_cells.sum() - largest))

    def _nearest(self, query: np.ndarray, hidden: np.ndarray, memory_of: "_Memory") -> np.ndarray:
        """Return squared distances to the nearest cells: (n_query, n_cells, k)."""
        k, n_cells = self.detector.k, self._listed.n_cells
        squared = np.empty((len(query), n_cells, k))
        is_known = np.empty((len(query), n_cells), bool)

        def answer(where: np.ndarray) -> None:
            lists, places = self._listed.of(query[where])
            found = listed_search.nearest(lists, places, query[where], memory_of.choice, k)
            squared[where], is_known[where] = found

        in_pieces(answer, self._listed.pieces(query))
        asked, cell = np.nonzero(~is_known)
        if len(asked):
            vectors = self._listed.vectors(query[asked], cell)
            squared[asked, cell] = memory_of.search(vectors, k, hidden[asked])[0]
        return squared

    def _weights(
        self, query: np.ndarray, worst: np.ndarray, hidden: np.ndarray, memory_of: "_Memory"
    ) -> np.ndarray:
        """Return the weight of each image score, by the crowd around the worst cell's match."""
        patches = self._listed.vectors(query, worst)
        matched = memory_of.search(patches, 1, hidden)[1][:, 0]
        crowd = memory_of.search(matched, self.detector.n_reweight, hidden)[1]
        return crowd_weights(patches, matched, crowd)

    def _deepen_if_it_pays(self, n_compared: float) -> None:
        """List more images once searches have compared as many pairs as listing would."""
        self._n_compared += n_compared
        if self._n_compared > (len(self.features) * self._listed.n_cells) ** 2:
            self._n_compared = 0.0
            try:
                self._listed.deepen()
            except StorageError as error:  # searches still answer
                self._n_compared = -np.inf
                log.warning("lists of nearest cells stay as they are: %s", error)


class _Memory:
    """The cells that were chosen, brought together when lists do not tell enough."""

    def __init__(self, listed: ListedCells, choice: Choice):
        self.listed, self.choice = listed, choice
        self.n_compared = 0.0

    def search(
        self, vectors: np.ndarray, k: int, hidden: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return squared distances to the nearest, and these cells: (n, k, n_channels)."""
        bank, searcher = self._searched
        self.n_compared += float(len(vectors)) * len(bank)
        squared, rows = searcher.search(vectors, k, exclude_groups=hidden)
        return squared, bank[rows]

    @cached_property
    def _searched(self) -> tuple[np.ndarray, GroupedSearch]:
        image, cell = self.listed.chosen(self.choice)
        bank = self.listed.vectors(image, cell)
        groups = self.choice.groups[image]
        return bank, GroupedSearch(lambda rows, of: AllPairs(rows, groups=of), bank, groups)


def lists_cells(detector: Detector) -> bool:
    """Tell whether the pool of a detector lists nearest cells: patchcore with all, exactly."""
    if not isinstance(detector, PatchCore):
        return False
    return detector.coreset is None and detector.index == "exact"


@fast_pool("patchcore")
def patch_pool(detector: PatchCore, features: Features) -> PatchPool | None:
    """Return the pool of lists where all cells are remembered and memory allows it."""
    if not lists_cells(detector):
        return None
    n_channels = detector.embed(features.subset(slice(1))).shape[3]
    needed = bytes_to_make(len(features) * int(np.prod(features.grid())), n_channels)
    if needed > memory.available():
        log.warning(
            "listing nearest cells takes %.1f GB and %.1f are free: patchcore is fitted again for "
            "each choice of images",
            needed / 1e9,
            memory.available() / 1e9,
        )
        return None
    return PatchPool(detector, features)

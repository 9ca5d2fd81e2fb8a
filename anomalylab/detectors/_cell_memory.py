"""A memory of training cells: what it says of each cell of an image, and of the worst."""

from abc import abstractmethod
from collections.abc import Iterator

import numpy as np

from anomalylab.compute.grouped_search import GroupedSearch, Searcher
from anomalylab.detectors._masked import Masked
from anomalylab.detectors._patch_cells import crowd_weights
from anomalylab.detectors._worst_cells import largest_scores, squared_distances
from anomalylab.errors import ParameterError
from anomalylab.features import Features
from anomalylab.number_words import plural
from anomalylab.progress import counted

BLOCK = 64
"""Images scored at a time."""


class CellMemory(Masked):
    """Compares each cell with the nearest cells of a bank; the worst cell is the image's score.

    Subclasses set ``bank_``, ``bank_image_`` and ``bank_cell_``, and say how cells are made and
    searched.
    """

    bank_: np.ndarray
    bank_image_: np.ndarray
    bank_cell_: np.ndarray
    k: int
    squared: bool
    index: str
    coreset: float | None
    reweight: bool
    n_reweight: int

    @abstractmethod
    def embed(self, features: Features) -> np.ndarray:
        """Return cells of shape (n_images, n_rows, n_cols, n_channels)."""

    @abstractmethod
    def _searcher_of(self, bank: np.ndarray, groups: np.ndarray) -> Searcher:
        """Prepare a bank whose groups rise."""

    def matches(self, features: Features | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return the training image and cell nearest to each cell.

        As in the base class. Where a coreset is kept, only its cells can be matched.
        """
        hidden = self._own_training().group_numbers if features is None else None
        features = self._own_training() if features is None else self._checked(features)
        blocks = self._blocks(features, hidden)
        rows = [self._search(cells, 1, images)[1][..., 0] for cells, images in blocks]
        nearest = np.concatenate(rows)
        return self.bank_image_[nearest], self.bank_cell_[nearest]

    def image_scores_of_copies(
        self, copies: Features, originals: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return image scores of copies and originals; few cells are searched.

        A cell lies at most as far from its nearest cells as from those nearest to the same cell of
        the original.
        """
        if self.reweight or self.index != "exact":
            return super().image_scores_of_copies(copies, originals)
        copies, training = self._checked(copies), self._own_training()
        unique, place = np.unique(originals, return_inverse=True)
        groups, before, rows = training.group_numbers[unique], [], []
        for cells, hidden in self._blocks(training.subset(unique), groups):
            squared, nearest = self._search(cells, self.k, hidden)
            before.append(self._mean_distance(squared).max(axis=(1, 2)))
            rows.append(nearest)
        matched, groups, scores = np.concatenate(rows)[place], groups[place], []
        for number, (cells, _) in enumerate(self._blocks(copies, None)):
            here = slice(number * BLOCK, number * BLOCK + len(cells))
            bounds = self._mean_distance(squared_distances(cells, self.bank_, matched[here]))
            scores.append(largest_scores(cells, bounds, groups[here], self._cell_scores))
        return np.concatenate(scores), np.concatenate(before)[place]

    def _cell_scores(self, cells: np.ndarray, hidden: np.ndarray) -> np.ndarray:
        return self._mean_distance(self._searched().search(cells, self.k, exclude_groups=hidden)[0])

    def _mean_distance(self, squared: np.ndarray) -> np.ndarray:
        return np.asarray((squared if self.squared else np.sqrt(squared)).mean(axis=-1))

    def _judge(
        self, features: Features, hidden: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        scores = [self._judge_block(*block) for block in self._blocks(features, hidden)]
        image_scores, score_maps = zip(*scores, strict=True)
        return np.concatenate(image_scores), np.concatenate(score_maps)

    def _blocks(
        self, features: Features, hidden: np.ndarray | None
    ) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
        """Yield cells (n, rows, cols, channels) and the group each image must not see (n,)."""
        if hidden is not None:
            self._refuse_few_others(hidden)
        for start in counted(range(0, len(features), BLOCK)):
            part = slice(start, start + BLOCK)
            yield self.embed(features.subset(part)), None if hidden is None else hidden[part]

    def _refuse_few_others(self, hidden: np.ndarray) -> None:
        """Refuse a memory in which too few cells are of other groups than a hidden one."""
        names, counts = np.unique(self._bank_groups(), return_counts=True)
        if len(names) < 2:
            raise ParameterError(
                "the cells that patchcore keeps are of a single training image or group, which "
                "cannot be compared with others; give at least 2, or a larger coreset"
            )
        n_hidden = int(counts[np.isin(names, hidden)].max(initial=0))
        self.refuse_small_memory(len(self.bank_) - n_hidden, of_others=True)

    def refuse_small_memory(self, n_kept: int, *, of_others: bool = False) -> None:
        """Refuse a memory of fewer cells than are compared.

        Parameters
        ----------
        n_kept : int
        of_others : bool
            Whether those are meant that are of other groups than an image.
        """
        needed = max(1 if of_others else 2, self.k, self.n_reweight if self.reweight else 1)
        if needed > n_kept:
            whose = " of other images than each" if of_others else ""
            raise ParameterError(
                f"patchcore keeps {plural(n_kept, 'cell')}{whose} (coreset={self.coreset}) and "
                f"needs {needed}; lower k or n_reweight, or give more images or a larger coreset"
            )

    def _bank_groups(self) -> np.ndarray:
        """Return the group of each row of the bank; after ``load`` its image."""
        if not hasattr(self, "_training"):
            return self.bank_image_
        return np.asarray(self._training.group_numbers[self.bank_image_])

    def _judge_block(
        self, cells: np.ndarray, images: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        squared, rows = self._search(cells, self.k, images)
        score_map = self._mean_distance(squared)
        image_scores = score_map.max(axis=(1, 2))
        if self.reweight:
            worst = score_map.reshape(len(cells), -1).argmax(axis=1)
            here = np.arange(len(cells)), worst
            matched = rows[..., 0].reshape(len(cells), -1)[here]
            patches = cells.reshape(len(cells), -1, cells.shape[3])[here]
            image_scores *= self._weights(patches, matched, images)
        return image_scores, score_map.astype(np.float32)

    def _weights(
        self, patches: np.ndarray, matched: np.ndarray, images: np.ndarray | None
    ) -> np.ndarray:
        near = self.bank_[matched]
        crowd = self._searched().search(near, self.n_reweight, exclude_groups=images)[1]
        return crowd_weights(patches, near, self.bank_[crowd])

    def _search(
        self, cells: np.ndarray, k: int, images: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return squared distances and rows of the bank, each (n, rows, cols, k)."""
        grid = cells.shape[:3]
        hidden = None if images is None else np.repeat(images, grid[1] * grid[2])
        queries = cells.reshape(-1, cells.shape[3])
        squared, rows = self._searched().search(queries, k, exclude_groups=hidden)
        return squared.reshape(*grid, k), rows.reshape(*grid, k)

    def _searched(self) -> GroupedSearch:
        """Return the bank prepared for search; prepared once."""
        if "_searcher" not in self.__dict__:
            self._searcher = GroupedSearch(self._searcher_of, self.bank_, self._bank_groups())
        return self._searcher

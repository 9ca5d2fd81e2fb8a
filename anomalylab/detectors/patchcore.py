"""PatchCore: the distance of a patch to the nearest patches of normal images.

References
----------
.. [1] Roth et al. (2022). Towards Total Recall in Industrial Anomaly Detection.
   https://arxiv.org/abs/2106.08265
.. [2] Cordier, Missaoui, Gutierrez (2022). Data refinement for fully unsupervised visual inspection
   using pre-trained networks. https://arxiv.org/abs/2202.12759
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from anomalylab.compute import memory
from anomalylab.compute.cost import Cost, seconds_of, seconds_of_listed_search, seconds_of_search
from anomalylab.compute.grouped_search import Searcher
from anomalylab.compute.nearest import nearest_neighbours
from anomalylab.detectors._cell_memory import CellMemory
from anomalylab.detectors._enough import Shapes
from anomalylab.detectors._patch_cells import POOLINGS, patch_cells
from anomalylab.detectors._registry import register
from anomalylab.errors import ParameterError
from anomalylab.features import Features
from anomalylab.registry import unknown_name

SEARCH_BYTES = 2**29
"""What a search takes beside the bank, at most."""

INDEXES = ("exact", "ivf")


@register("patchcore")
@dataclass(kw_only=True)
class PatchCore(CellMemory):
    """Mean distance of each cell to its nearest cells in a memory of training cells [1]_.

    Levels are pooled over 3 x 3 cells, brought to the finest grid bilinearly and put side by
    side. The image score is the largest cell score.

    Parameters
    ----------
    levels : tuple of str or "all", optional
        Levels put side by side; those of the finest grid by default.
    k : int
        Nearest cells whose distances are averaged.
    squared : bool
        Average squared distances.
    pooling : {"mean", "windows"}
        How 3 x 3 cells become one: their mean, channel by channel; or, as the original's code
        does, windows over the values of all nine, ``n_channels`` a level and at the end.
    n_channels : int
        Length of the vectors when ``pooling="windows"``.
    coreset : float in (0, 1], optional
        Share of the training cells that is kept, chosen by greedy k-center; all by default.
    index : {"exact", "ivf"}
        Exact search, or approximate search by inverted lists.
    nlist : int, optional
        Inverted lists; four times the root of the number of cells in memory by default.
    nprobe : int
        Inverted lists that a query looks into.
    reweight : bool
        Lower the image score where the matched training cell lies in a crowd, as the paper has it
        (and its code has not).
    n_reweight : int
        Neighbours of the matched training cell in that crowd, itself among them.
    seed : int
        Of the coreset's projection and first cell, and of the inverted lists.

    Attributes
    ----------
    bank_ : float32 ndarray of shape (n_bank, n_channels)
    bank_image_, bank_cell_ : int64 ndarray of shape (n_bank,)
        Training image, and cell counted row by row, of each row of the bank.
    centres_ : float32 ndarray of shape (nlist, n_channels)
        Centres of the inverted lists; empty for exact search.
    """

    keeps_cells: ClassVar[bool] = True
    drops_cells: ClassVar[bool] = True
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "sroc": {"levels": ("block4", "block6", "block7"), "k": 5, "squared": True},
        "patchcore": {"levels": "all", "pooling": "windows", "coreset": 0.1, "reweight": True},
    }

    prefers_finest: ClassVar[bool] = True
    held_share: ClassVar[float] = 0.25

    levels: tuple[str, ...] | str | None = None
    k: int = 1
    squared: bool = False
    pooling: str = "mean"
    n_channels: int = 1024
    coreset: float | None = None
    index: str = "exact"
    nlist: int | None = None
    nprobe: int = 16
    reweight: bool = False
    n_reweight: int = 9
    seed: int = 0

    def __post_init__(self) -> None:
        if self.pooling not in POOLINGS:
            unknown_name("pooling of patchcore", self.pooling, POOLINGS)
        if self.index not in INDEXES:
            unknown_name("index of patchcore", self.index, INDEXES)
        if self.coreset is not None and not 0 < self.coreset <= 1:
            raise ParameterError(f"coreset is a share in (0, 1], not {self.coreset}")
        for name in ("k", "n_reweight", "n_channels", "nprobe"):
            if getattr(self, name) < 1:
                raise ParameterError(f"{name} must be at least 1, not {getattr(self, name)}")

    def plan(self, n_images: int, shapes: Mapping[str, tuple[int, ...]]) -> Cost:
        """Estimate what fitting takes, and scoring the same images left out.

        Bytes are those of levels, cells, bank and search, at most. Seconds, with ``N`` cells in all
        of ``d`` channels while they are made, are those of ``6 N d`` values, and of searching all
        ``N`` among the ``M`` that are kept; choosing a coreset takes ``5 N M`` values more, and
        inverted lists are made in 10 rounds and leave ``nlist + nprobe / nlist M`` to compare with.
        One core takes 0.3 to 3 times as long for lite0 at 224 and 60 to 209 images.
        """
        shapes = {name: shapes[name] for name in self._used(shapes)} or shapes
        n_cells = max(s[0] for s in shapes.values()) * max(s[1] for s in shapes.values())
        n_searched = n_made = sum(s[2] for s in shapes.values())
        if self.pooling == "windows":
            n_searched, n_made = self.n_channels, (len(shapes) + 1) * self.n_channels
        levels = sum(int(np.prod(shape)) for shape in shapes.values())
        n_bytes = 4 * n_images * (levels + 2 * n_cells * n_made) + SEARCH_BYTES
        n_all = n_images * n_cells
        if n_images > 1:
            self.refuse_small_memory(round(n_all * (self.coreset or 1)))
        making = seconds_of(values=6 * n_all * n_made)
        return Cost(n_bytes, making + self._search_seconds(n_all, n_searched))

    def _search_seconds(self, n_all: int, n_channels: int) -> float:
        n_kept = round(n_all * (self.coreset or 1))
        choosing = seconds_of(values=5 * n_all * n_kept) if self.coreset else 0.0
        if self.index == "exact":
            return choosing + seconds_of_search(n_all, n_kept, n_channels)
        lists = self._n_lists(n_kept), self.nprobe
        return choosing + seconds_of_listed_search(n_all, n_kept, n_channels, *lists)

    def _n_lists(self, n_kept: int) -> int:
        return self.nlist or max(1, min(round(4 * n_kept**0.5), n_kept))

    def _fit(self, features: Features) -> None:
        self._fit_cells(features, None)

    def _fit_cells(self, features: Features, keep_cells: np.ndarray | None) -> None:
        self._refuse_too_many(features)
        cells = self.embed(features)
        bank = cells.reshape(-1, cells.shape[3])
        origin = np.arange(len(bank))
        if keep_cells is not None:
            origin = np.flatnonzero(keep_cells)
            bank = bank[origin]
        self.refuse_small_memory(len(bank))
        self.remember(bank, *np.divmod(origin, cells.shape[1] * cells.shape[2]))

    def remember(self, bank: np.ndarray, image: np.ndarray, cell: np.ndarray) -> None:
        """Take over a memory, or its coreset; ``image`` and ``cell`` say where rows come from."""
        self.__dict__.pop("_searcher", None)
        if self.coreset is not None:
            from anomalylab.compute.coreset import coreset_rows

            chosen = coreset_rows(bank, self.coreset, seed=self.seed)
            bank, image, cell = bank[chosen], image[chosen], cell[chosen]
        self.refuse_small_memory(len(bank))
        self.bank_, self.bank_image_, self.bank_cell_ = bank, image, cell
        self.centres_ = self._list_centres()

    def refuse_too_few(self, n_images: int, shapes: Shapes) -> None:
        """Refuse training images whose cells make a memory of fewer than are compared."""
        super().refuse_too_few(n_images, shapes)
        if n_cells := self._n_cells(shapes):
            self.refuse_small_memory(max(1, round(n_images * n_cells * (self.coreset or 1))))

    def refuse_too_few_left(self, n_left: int, n_images: int, shapes: Shapes) -> None:
        """Refuse where the cells of other groups are fewer than are compared.

        Which cells a coreset keeps shows once it is chosen.
        """
        if n_cells := self._n_cells(shapes):
            self.refuse_small_memory(n_left * n_cells, of_others=True)

    def _n_cells(self, shapes: Shapes) -> int:
        used = [shapes[name] for name in self._used(shapes)]
        return max((s[0] for s in used), default=0) * max((s[1] for s in used), default=0)

    def _refuse_too_many(self, features: Features) -> None:
        shapes = {name: features.level(name).shape[1:] for name in features.names}
        an_image = self.plan(1, shapes).bytes - SEARCH_BYTES
        n_fitting = max(0, memory.available() - SEARCH_BYTES) // an_image
        memory.refuse_beyond_available(
            self.plan(len(features), shapes).bytes,
            f"patchcore with {len(features)} training images",
            f"{n_fitting} images would fit; use fewer, a smaller size or fewer levels",
        )

    def _searcher_of(self, bank: np.ndarray, groups: np.ndarray) -> Searcher:
        if self.index == "exact":
            return nearest_neighbours(bank, groups=groups)
        from anomalylab.compute.ivf import InvertedLists

        nprobe = min(self.nprobe, len(self.centres_))
        return InvertedLists(bank, self.centres_, nprobe=nprobe, groups=groups)

    def _list_centres(self) -> np.ndarray:
        if self.index == "exact":
            return np.empty((0, self.bank_.shape[1]), np.float32)
        from anomalylab.compute.ivf import list_centres

        return list_centres(self.bank_, self._n_lists(len(self.bank_)), seed=self.seed)

    def embed(self, features: Features) -> np.ndarray:
        """Return locally aware cells on the finest grid: (n_images, rows, cols, channels)."""
        return patch_cells(features, self.pooling, self.n_channels)

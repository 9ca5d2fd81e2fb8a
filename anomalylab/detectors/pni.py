"""PNI: a memory of cells of which each place may use those that fit there and to its neighbours.

References
----------
.. [1] Bae, Lee, Kim (2023). PNI: Industrial Anomaly Detection using Position and Neighborhood
   Information. https://arxiv.org/abs/2211.12634
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from anomalylab.compute import memory
from anomalylab.compute.cost import Cost
from anomalylab.compute.masked_nearest import MaskedNearest
from anomalylab.detectors import _pni_fit, _pni_options
from anomalylab.detectors._allowed import Rules
from anomalylab.detectors._base import Detector
from anomalylab.detectors._patch_cells import patch_cells
from anomalylab.detectors._pni_explained import ExplainedCell, explained
from anomalylab.detectors._refits import dealt
from anomalylab.detectors._registry import register
from anomalylab.features import Features
from anomalylab.progress import counted

if TYPE_CHECKING:
    from anomalylab.training.neighbourhood import NeighbourhoodNet

BLOCK = 16
"""Images scored at a time."""


class _Learnt(Detector):
    """What a fit sets, so that it is no field of a dataclass."""

    bank_: np.ndarray
    bank_image_: np.ndarray
    bank_cell_: np.ndarray
    kind_: np.ndarray
    position_: np.ndarray
    weights_: dict[str, np.ndarray]
    history_: list[list[Any]]


@register("pni")
@dataclass(kw_only=True)
class PNI(_Learnt):
    """``min |x - c|`` over the cells ``c`` of a memory that may stand at this place [1]_.

    A cell of the memory is allowed where ``(p(k | place) + p(k | neighbours)) / 2 > tau``, with
    ``k`` the nearest to it of few representative cells, the kinds. ``p(k | place)`` is the share of
    training images that have kind ``k`` there; ``p(k | neighbours)`` is what a network says that
    sees the cells around and not the cell itself. With all cells allowed the distance is that of
    :class:`PatchCore`. Where none is allowed, the nearest of all counts.

    Parameters
    ----------
    levels : tuple of str or "all", optional
        Levels put side by side on the finest grid; all by default.
    coreset : float in (0, 1]
        Share of the training cells in the memory, chosen by greedy k-center.
    n_kinds : int
        Representative cells: the first of the same choice.
    radius : int
        Cells on each side of a place that are counted with it; 0 counts the place alone.
    reach : int
        Cells on each side that are neighbours.
    n_seen : int, optional
        Channels that the network sees, projected at random; all if not given.
    n_layers, width, dropout
        Of the network, see :class:`~anomalylab.training.neighbourhood.Neighbourhood`.
    epochs, learning_rate
        Of its training.
    n_batch : int
        Cells of a step, about: whole images, as many as hold so many.
    validation : float
        Share of the groups of images that are held out; the weights that suit these best stay.
    temperature : float
        What logits are divided by before the softmax.
    use : {"both", "position", "neighbourhood", "none"}
        What the memory is restricted by; ``none`` allows every cell.
    combine : {"prob", "score"}
        Average the probabilities, or threshold each and average the two distances.
    tau_ref : {"emb", "dist"}
        ``tau`` is half of one over the cells of the memory, or over the kinds.
    tau : float, optional
        In place of these.
    fallback : {"nearest", "farthest"}
        What counts of the memory where nothing is allowed.
    penalty : float
        Added to the distance there.
    image_score : {"max", "top"}
        The largest score of a cell, or the mean of the largest hundredth.
    margin : int
        Cells along the border that are neither learnt nor scored; scores next to them are repeated.
    pooling, n_channels, side
        How cells are put together with those around them, see :class:`PatchCore`; ``side`` of
        these.
    position_over : {"dist", "emb"}
        Count kinds, or single cells of the memory, at a place.
    mapping : {"kind", "rank"}
        What neighbours allow are kinds; or ranks of distances, as the published code has it.
    is_off_by_one : bool
        Leave the right neighbour out in place of the cell itself, as the published code does.
    seed : int
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or another device that torch knows.

    Attributes
    ----------
    bank_ : float32 ndarray of shape (n_bank, n_channels)
    bank_image_, bank_cell_ : int64 ndarray of shape (n_bank,)
        Training image, and cell counted row by row, of each row of the bank.
    kind_ : int64 ndarray of shape (n_bank,)
        The kind of each row.
    position_ : float32 ndarray of shape (n_rows, n_cols, n_kinds)
        ``p(kind | place)``, without the margin.
    weights_ : dict of ndarray
        Of the network.
    history_ : list of [int, str, str, float]
        Rows of :meth:`training_curve`.
    """

    keeps_cells: ClassVar[bool] = True
    fixed_grid: ClassVar[bool] = True
    learns_by_group: ClassVar[bool] = True
    held_share: ClassVar[float] = 1.0
    n_folds: ClassVar[int] = 3
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = _pni_options.PRESETS

    levels: tuple[str, ...] | str | None = "all"
    coreset: float = 0.1
    n_kinds: int = 256
    radius: int = 1
    reach: int = 4
    n_seen: int | None = 32
    n_layers: int = 3
    width: int = 512
    dropout: float = 0.5
    epochs: int = 15
    learning_rate: float = 1e-3
    n_batch: int = 2048
    validation: float = 0.1
    temperature: float = 2.0
    use: str = "both"
    combine: str = "prob"
    tau_ref: str = "emb"
    tau: float | None = None
    fallback: str = "nearest"
    penalty: float = 0.0
    image_score: str = "max"
    margin: int = 0
    pooling: str = "mean"
    n_channels: int = 1024
    side: int = 3
    position_over: str = "dist"
    mapping: str = "kind"
    is_off_by_one: bool = False
    seed: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        _pni_options.check(self)

    def plan(self, n_images: int, shapes: Mapping[str, tuple[int, ...]]) -> Cost:
        """Estimate what fitting takes, and scoring the same images left out in folds.

        With ``N`` cells of ``d`` channels and ``M`` in the memory: ``6 N d`` values make cells,
        ``5 N M`` choose the memory, ``N (M + n_kinds) d`` products compare; the network takes ``3
        epochs N F`` products in a training, ``F`` those of one cell, and ``N F`` when it is asked.
        All but the comparison is done ``n_folds`` times.
        """
        return _pni_options.cost(
            self, n_images, {name: shapes[name] for name in self._used(shapes)}
        )

    def usual_leave_out(self) -> str:
        """Return ``"folds"``: each refit is a training."""
        return "folds"

    def folds(self, features: Features) -> list[np.ndarray]:
        """Return which training images each fold leaves out, bool of shape (n_images,)."""
        return dealt(features.group_numbers, self.n_folds)

    def training_curve(self) -> pd.DataFrame:
        """Return how the training went: ``epoch``, ``part``, ``measure`` and ``value``."""
        self._check_fitted()
        return pd.DataFrame(self.history_, columns=["epoch", "part", "measure", "value"])

    def embed(self, features: Features) -> np.ndarray:
        """Return the cells that are compared: (n_images, n_rows, n_cols, n_channels)."""
        return patch_cells(features, self.pooling, self.n_channels, self.side)

    def inner(self, maps: np.ndarray) -> np.ndarray:
        """Return maps (n_images, n_rows, n_cols, ...) without the margin."""
        inside = slice(self.margin, -self.margin or None)
        return maps[:, inside, inside]

    def _fit(self, features: Features) -> None:
        shapes = {name: features.level(name).shape[1:] for name in features.names}
        memory.refuse_beyond_available(
            self.plan(len(features), shapes).bytes,
            f"pni with {len(features)} training images",
            "use fewer images, a smaller size, fewer levels or a smaller coreset",
        )
        self.__dict__.pop("_prepared", None)
        fitted, network = _pni_fit.learnt(self, features)
        for name, value in fitted._asdict().items():
            setattr(self, name, value)
        if network is not None:
            self._learnt_network = network

    def rules(self) -> Rules:
        """Return what decides what is allowed."""
        n_reference = len(self.bank_) if self.tau_ref == "emb" else self.n_kinds
        tau = 1 / (2 * n_reference) if self.tau is None else self.tau
        return Rules(tau, self.combine, self.use, self.fallback, self.penalty, self.mapping)

    def shares(self, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return ``p(kind | place)`` and ``p(kind | neighbours)`` of cells without the margin.

        Parameters
        ----------
        cells : float32 ndarray of shape (n_images, n_rows, n_cols, n_channels)
            As :meth:`embed` returns them.

        Returns
        -------
        position, beside : float32 ndarray of shape (n_cells, n_kinds)
            The latter 0 where neighbours are not used.
        """
        position = np.broadcast_to(self.position_, (len(cells), *self.position_.shape))
        position = position.reshape(-1, position.shape[3])
        if self.use in ("position", "none"):
            return position, np.zeros_like(position)
        from anomalylab.training.neighbourhood import shares_of_kinds

        seen = _pni_fit.seen_by_network(cells, self.n_seen, self.seed)
        beside = self.inner(shares_of_kinds(self._network(), seen, temperature=self.temperature))
        beside = beside.reshape(-1, beside.shape[3])
        return position, beside if self.position_over == "dist" else beside[:, self.kind_]

    def prepared(self) -> MaskedNearest:
        """Return the memory ready for search; prepared once."""
        if "_prepared" not in self.__dict__:
            kinds = self.kind_ if self.position_over == "dist" else None
            self._prepared = MaskedNearest(self.bank_, kinds, n_kinds=self.position_.shape[2])
        return self._prepared

    def explained(self, features: Features, image: int, row: int, col: int) -> ExplainedCell:
        """Return which rows of the memory a cell may be compared with, and what that changes.

        Parameters
        ----------
        features : Features
        image, row, col : int
            The cell; one of the margin gets what the next one inside does.

        Returns
        -------
        explained : ExplainedCell

        Raises
        ------
        ParameterError
            If there is no such cell, or the detector does not use both position and neighbours.
        """
        return explained(self, self._checked(features), image, row, col)

    def n_fallbacks(self, features: Features) -> np.ndarray:
        """Return for how many cells of each image nothing is allowed: (n_images,).

        Where two distances are averaged, cells count for which either has nothing.
        """
        counts = []
        for _, cells in self._blocks(self._checked(features)):
            usable = [
                one[:, np.unique(self.kind_)] if self.position_over == "dist" else one
                for one in self.rules().allowed(*self.shares(cells))
            ]
            nothing = np.logical_or.reduce([~one.any(axis=1) for one in usable])
            counts.append(nothing.reshape(len(cells), -1).sum(axis=1))
        return np.concatenate(counts)

    def matches(self, features: Features | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return the training image and cell of the allowed memory that is nearest to each cell.

        As in the base class; cells of the margin get those next to them.
        """
        own = None if features is not None else self._own_training().group_numbers
        features = self._own_training() if features is None else self._checked(features)
        rows = [
            _pni_fit.matched_rows(self, cells, None if own is None else own[part])
            for part, cells in self._blocks(features)
        ]
        nearest = self._with_margin(np.concatenate(rows)).astype(np.int64)
        return self.bank_image_[nearest], self.bank_cell_[nearest]

    def _score(self, features: Features) -> tuple[np.ndarray, np.ndarray]:
        maps = [self._judge(cells) for _, cells in self._blocks(features)]
        inner = np.concatenate(maps)
        return self._image_scores(inner), self._with_margin(inner).astype(np.float32)

    def _judge(self, cells: np.ndarray) -> np.ndarray:
        inside = self.inner(cells)
        queries, rules = inside.reshape(-1, inside.shape[3]), self.rules()
        allowed = rules.allowed(*self.shares(cells))
        distances, _ = rules.distances(self.prepared(), queries, allowed)
        return np.asarray(distances.reshape(inside.shape[:3]))

    def _image_scores(self, inner: np.ndarray) -> np.ndarray:
        flat = inner.reshape(len(inner), -1)
        if self.image_score == "max":
            return np.asarray(flat.max(axis=1))
        n_top = max(1, round(_pni_options.TOP_SHARE * flat.shape[1]))
        return np.asarray(np.partition(flat, -n_top, axis=1)[:, -n_top:].mean(axis=1))

    def _blocks(self, features: Features) -> Iterator[tuple[slice, np.ndarray]]:
        for start in counted(range(0, len(features), BLOCK)):
            part = slice(start, start + BLOCK)
            yield part, self.embed(features.subset(part))

    def _with_margin(self, inner: np.ndarray) -> np.ndarray:
        around = (self.margin, self.margin)
        return np.pad(inner, ((0, 0), around, around), mode="edge")

    def _network(self) -> "NeighbourhoodNet":
        if "_learnt_network" not in self.__dict__:
            self._learnt_network = _pni_fit.restored(self)
        return self._learnt_network

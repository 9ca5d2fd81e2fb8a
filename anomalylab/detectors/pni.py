"""PNI: a memory of cells of which each place may use those that fit there and to its neighbours.

References
----------
.. [1] Bae, Lee, Kim (2023). PNI: Industrial Anomaly Detection using Position and Neighborhood
   Information. https://arxiv.org/abs/2211.12634
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from anomalylab.compute import memory
from anomalylab.compute.cost import Cost
from anomalylab.detectors import _pni_fit, _pni_options
from anomalylab.detectors._enough import Shapes
from anomalylab.detectors._pni_cells import Cells
from anomalylab.detectors._pni_explained import ExplainedCell, explained
from anomalylab.detectors._pni_listed import ListedCells, listed_cells
from anomalylab.detectors._registry import register
from anomalylab.errors import ParameterError
from anomalylab.features import Features
from anomalylab.progress import counted
from anomalylab.training import chosen_device

BLOCK = 16
"""Images scored at a time."""


@register("pni")
@dataclass(kw_only=True)
class PNI(Cells):
    """``min |x - c|`` over the cells ``c`` of a memory that may stand at this place [1]_.

    A cell of the memory is allowed where ``(p(k | place) + p(k | neighbours)) / 2 > tau``, with
    ``k`` the nearest to it of few representative cells, the kinds. ``p(k | place)`` is the share of
    training images that have kind ``k`` there; ``p(k | neighbours)`` is what a network says that
    sees the cells around and not the cell itself. With all cells allowed the distance is that of
    :class:`PatchCore`. Where none is allowed, the nearest of all counts.

    Parameters
    ----------
    levels : tuple of str or "all", optional
        Levels put side by side; those of the finest grid by default.
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
    is_edge_kept : bool
        Where position alone or nothing restricts the memory, learn and score the margin, too: a
        memory of its own, as the published code has it.
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
    weights_, history_, device_
        See :class:`~anomalylab.detectors._learns.Learns`.
    """

    prefers_finest: ClassVar[bool] = True
    keeps_cells: ClassVar[bool] = True
    fixed_grid: ClassVar[bool] = True
    held_share: ClassVar[float] = 1.0
    least_images: ClassVar[int] = 2
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = _pni_options.PRESETS

    def __post_init__(self) -> None:
        _pni_options.check(self)

    def plan(self, n_images: int, shapes: Mapping[str, tuple[int, ...]]) -> Cost:
        """Estimate what fitting takes, and scoring the same images left out in folds.

        With ``N`` cells of ``d`` channels and ``M`` in the memory: ``6 N d`` values make cells,
        ``5 N M`` choose the memory, ``N (M + n_kinds) d`` products compare; the network takes ``3
        epochs N F`` products in a training, ``F`` those of one cell, and ``N F`` when it is asked.
        All but the comparison is done ``n_folds`` times.

        Raises
        ------
        ParameterError
            If so many images give fewer cells than there are kinds, or the device is not there.
        """
        used = self._used(shapes)
        if not used:
            raise ParameterError(
                f"the network gives none of levels={self.levels} that pni is to look at; name "
                "others, or leave levels out"
            )
        return _pni_options.cost(self, n_images, {name: shapes[name] for name in used})

    def refuse_too_few(self, n_images: int, shapes: Shapes) -> None:
        """Refuse training images whose cells make a memory that cannot serve the kinds."""
        super().refuse_too_few(n_images, shapes)
        if used := [shapes[name] for name in self._used(shapes)]:
            _pni_options.memory_of(self, n_images, used)

    def _fit(self, features: Features) -> None:
        self.refuse_too_few(len(features), features.shapes)
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
        self.device_ = str(chosen_device(self.device))
        if network is not None:
            self._learnt_network = network
        if self.tau is not None:
            _pni_fit.refuse_nothing_allowed(self, self.embed(features.subset(slice(0, BLOCK))))

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

    def listed(self, features: Features, n_nearest: int = 4) -> ListedCells:
        """Return of every cell of some images what :meth:`explained` says of one, in short.

        Parameters
        ----------
        features : Features
        n_nearest : int
            Allowed rows of the memory that are listed.

        Raises
        ------
        ParameterError
            If the detector does not use both position and neighbours.
        """
        return listed_cells(self, self._checked(features), n_nearest)

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

    def allowed_share(self, features: Features) -> float:
        """Return the mean share of the memory that a cell may be compared with.

        Where two distances are averaged, the mean of both.
        """
        shares = []
        for _, cells in self._blocks(self._checked(features)):
            for one in self.rules().allowed(*self.shares(cells)):
                rows = one[:, self.kind_] if self.position_over == "dist" else one
                shares.append(float(rows.mean()) * len(cells))
        n_each = len(self.rules().allowed(*(np.zeros((1, 1), np.float32),) * 2))
        return sum(shares) / (len(features) * n_each)

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
        around = (self.border, self.border)
        return np.pad(inner, ((0, 0), around, around), mode="edge")

"""PaDiM: one Gaussian per cell of the feature map.

References
----------
.. [1] Defard et al. (2021). PaDiM: a Patch Distribution Modeling Framework for Anomaly
   Detection and Localization. https://arxiv.org/abs/2011.08785
.. [2] Kim et al. (2021). Semi-orthogonal Embedding for Efficient Unsupervised Anomaly
   Segmentation. https://arxiv.org/abs/2105.14737
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from anomalylab.compute import memory
from anomalylab.compute.cell_gaussians import KEPT_BYTES, FactorGaussians, GramGaussians
from anomalylab.compute.cells import BLOCK_BYTES, Cells
from anomalylab.compute.cost import Cost, seconds_of
from anomalylab.compute.shrinkage import Covariance, Estimator, is_flat
from anomalylab.detectors import _channels
from anomalylab.detectors._base import Detector
from anomalylab.detectors._registry import register
from anomalylab.errors import ParameterError
from anomalylab.features import Features
from anomalylab.registry import unknown_name

COVARIANCES = ("ledoit_wolf", "ridge")


@register("padim")
@dataclass(kw_only=True)
class PaDiM(Detector):
    """``sqrt((x - mu)' S^-1 (x - mu))`` with ``mu`` and ``S`` of the normal features per cell.

    The image score is the largest distance of its cells, before any smoothing. Coarse levels
    are repeated to the finest grid. With fewer training images than channels the training
    features are kept, one copy per level, and no matrix of channels by channels is ever formed;
    otherwise a factor of each inverse covariance is. Leaving images out holds the shrinkage
    and its target fixed; all else is exact. Cells that do not vary over the training images get
    the mean variance of the others under Ledoit-Wolf, with a warning.

    Parameters
    ----------
    levels : tuple of str or "all", optional
        Levels put side by side; those of the finest grid by default.
    covariance : {"ledoit_wolf", "ridge"}
        ``ledoit_wolf``: shrunk to a multiple of the identity by as much as the data ask for.
        ``ridge``: the sample covariance plus 0.01 on the diagonal, as in [1]_.
    n_dims : int, optional
        Channels kept; all by default.
    select : {"random", "orthogonal"}
        ``random``: channels drawn without replacement [1]_. ``orthogonal``: a random
        semi-orthogonal projection, which keeps more of the covariance [2]_.
    seed : int
        Seed of the draw.

    Attributes
    ----------
    identity_, share_ : float64 ndarray of shape (n_cells,)
        The covariance of each cell; see :class:`anomalylab.compute.shrinkage.Covariance`.
    selection_ : dict of ndarray
        What is kept of each level; see :mod:`anomalylab.detectors._channels`.
    covers_ : dict of int ndarray of shape (n_cells,)
        The cell of each level that covers a cell of the finest grid.
    grid_ : int ndarray of shape (2,)
    training_ : dict of float32 ndarray of shape (n_images, n_level_cells, n_level_channels)
        With fewer images than channels.
    mean_ : dict of float64 ndarray of shape (n_level_cells, n_level_channels)
    factor_ : float32 ndarray of shape (n_cells, n_channels, n_channels)
        Of the inverse covariances, with at least as many images as channels; else empty.
    """

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "padim": {"levels": "all", "covariance": "ridge", "n_dims": 100, "select": "random"},
        "sroc": {"levels": ("block4", "block6", "block7"), "covariance": "ledoit_wolf"},
    }
    fixed_grid: ClassVar[bool] = True
    prefers_finest: ClassVar[bool] = True
    holds_shrinkage: ClassVar[bool] = True
    has_closed_form: ClassVar[bool] = True
    least_images: ClassVar[int] = 2

    levels: tuple[str, ...] | str | None = None
    covariance: str = "ledoit_wolf"
    n_dims: int | None = None
    select: str = "random"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.covariance not in COVARIANCES:
            unknown_name("covariance", self.covariance, COVARIANCES)
        if self.select not in _channels.SELECTIONS:
            unknown_name("way to select channels", self.select, _channels.SELECTIONS)
        if self.n_dims is not None and self.n_dims < 1:
            raise ParameterError(f"n_dims must be at least 1, not {self.n_dims}")

    def plan(self, n_images: int, shapes: Mapping[str, tuple[int, ...]]) -> Cost:
        """Estimate what fitting takes, and scoring the same images left out.

        Seconds are those of reading ``n V`` values and, with ``c`` cells of ``d`` channels, of
        ``n^2 V + 2 c n^3`` products where ``n < d``, else ``c (3 n d^2 + 4/3 d^3)``: one core takes
        0.3 to 3 times as long for lite0 at 224 and 60 to 209 images. Bytes are those of features
        and of what is learnt of them, at most.

        Raises
        ------
        ParameterError
            If there are fewer channels than ``n_dims``.
        """
        used = self._used(shapes)
        chosen = {name: shapes[name] for name in used}
        _channels.refuse_fewer({name: shape[2] for name, shape in chosen.items()}, self.n_dims)
        n_values = sum(used.values())
        return Cost(
            bytes=4 * n_images * n_values + self._own_bytes(n_images, chosen, self.n_dims),
            seconds=seconds_of(
                values=n_images * n_values, products=self._products(n_images, chosen, n_values)
            ),
        )

    def _products(
        self, n_images: int, shapes: Mapping[str, tuple[int, ...]], n_values: int
    ) -> float:
        n_cells = _n_cells(shapes)
        n_stored = sum(shape[2] for shape in shapes.values())
        d = self.n_dims or n_stored
        if n_images < d:
            return n_images**2 * n_values * d / n_stored + 2 * n_cells * n_images**3
        return n_cells * (3 * n_images * d**2 + 4 / 3 * d**3)

    def _fit(self, features: Features) -> None:
        self.refuse_too_few(len(features), features.shapes)
        shapes = {name: features.level(name).shape[1:] for name in features.names}
        self.choose(features)
        self._refuse_what_does_not_fit(len(features), shapes)
        training = self.reduced(features)
        means, variances, square_means = training.moments()
        estimator = self.estimator_of(training.n_channels, variances, square_means)
        self._learn(training, means, estimator)

    def _score(self, features: Features) -> tuple[np.ndarray, np.ndarray]:
        return self.finish(self._restored().distances(self.reduced(features)))

    def _leave_out(self, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        gaussians = self._restored()
        if isinstance(gaussians, GramGaussians):
            return self.finish(gaussians.left_out(groups))
        return self.finish(gaussians.left_out(self.reduced(self._training), groups))

    def choose(self, features: Features) -> None:
        """Choose the channels and the grid."""
        widths = {name: features.level(name).shape[3] for name in features.names}
        self.selection_ = _channels.choose(widths, self.n_dims, self.select, self.seed)
        self.grid_ = np.array(features.grid())
        self.covers_ = _channels.covers(features, self.selection_)

    def reduced(self, features: Features) -> Cells:
        """Return the chosen channels, cell by cell."""
        return self._cells(_channels.reduce(features, self.selection_))

    def _cells(self, levels: Mapping[str, np.ndarray]) -> Cells:
        maps = (level.reshape(len(level), -1, level.shape[-1]) for level in levels.values())
        return Cells(tuple(maps), tuple(self.covers_[name] for name in levels))

    def estimator_of(
        self, n_channels: int, variances: np.ndarray, square_means: np.ndarray
    ) -> Estimator:
        """Return the estimator of covariances, refused if nothing varies."""
        flat = is_flat(variances, square_means)
        if flat.all():
            raise ParameterError(
                "features are the same in all training images; check that the images differ"
            )
        if flat.any() and self.covariance == "ledoit_wolf":
            warnings.warn(
                f"{flat.sum()} of {flat.size} cells are the same in all training images; "
                "they get the mean variance of the others",
                stacklevel=4,
            )
        return Estimator(self.covariance, flat, float(variances[~flat].mean()) / n_channels)

    def _learn(self, training: Cells, means: tuple[np.ndarray, ...], estimator: Estimator) -> None:
        """Estimate the Gaussians and set what is saved of them."""
        names = sorted(self.covers_)
        self.mean_ = dict(zip(names, means, strict=True))
        self.training_, self.factor_ = {}, np.empty((0, 0, 0), np.float32)
        self._gaussians: GramGaussians | FactorGaussians
        if len(training) < training.n_channels:
            self._gaussians = GramGaussians.fit(training, means, estimator)
            self.training_ = dict(zip(names, training.maps, strict=True))
        else:
            self._gaussians = FactorGaussians.fit(training, means, estimator)
            self.factor_ = self._gaussians.factor
        self.identity_, self.share_, self.ddof_ = self._gaussians.covariance

    def _restored(self) -> GramGaussians | FactorGaussians:
        """Return the Gaussians; after ``load`` they are set up from what was saved."""
        if not hasattr(self, "_gaussians"):
            covariance = Covariance(self.identity_, self.share_, self.ddof_)
            names = sorted(self.covers_)
            means = tuple(self.mean_[name] for name in names)
            if self.factor_.size:
                self._gaussians = FactorGaussians(means, self.factor_, covariance)
            else:
                training = self._cells({name: self.training_[name] for name in names})
                self._gaussians = GramGaussians(training, means, covariance)
        return self._gaussians

    def finish(self, squared: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Turn squared distances (n_cells, n_images) into image scores and score maps."""
        score_map = np.sqrt(squared.T).astype(np.float32).reshape(-1, *self.grid_.tolist())
        return score_map.max(axis=(1, 2)).astype(np.float64), score_map

    def _own_bytes(
        self, n_images: int, shapes: Mapping[str, tuple[int, ...]], n_dims: int | None
    ) -> int:
        """Return the bytes taken besides the features."""
        n_cells = _n_cells(shapes)
        n_channels = n_dims or sum(shape[2] for shape in shapes.values())
        reduced = 4 * n_images * n_cells * n_channels if n_dims else 0
        if n_images < n_channels:
            return reduced + BLOCK_BYTES + min(8 * n_cells * n_images**2, KEPT_BYTES)
        return reduced + BLOCK_BYTES + 4 * n_cells * n_channels**2

    def _refuse_what_does_not_fit(
        self, n_images: int, shapes: Mapping[str, tuple[int, ...]]
    ) -> None:
        n_channels = self.n_dims or sum(shape[2] for shape in shapes.values())
        free = memory.available()
        choices = range(1, n_channels)
        fitting = [n for n in choices if self._own_bytes(n_images, shapes, n) <= free]
        advice = f"n_dims={fitting[-1]} fits" if fitting else "take fewer or smaller images"
        memory.refuse_beyond_available(
            self._own_bytes(n_images, shapes, self.n_dims),
            f"padim with {n_channels} channels",
            advice,
        )


def _n_cells(shapes: Mapping[str, tuple[int, ...]]) -> int:
    """Return the number of cells of the finest grid."""
    shape_of = list(shapes.values())
    return max(shape[0] for shape in shape_of) * max(shape[1] for shape in shape_of)

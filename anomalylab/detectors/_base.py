"""The contract that every detector keeps."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from anomalylab.compute.cost import Cost, seconds_of
from anomalylab.detectors import _storage
from anomalylab.detectors._checks import check_shapes, checked_cells
from anomalylab.detectors._enough import MAX_REFITS as MAX_REFITS
from anomalylab.detectors._enough import TakesImages
from anomalylab.detectors._refits import in_parts
from anomalylab.errors import ParameterError
from anomalylab.features import ON_DEMAND, Features
from anomalylab.registry import unknown_name

LEAVE_OUT = ("none", "group", "folds")


class Detector(TakesImages, ABC):
    """Scores every cell of an image by how far it lies from normal.

    A detector sees features alone: no paths, labels or devices. Subclasses are keyword-only
    dataclasses whose fields are the parameters. They write ``_fit`` and ``_score``; of what they
    learn, arrays and numbers in attributes that end with an underscore are saved.
    """

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {}
    """Named choices of parameters, such as those of a paper."""

    keeps_cells: ClassVar[bool] = False
    """Whether the training cells are kept, so that ``matches`` makes sense."""

    fixed_grid: ClassVar[bool] = False
    """Whether images must be aligned, as when each cell has a model of its own."""

    holds_shrinkage: ClassVar[bool] = False
    """Whether leaving an image out holds shrinkage fixed, and so is not quite a refit."""

    drops_cells: ClassVar[bool] = False
    """Whether it can be fitted on some cells of its training images: ``fit(keep_cells=...)``."""

    prefers_finest: ClassVar[bool] = False
    """Whether, of several stored levels, only those of the finest grid are used by default."""

    learns_by_group: ClassVar[bool] = False
    """Whether a fit itself holds groups out, so that other groups make another fit."""

    held_share: ClassVar[float] = 3.5
    """float32 numbers held, at most, for each value of the images that are scored."""

    levels: tuple[str, ...] | str | None
    """Levels used: named ones, ``"all"`` that are stored, or the method's default."""

    def chosen_levels(self, shapes: Mapping[str, tuple[int, ...]]) -> tuple[str, ...]:
        """Return the names of the levels that are used of those stored in these shapes."""
        if isinstance(self.levels, tuple):
            return self.levels
        if self.levels not in (None, "all"):
            raise ParameterError(f"levels must be a tuple of names, 'all' or None: {self.levels!r}")
        if self.levels == "all" or not self.prefers_finest or not shapes:
            return tuple(shapes)
        n_cells = {name: shape[0] * shape[1] for name, shape in shapes.items()}
        return tuple(name for name in shapes if n_cells[name] == max(n_cells.values()))

    def fit(self, features: Features, *, keep_cells: np.ndarray | None = None) -> Self:
        """Learn what is normal from images that are mostly so.

        Parameters
        ----------
        features : Features
            Of the training images; a reference is held, for ``training_scores``.
        keep_cells : bool ndarray of shape (n_images, n_rows, n_cols), optional
            Cells of the finest grid to learn from, where ``drops_cells``; all by default.

        Raises
        ------
        ParameterError
            If features are not finite or too few, or if cells cannot be left out.
        """
        features = self.own_levels(features)
        if keep_cells is None:
            self._fit(features)
        else:
            self._fit_cells(features, self.checked_cells(features, keep_cells))
        self._training, self._keep_cells = features, keep_cells
        self.shapes_ = {
            name: np.array(level.shape[1:])
            for name, level in features.levels.items()
            if isinstance(level, np.ndarray)
        }
        return self

    def score(self, features: Features) -> tuple[np.ndarray, np.ndarray]:
        """Score images and their cells in one pass.

        Returns
        -------
        image_scores : ndarray of shape (n_images,)
            Higher is more anomalous.
        score_map : float32 ndarray of shape (n_images, n_rows, n_cols)
            One score a cell, in the unit of the detector.

        Raises
        ------
        NotFittedError
            If the detector has not been fitted.
        ParameterError
            If the features have other levels or shapes than those it was fitted on.
        """
        return self._score(self._checked(features))

    def image_scores(self, features: Features) -> np.ndarray:
        """Return one score an image, of shape (n_images,)."""
        return self.score(features)[0]

    def score_map(self, features: Features) -> np.ndarray:
        """Return one score a cell, of shape (n_images, n_rows, n_cols)."""
        return self.score(features)[1]

    def training_scores(self, *, leave_out: str | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Score the training images themselves.

        Parameters
        ----------
        leave_out : {"group", "folds", "none"}, optional
            ``group``: each image is scored as if it and those of its group (``features.groups``)
            had not been in the training set. ``folds``: groups are dealt into ``n_folds`` parts,
            each scored by a fit to the others. ``none``: as the originals do, each image is
            compared with itself too. :meth:`usual_leave_out` if not given.

        Returns
        -------
        image_scores, score_map
            As :meth:`score` returns them.

        Raises
        ------
        ParameterError
            After ``load``: training features are not saved; or beyond ``MAX_REFITS`` refits.
        """
        training = self._own_training()
        leave_out = self.usual_leave_out() if leave_out is None else leave_out
        if leave_out not in LEAVE_OUT:
            unknown_name("value of leave_out", leave_out, LEAVE_OUT)
        if leave_out == "none":
            return self._score(training)
        if leave_out == "folds":
            return self.scores_by_refits(training.group_numbers, self.n_folds)
        return self._leave_out(training.group_numbers)

    def usual_leave_out(self) -> str:
        """Return how training images are scored unless it is said otherwise."""
        return self.leaves_out(self._own_training().n_groups)

    def matches(self, features: Features | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return which training image and cell each cell matched best.

        Parameters
        ----------
        features : Features, optional
            Query images; the training images, each without itself, if not given.

        Returns
        -------
        image : int ndarray of shape (n_images, n_rows, n_cols)
            Row number of the training image.
        cell : int ndarray of shape (n_images, n_rows, n_cols)
            Cell of that image, counted row by row.

        Raises
        ------
        ParameterError
            If the detector keeps no cells (``keeps_cells`` is False).
        """
        raise ParameterError(f"{self.name} keeps no training cells; use knn or patchcore to match")

    def plan(self, n_images: int, shapes: Mapping[str, tuple[int, ...]]) -> Cost:
        """Estimate what fitting takes, and scoring the same images left out as usual.

        Bytes are ``2 n V`` float32, at most, of ``n`` images with ``V`` values in the levels held.
        Seconds are those of reading ``n V`` values ``1 + r`` times, with ``r`` refits of
        :meth:`usual_leave_out`; a detector that does more counts its own operations.

        Parameters
        ----------
        n_images : int
        shapes : mapping
            Level name -> ``(n_rows, n_cols, n_channels)``; a level that is missing is empty.

        Returns
        -------
        cost : Cost
            ``seconds`` of one core: the order of magnitude.
        """
        used = self._used(shapes)
        held = sum(n for name, n in used.items() if name not in ON_DEMAND)
        n_fits = 1 + (n_images if n_images <= MAX_REFITS else self.n_folds)
        return Cost(8 * n_images * held, seconds_of(values=n_fits * n_images * sum(used.values())))

    def _used(self, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
        """Return the values of an image in each level that is used and has a shape."""
        used = self.chosen_levels(shapes)
        return {name: math.prod(shapes[name]) for name in used if name in shapes}

    def save(self, folder: Path) -> None:
        """Write parameters (JSON) and what was learnt (safetensors) to ``folder``."""
        self._check_fitted()
        _storage.save(self, Path(folder))

    @abstractmethod
    def _fit(self, features: Features) -> None:
        """Set the attributes that ``_score`` reads."""

    def _fit_cells(self, features: Features, keep_cells: np.ndarray) -> None:
        """Do what ``_fit`` does, of some cells; written where ``drops_cells``."""
        raise NotImplementedError

    @abstractmethod
    def _score(self, features: Features) -> tuple[np.ndarray, np.ndarray]:
        """Return image scores and score maps; features are checked."""

    def _leave_out(self, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Score each training image by a fit without its group; override with a closed form."""
        n_groups = len(np.unique(groups))
        if n_groups > MAX_REFITS:
            raise ParameterError(
                f"leaving out {n_groups} groups one by one takes as many fits of {self.name}; at "
                f"most {MAX_REFITS} are done; use leave_out='folds'"
            )
        return self.scores_by_refits(groups, n_groups)

    def scores_by_refits(self, groups: np.ndarray, n_parts: int) -> tuple[np.ndarray, np.ndarray]:
        """Score the training images in ``n_parts`` of groups, each by a fit to the others."""
        features, keep = self._own_training(), self._keep_cells

        def refit(inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            kept = None if keep is None else keep[~inside]
            fitted = self.unfitted().fit(features.subset(~inside), keep_cells=kept)
            return fitted.score(features.subset(inside))

        return in_parts(groups, n_parts, refit)

    def unfitted(self) -> Self:
        """Return a detector with the same parameters that has learnt nothing."""
        return replace(self)  # type: ignore[type-var]  # subclasses are dataclasses

    def _own_training(self) -> Features:
        """Return the training features of a detector that was not loaded."""
        self._check_fitted()
        if not hasattr(self, "_training"):
            raise ParameterError(
                "training features are not saved with a detector; fit it again to score them"
            )
        return self._training

    def _checked(self, features: Features) -> Features:
        """Return the levels to score, if they are like those that were fitted."""
        self._check_fitted()
        features = self.own_levels(features)
        n_axes = 3 if self.fixed_grid else 1  # grid and channels, or channels alone
        check_shapes(self.name, self.shapes_, features, n_axes)
        return features

    def own_levels(self, features: Features) -> Features:
        """Return the levels that this detector uses, refused unless they are finite."""
        used = features.only(self.chosen_levels(features.shapes) or features.names)
        used.check_finite()
        return used

    def checked_cells(
        self, features: Features, keep_cells: np.ndarray, n_images: int | None = None
    ) -> np.ndarray:
        """Return the cells to learn from of ``n_images`` like ``features``; else refuse them."""
        shape = (n_images or len(features), *features.grid()) if self.drops_cells else None
        return checked_cells(self.name, keep_cells, shape)

    def _check_fitted(self) -> None:
        if not hasattr(self, "shapes_"):
            from sklearn.exceptions import NotFittedError

            raise NotFittedError(f"{self.name} must be fitted before it scores")

"""The contract that every detector keeps."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from anomalylab.detectors import _storage
from anomalylab.detectors._pool import EXCLUSIONS, MAX_REFITS, Pool, RefitPool
from anomalylab.errors import ParameterError
from anomalylab.features import Features
from anomalylab.registry import Registry, unknown_name

N_FOLDS = 10
"""Groups of training images left out in turn where refits are many."""


class Detector(ABC):
    """Scores every cell of an image by how far it lies from normal.

    A detector sees features and nothing else: no paths, labels or devices. Subclasses are
    keyword-only dataclasses whose fields are the parameters. They write ``_fit`` and ``_score``;
    what they learn is numpy arrays or numbers in attributes that end with an underscore, and
    nothing else is saved. ``levels`` is a field of every detector.
    """

    name: ClassVar[str]
    """Set by :func:`register`."""

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {}
    """Named choices of parameters, such as those of a paper."""

    keeps_cells: ClassVar[bool] = False
    """Whether the training cells are kept, so that ``matches`` and ``keep_cells`` make sense."""

    fixed_grid: ClassVar[bool] = False
    """Whether images must be aligned, as when each cell has a model of its own."""

    holds_shrinkage: ClassVar[bool] = False
    """Whether leaving an image out holds shrinkage fixed, and so is not quite a refit."""

    prefers_finest: ClassVar[bool] = False
    """Whether, of several stored levels, only those of the finest grid are used by default."""

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

    def fit(self, features: Features) -> Self:
        """Learn what is normal from images that are mostly so.

        Parameters
        ----------
        features : Features
            Levels of the training images. A reference is held, for ``training_scores``.

        Raises
        ------
        ParameterError
            If features are not finite, or too few for the method.
        """
        features = self._select(features)
        self._fit(features)
        self._training = features
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

    def training_scores(self, *, exclude: str = "image") -> tuple[np.ndarray, np.ndarray]:
        """Score the training images themselves.

        Parameters
        ----------
        exclude : {"image", "none"}
            ``image``: each image is scored as if it had not been in the training set.
            ``none``: as the originals do, each image is compared with itself too.

        Returns
        -------
        image_scores, score_map
            As :meth:`score` returns them.

        Raises
        ------
        ParameterError
            After ``load``, because training features are not saved.
        """
        if exclude not in EXCLUSIONS:
            unknown_name("value of exclude", exclude, EXCLUSIONS)
        training = self._own_training()
        return self._score(training) if exclude == "none" else self._leave_one_out()

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

    def pool(self, features: Features) -> "Pool":
        """Prepare to be fitted on many subsets of ``features``; by default each is a refit."""
        return RefitPool(self, self._select(features))

    def plan(self, n_images: int, shapes: Mapping[str, tuple[int, ...]]) -> int:
        """Return the bytes that fitting on so many images of these level shapes takes at most."""
        used = [shapes[name] for name in self.chosen_levels(shapes) if name in shapes]
        return 2 * n_images * sum(int(np.prod(shape)) for shape in used) * 4

    def save(self, folder: Path) -> None:
        """Write parameters (JSON) and what was learnt (safetensors) to ``folder``."""
        self._check_fitted()
        _storage.save(self, Path(folder))

    @abstractmethod
    def _fit(self, features: Features) -> None:
        """Set the attributes that ``_score`` reads."""

    @abstractmethod
    def _score(self, features: Features) -> tuple[np.ndarray, np.ndarray]:
        """Return image scores and score maps; features are checked."""

    def _leave_one_out(self) -> tuple[np.ndarray, np.ndarray]:
        """Score each training image by a fit without it; override with a closed form.

        Up to ``MAX_REFITS`` images are left out one by one, more in ``N_FOLDS`` groups.
        """
        features = self._training
        n_images = len(features)
        n_folds = n_images if n_images <= MAX_REFITS else N_FOLDS
        order = np.random.default_rng(0).permutation(n_images)
        parts = [
            self._unfitted()
            .fit(features.subset(np.setdiff1d(order, fold)))
            .score(features.subset(fold))
            for fold in np.array_split(order, n_folds)
        ]
        image_scores, score_maps = (np.concatenate(part) for part in zip(*parts, strict=True))
        place = np.argsort(order)
        return image_scores[place], score_maps[place]

    def _unfitted(self) -> Self:
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
        features = self._select(features)
        self._check_shapes(features)
        return features

    def _select(self, features: Features) -> Features:
        features = features.only(self.chosen_levels(features.shapes) or features.names)
        for name, level in features.levels.items():
            if isinstance(level, np.ndarray) and not is_finite(level):
                raise ParameterError(f"level {name!r} holds NaN or infinite values")
        return features

    def _check_fitted(self) -> None:
        if not hasattr(self, "shapes_"):
            from sklearn.exceptions import NotFittedError

            raise NotFittedError(f"{self.name} must be fitted before it scores")

    def _check_shapes(self, features: Features) -> None:
        n_axes = 3 if self.fixed_grid else 1  # grid and channels, or channels alone
        for name, fitted in self.shapes_.items():
            shape = features.level(name).shape[1:]
            if tuple(shape[-n_axes:]) != tuple(fitted[-n_axes:]):
                raise ParameterError(
                    f"{self.name} was fitted on {name!r} of shape {tuple(fitted.tolist())} "
                    f"and now gets {shape}; use the same backbone and size"
                )


def is_finite(level: np.ndarray, block: int = 64) -> bool:
    """Tell whether all values are finite, reading ``block`` images at a time."""
    return all(
        np.isfinite(level[start : start + block]).all() for start in range(0, len(level), block)
    )


registry: Registry[Detector] = Registry("anomalylab.detectors", "detector")


def register(name: str) -> Callable[[type[Detector]], type[Detector]]:
    """Return a decorator that files a detector class under ``name``."""

    def file_under_name(cls: type[Detector]) -> type[Detector]:
        cls.name = name
        return registry.register(name)(cls)

    return file_under_name


def create(name: str, *, preset: str | None = None, **params: Any) -> Detector:
    """Build a detector from its name, a preset if wanted, and parameters that go before it.

    Raises
    ------
    UnknownNameError
        If the detector, the preset or a parameter does not exist.
    """
    if preset is not None:
        presets = registry.get(name).presets  # type: ignore[attr-defined]
        if preset not in presets:
            unknown_name(f"preset of {name}", preset, presets)
        params = {**presets[preset], **params}
    return registry.create(name, **params)

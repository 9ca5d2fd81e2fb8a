"""Answers for any training subset, the pool that refits and the one that need not."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.features import Features
from anomalylab.registry import unknown_name

if TYPE_CHECKING:
    from anomalylab.detectors._base import Detector

EXCLUSIONS = ("none", "image")

MAX_REFITS = 64
"""Rows up to which a refitting pool leaves images out one by one."""


class Pool(ABC):
    """Answers for any training subset of its images as a refit would.

    ``train`` and ``query`` are unique row numbers in any order; results follow the order of
    ``query``. ``exclude="image"`` scores a query row that is also in ``train`` as if its image
    were not. ``keep_cells`` (bool, (n_train, n_rows, n_cols)) keeps part of the training cells
    and is for detectors that keep cells.
    """

    @abstractmethod
    def score(
        self,
        train: np.ndarray,
        query: np.ndarray,
        *,
        exclude: str = "none",
        keep_cells: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return image scores and score maps of ``query``."""

    def image_scores(self, train: np.ndarray, query: np.ndarray, **options: Any) -> np.ndarray:
        """Return image scores of shape (n_query,); options as in :meth:`score`."""
        return self.score(train, query, **options)[0]

    def score_map(self, train: np.ndarray, query: np.ndarray, **options: Any) -> np.ndarray:
        """Return score maps of shape (n_query, n_rows, n_cols); options as in :meth:`score`."""
        return self.score(train, query, **options)[1]


class RefitPool(Pool):
    """The pool of any detector: fit on the rows of ``train``, score the rows of ``query``."""

    def __init__(self, detector: "Detector", features: Features):
        self.detector = detector
        self.features = features

    def score(
        self,
        train: np.ndarray,
        query: np.ndarray,
        *,
        exclude: str = "none",
        keep_cells: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return image scores and score maps of ``query``, by refitting.

        Raises
        ------
        ParameterError
            If rows repeat or do not exist, if ``keep_cells`` is given, or if more than
            ``MAX_REFITS`` images would have to be left out one by one.
        """
        train, query = self._rows("train", train), self._rows("query", query)
        if keep_cells is not None:
            raise ParameterError(f"{self.detector.name} cannot leave out single cells")
        if exclude not in EXCLUSIONS:
            unknown_name("value of exclude", exclude, EXCLUSIONS)
        inside = np.isin(query, train) if exclude == "image" else np.zeros(len(query), bool)
        if inside.sum() > MAX_REFITS:
            raise ParameterError(
                f"leaving out {inside.sum()} images one by one takes as many refits; "
                f"at most {MAX_REFITS} are done"
            )
        groups = [(train, np.flatnonzero(~inside))] if (~inside).any() else []
        groups += [(train[train != query[i]], np.array([i])) for i in np.flatnonzero(inside)]
        parts = [self._refit(rows, query[where]) for rows, where in groups]
        order = np.argsort(np.concatenate([where for _, where in groups]))
        image_scores, score_maps = (np.concatenate(part) for part in zip(*parts, strict=True))
        return image_scores[order], score_maps[order]

    def _refit(self, train: np.ndarray, query: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        fitted = self.detector._unfitted().fit(self.features.subset(train))
        return fitted.score(self.features.subset(query))

    def _rows(self, name: str, rows: np.ndarray) -> np.ndarray:
        rows = np.asarray(rows)
        n_images = len(self.features)
        if (
            rows.size == 0
            or len(np.unique(rows)) != len(rows)
            or not ((rows >= 0) & (rows < n_images)).all()
        ):
            raise ParameterError(
                f"{name} must be unique row numbers from 0 to {n_images - 1}, not {rows[:10]}"
            )
        return rows


class ClosedFormPool(RefitPool):
    """Leaves out any number of images in closed form; Gaussians hold shrinkage and target fixed."""

    def score(
        self,
        train: np.ndarray,
        query: np.ndarray,
        *,
        exclude: str = "none",
        keep_cells: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return image scores and score maps of ``query``, as a refit would.

        Raises
        ------
        ParameterError
            If rows repeat or do not exist, or if ``keep_cells`` is given.
        """
        train, query = self._rows("train", train), self._rows("query", query)
        if keep_cells is not None:
            raise ParameterError(f"{self.detector.name} cannot leave out single cells")
        if exclude not in EXCLUSIONS:
            unknown_name("value of exclude", exclude, EXCLUSIONS)
        position = np.full(len(self.features), -1)
        if exclude == "image":
            position[train] = np.arange(len(train))
        return self._answer(train, query, position[query])

    @abstractmethod
    def _answer(
        self, train: np.ndarray, query: np.ndarray, position: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Score ``query``; where ``position`` is not -1, as that row of ``train`` left out."""

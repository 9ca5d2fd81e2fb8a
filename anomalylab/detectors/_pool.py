"""Answers for any training subset: the pool that refits, and what faster ones share."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

from anomalylab.detectors._base import MAX_REFITS, Detector
from anomalylab.detectors._registry import registry
from anomalylab.errors import ParameterError
from anomalylab.features import Features
from anomalylab.registry import unknown_name

LEAVE_OUT = ("none", "group")


class Pool(ABC):
    """Answers for any training subset of its images as a refit would.

    ``train`` and ``query`` are unique row numbers in any order; results follow the order of
    ``query``. ``leave_out="group"`` scores a query row that is also in ``train`` as if the images
    of its group were not. ``keep_cells``, bool of shape (n_train, n_rows, n_cols), chooses cells of
    the rows of ``train``, in their order, where a detector has a memory of cells (``drops_cells``);
    others refuse it with a ``ParameterError``. Pools can be pickled: a worker process answers as
    this one does.
    """

    detector: Detector
    """Unfitted; its parameters are those of every fit."""

    features: Features
    """The levels of the detector, of all images."""

    @abstractmethod
    def score(
        self,
        train: np.ndarray,
        query: np.ndarray,
        *,
        leave_out: str = "none",
        keep_cells: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return image scores and score maps of ``query``."""

    def image_scores(
        self,
        train: np.ndarray,
        query: np.ndarray,
        *,
        leave_out: str = "none",
        keep_cells: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return image scores of shape (n_query,)."""
        return self.score(train, query, leave_out=leave_out, keep_cells=keep_cells)[0]

    def score_map(
        self,
        train: np.ndarray,
        query: np.ndarray,
        *,
        leave_out: str = "none",
        keep_cells: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return score maps of shape (n_query, n_rows, n_cols)."""
        return self.score(train, query, leave_out=leave_out, keep_cells=keep_cells)[1]

    def order_maps(
        self,
        train: np.ndarray,
        query: np.ndarray,
        weights: Callable[[int], np.ndarray],
        *,
        leave_out: str = "none",
    ) -> np.ndarray:
        """Score cells by their distances to every training image, where cells are listed.

        Raises
        ------
        ParameterError
            By every pool but that of patchcore with all cells in its memory and exact search.
        """
        raise ParameterError(
            f"{self.detector.name} does not compare cells with every image; use patchcore, with "
            "all cells in its memory and exact search"
        )


class RefitPool(Pool):
    """The pool of any detector: fit on the rows of ``train``, score the rows of ``query``.

    Parameters
    ----------
    detector : Detector
    features : Features
        The levels of the detector.
    """

    def __init__(self, detector: Detector, features: Features):
        self.detector = detector.unfitted()
        self.features = features

    def score(
        self,
        train: np.ndarray,
        query: np.ndarray,
        *,
        leave_out: str = "none",
        keep_cells: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return image scores and score maps of ``query``, by refitting.

        Raises
        ------
        ParameterError
            If rows repeat or do not exist, if more than ``MAX_REFITS`` groups would have to be left
            out one by one, or if ``keep_cells`` is given and the detector has no memory of cells.
        """
        train, query = self._rows("train", train), self._rows("query", query)
        keep_cells = self._checked_cells(train, keep_cells)
        hidden = self.hidden_groups(train, query, leave_out)
        if len(set(hidden[hidden >= 0])) > MAX_REFITS:
            raise ParameterError(
                f"leaving out {len(set(hidden[hidden >= 0]))} images or groups one by one takes as "
                f"many refits; at most {MAX_REFITS} are done"
            )
        groups, places, parts = self.features.group_numbers, [], []
        for group in np.unique(hidden):
            where = np.flatnonzero(hidden == group)
            is_kept = (groups[train] != group) | (group < 0)
            fitted = self._refit(
                train[is_kept], None if keep_cells is None else keep_cells[is_kept]
            )
            places.append(where)
            parts.append(fitted.score(self.features.subset(query[where])))
        order = np.argsort(np.concatenate(places))
        image_scores, score_maps = (np.concatenate(part) for part in zip(*parts, strict=True))
        return image_scores[order], score_maps[order]

    def _refit(self, train: np.ndarray, keep_cells: np.ndarray | None) -> Detector:
        return self.detector.unfitted().fit(self.features.subset(train), keep_cells=keep_cells)

    def _checked_cells(self, train: np.ndarray, keep_cells: np.ndarray | None) -> np.ndarray | None:
        """Return ``keep_cells``, refused where cells cannot be left out or the shape is another."""
        if keep_cells is None:
            return None
        return self.detector.checked_cells(self.features, keep_cells, len(train))

    def hidden_groups(self, train: np.ndarray, query: np.ndarray, leave_out: str) -> np.ndarray:
        """Return the group that each query must not see, -1 for none: (n_query,)."""
        if leave_out not in LEAVE_OUT:
            unknown_name("value of leave_out", leave_out, LEAVE_OUT)
        is_hidden = np.isin(query, train) & (leave_out == "group")
        return np.where(is_hidden, self.features.group_numbers[query], -1)

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
    """Leaves out any number of groups in closed form; Gaussians hold shrinkage and target fixed."""

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
            If rows repeat or do not exist, or if ``keep_cells`` is given.
        """
        return self._answer(*self._question(train, query, leave_out, keep_cells))

    def image_scores(
        self,
        train: np.ndarray,
        query: np.ndarray,
        *,
        leave_out: str = "none",
        keep_cells: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return image scores of shape (n_query,); no map is made where scores need none."""
        return self._answer_images(*self._question(train, query, leave_out, keep_cells))

    def _question(
        self,
        train: np.ndarray,
        query: np.ndarray,
        leave_out: str,
        keep_cells: np.ndarray | None,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        train, query = self._rows("train", train), self._rows("query", query)
        self._checked_cells(train, keep_cells)
        position = np.full(len(self.features), -1)
        if (self.hidden_groups(train, query, leave_out) >= 0).any():
            position[train] = np.arange(len(train))
        return train, query, position[query]

    @abstractmethod
    def _answer(
        self, train: np.ndarray, query: np.ndarray, position: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Score ``query``; where ``position`` is not -1, as the group of that row of ``train``."""

    def _answer_images(
        self, train: np.ndarray, query: np.ndarray, position: np.ndarray
    ) -> np.ndarray:
        """Return the image scores of ``_answer``; written where they come without maps."""
        return self._answer(train, query, position)[0]


Maker = Callable[[Any, Features], Pool | None]

_FAST: dict[str, Maker] = {}


def fast_pool(name: str) -> Callable[[Maker], Maker]:
    """Return a decorator that files what makes the fast pool of the detector ``name``.

    It gets an unfitted detector and its levels, and returns None where a refit is better.
    """

    def file_under_name(maker: Maker) -> Maker:
        _FAST[name] = maker
        return maker

    return file_under_name


def pool_of(detector: Detector, features: Features) -> Pool:
    """Prepare to be fitted on many subsets of ``features``: a fast pool if there is one.

    Parameters
    ----------
    detector : Detector
        Only its parameters matter.
    features : Features

    Returns
    -------
    pool : Pool
        Refits where the detector has no faster way.
    """
    list(registry)  # pools are filed when the detectors' modules are imported
    features = detector.own_levels(features)
    maker = _FAST.get(detector.name)
    pool = maker(detector.unfitted(), features) if maker is not None else None
    return RefitPool(detector, features) if pool is None else pool

"""KNN: the distance of an image to its nearest normal images, with the maps of SPADE.

References
----------
.. [1] Bergman, Cohen & Hoshen (2020). Deep Nearest Neighbor Anomaly Detection.
   https://arxiv.org/abs/2002.10445
.. [2] Cohen & Hoshen (2020). Sub-Image Anomaly Detection with Deep Pyramid Correspondences.
   https://arxiv.org/abs/2005.02357
.. [3] Cordier, Missaoui & Gutierrez (2022). Data refinement for fully unsupervised visual
   inspection using pre-trained networks. https://arxiv.org/abs/2202.12759
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from anomalylab.compute.cost import Cost, seconds_of, seconds_of_search
from anomalylab.compute.grouped_search import GroupedSearch
from anomalylab.compute.nearest import nearest_neighbours
from anomalylab.detectors._enough import Shapes
from anomalylab.detectors._masked import Masked
from anomalylab.detectors._registry import register
from anomalylab.errors import ParameterError
from anomalylab.features import Features, enlargement
from anomalylab.registry import unknown_name

GALLERIES = ("all", "same_location")

LEVEL_NORMS = ("none", "l2", "std")


@register("knn")
@dataclass(kw_only=True)
class KNN(Masked):
    """``1/k sum over j <= k of |x - x_j|`` with ``x_j`` the nearest training images of ``x`` [1]_.

    ``x`` is the mean over cells of the features of an image.

    The map compares each cell with cells of these images only [2]_: per level, then enlarged
    bilinearly to the finest grid and averaged over levels.

    Parameters
    ----------
    levels : tuple of str or "all", optional
        Levels to use; all by default.
    k : int
        Nearest images.
    squared : bool
        Average squared distances, in image scores and maps.
    level_norm : {"none", "l2", "std"}
        Before levels are put side by side: leave them as they are, divide each by its own length,
        or by its spread over the training images.
    gallery : {"all", "same_location"}
        Cells that a cell is compared with: all cells of the k images, of which the ``kappa``
        nearest are averaged; or the k cells at the same place [3]_.
    kappa : int
        Nearest cells averaged when ``gallery="all"``.

    Attributes
    ----------
    embeddings_ : float32 ndarray of shape (n_images, n_channels)
    spreads_ : dict of float64 ndarray of shape ()
        What each level is divided by when ``level_norm="std"``.
    cells_ : dict of float32 ndarray of shape (n_images, n_rows, n_cols, n_channels)
        The training levels.
    """

    keeps_cells: ClassVar[bool] = True
    held_share: ClassVar[float] = 0.25
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "sroc": {"k": 5, "squared": True, "gallery": "same_location"},
        "spade": {"k": 50, "gallery": "all", "kappa": 1},
    }

    levels: tuple[str, ...] | str | None = None
    k: int = 5
    squared: bool = False
    level_norm: str = "none"
    gallery: str = "all"
    kappa: int = 1

    def __post_init__(self) -> None:
        if self.level_norm not in LEVEL_NORMS:
            unknown_name("level_norm of knn", self.level_norm, LEVEL_NORMS)
        if self.gallery not in GALLERIES:
            unknown_name("gallery of knn", self.gallery, GALLERIES)
        for name in ("k", "kappa"):
            if getattr(self, name) < 1:
                raise ParameterError(f"{name} must be at least 1, not {getattr(self, name)}")

    def matches(self, features: Features | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return, on the first of the finest levels, the training image and cell nearest to each.

        Parameters, results and errors are those of the base class. Only the k nearest images are
        looked at.
        """
        hidden = self._own_training().group_numbers if features is None else None
        features = self._own_training() if features is None else self._checked(features)
        images = self._nearest_images(self.embed(features), hidden)[1]
        finest = max(features.names, key=lambda name: features.level(name)[0, ..., 0].size)
        pairs = zip(features.level(finest), images, strict=True)
        found = [self._nearest_cells(finest, image, near)[1][..., 0] for image, near in pairs]
        place, cell = np.divmod(np.stack(found), self.cells_[finest][0, ..., 0].size)
        return images[np.arange(len(images))[:, None, None], place], cell

    def plan(self, n_images: int, shapes: Mapping[str, tuple[int, ...]]) -> Cost:
        """Estimate what fitting takes, and scoring the same images left out.

        Bytes are those of levels, twice, and a gallery, at most. Seconds are those of ``k V``
        values an image, its gallery, and, unless cells at the same place alone are compared, of a
        search for the ``c`` cells of each level among ``k c``: one core takes 0.3 to 3 times as
        long for lite0 at 224 and 60 to 209 images.
        """
        numbers = sum(int(np.prod(shape)) for shape in shapes.values())
        used = self._used(shapes)
        an_image = seconds_of(values=self.k * sum(used.values()))
        if self.gallery != "same_location":
            grids = [(shapes[name][0] * shapes[name][1], shapes[name][2]) for name in used]
            an_image += sum(seconds_of_search(c, self.k * c, width) for c, width in grids)
        return Cost(bytes=4 * numbers * (n_images + 3 * self.k), seconds=n_images * an_image)

    def _fit(self, features: Features) -> None:
        self.refuse_too_few(len(features), features.shapes)
        self.spreads_ = {name: spread(features.pooled([name])) for name in features.names}
        self.cells_ = {name: features.level(name) for name in features.names}
        self.embeddings_ = self.embed(features)

    def _judge(
        self, features: Features, hidden: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        squared, images = self._nearest_images(self.embed(features), hidden)
        return self.mean_distance(squared, axis=1), self.maps_of(features, images)

    def mean_distance(self, squared: np.ndarray, axis: int) -> np.ndarray:
        """Return the mean of distances, or of their squares as parameters say, along an axis."""
        mean: np.ndarray = (squared if self.squared else np.sqrt(squared)).mean(axis=axis)
        return mean

    def maps_of(self, features: Features, images: np.ndarray) -> np.ndarray:
        """Return score maps, the cells of each image compared with those of its nearest images.

        Parameters
        ----------
        features : Features
        images : int ndarray of shape (n_images, k)
            Rows of ``cells_``.

        Returns
        -------
        score_map : float32 ndarray of shape (n_images, n_rows, n_cols)
        """
        from anomalylab.compute.threads import in_pieces

        n_rows, n_cols = features.grid()
        score_map = np.zeros((len(features), n_rows, n_cols))
        for name in features.names:
            level = features.level(name)
            by_rows = enlargement(level.shape[1], n_rows, "bilinear")
            by_cols = enlargement(level.shape[2], n_cols, "bilinear")
            pairs = list(zip(level, images, strict=True))
            found = in_pieces(partial(self._cell_distances, name), pairs)
            for target, distance in zip(score_map, found, strict=True):
                target += by_rows @ distance @ by_cols.T / len(features.names)
        return score_map.astype(np.float32)

    def _cell_distances(self, name: str, pair: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        return self.mean_distance(self._nearest_cells(name, *pair)[0], axis=2)

    def embed(self, features: Features) -> np.ndarray:
        """Return the pooled levels side by side, scaled as wished: (n_images, n_channels)."""
        parts = []
        for name in features.names:
            pooled = features.pooled([name])
            if self.level_norm == "l2":
                length = np.linalg.norm(pooled, axis=1, keepdims=True)
                pooled = pooled / np.where(length > 0, length, 1)
            elif self.level_norm == "std":
                pooled = pooled / self.spreads_[name]
            parts.append(pooled.astype(np.float32))
        return np.concatenate(parts, axis=1)

    def refuse_too_few(self, n_images: int, shapes: Shapes) -> None:
        """Refuse fewer training images than there are neighbours."""
        if n_images < self.k:
            raise ParameterError(
                f"knn compares with k={self.k} images and gets {n_images}; "
                "lower k or give more images"
            )

    def refuse_too_few_left(self, n_left: int, n_images: int, shapes: Shapes) -> None:
        """Refuse fewer training images than neighbours, once a group is left out."""
        if n_left < self.k:
            raise ParameterError(
                f"to leave images out, knn needs more than k={self.k} training images: without one "
                f"group {n_left} are left; lower k or give more images"
            )

    def _nearest_images(
        self, embeddings: np.ndarray, hidden: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return squared distances and rows of the k nearest training images, (n_images, k).

        ``hidden`` is the group of training images that each image must not see, None for none.
        """
        if hidden is None:
            return nearest_neighbours(self.embeddings_).search(embeddings, self.k)
        groups = self._own_training().group_numbers
        self.refuse_too_few_left(self._n_left(groups), len(groups), {})
        searcher = GroupedSearch(
            lambda bank, groups: nearest_neighbours(bank, groups=groups), self.embeddings_, groups
        )
        return searcher.search(embeddings, self.k, exclude_groups=hidden)

    def _nearest_cells(
        self, name: str, image: np.ndarray, near: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Compare the cells of one image with those of the training images ``near``.

        Returns
        -------
        squared : ndarray of shape (n_rows, n_cols, n_nearest)
            Squared distances, nearest first.
        which : int ndarray of shape (n_rows, n_cols, n_nearest)
            Cells counted through the images ``near``, row by row.
        """
        gallery = self.cells_[name][near]
        grid = image.shape[:2]
        if self.gallery == "same_location":
            return _same_location(image, gallery)
        searcher = nearest_neighbours(gallery.reshape(-1, gallery.shape[3]))
        squared, which = searcher.search(image.reshape(-1, image.shape[2]), self.kappa)
        return squared.reshape(*grid, self.kappa), which.reshape(*grid, self.kappa)


def _same_location(image: np.ndarray, gallery: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if image.shape != gallery.shape[1:]:
        raise ParameterError(
            f"cells at the same place need images of one size; the training images have the grid "
            f"{gallery.shape[1:3]} and this one {image.shape[:2]}; use gallery='all'"
        )
    difference = image.astype(np.float64) - gallery
    squared = np.moveaxis(np.einsum("nrcd,nrcd->nrc", difference, difference), 0, 2)
    n_cells = image[..., 0].size
    cell = np.arange(n_cells).reshape(*image.shape[:2], 1)
    which = np.arange(len(gallery)) * n_cells + cell
    order = squared.argsort(axis=2, kind="stable")
    return np.take_along_axis(squared, order, 2), np.take_along_axis(which, order, 2)


def spread(pooled: np.ndarray) -> np.ndarray:
    """Return the root mean squared deviation from the mean over images, or 1 if there is none."""
    deviation = np.sqrt(pooled.var(axis=0, dtype=np.float64).mean())
    return np.array(deviation if deviation > 0 else 1.0)

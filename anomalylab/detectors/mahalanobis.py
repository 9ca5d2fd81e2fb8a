"""Mahalanobis: one Gaussian of the pooled features of a level, summed over levels.

The map needs no gradient through the network: the distance of a level depends on the mean over
cells alone, so its gradient is the same vector at every cell and has a closed form.

References
----------
.. [1] Rippel, Mertens & Merhof (2021). Modeling the Distribution of Normal Data in Pre-Trained
   Deep Features for Anomaly Detection. https://arxiv.org/abs/2005.14140
.. [2] Selvaraju et al. (2017). Grad-CAM: Visual Explanations from Deep Networks via
   Gradient-based Localization. https://arxiv.org/abs/1610.02391
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from anomalylab.compute import gaussian, shrinkage
from anomalylab.compute.cost import Cost, seconds_of
from anomalylab.detectors._base import Detector
from anomalylab.detectors._registry import register
from anomalylab.errors import ParameterError
from anomalylab.features import Features, enlargement
from anomalylab.registry import unknown_name

MAPS = ("centred", "gradcam")

Vectors = dict[str, np.ndarray]
"""Level name -> one vector an image, of shape (n_images, n_channels)."""


@register("mahalanobis")
@dataclass(kw_only=True)
class Mahalanobis(Detector):
    """``sum of sqrt((x - mu)' S^-1 (x - mu))`` over levels, ``x`` the mean features of an image.

    ``mu`` and ``S`` are mean and covariance of ``x`` over the training images. The covariance of
    each level is shrunk after Ledoit & Wolf. Leaving images out holds the amount of shrinkage and
    its target fixed; all else is exact.

    Parameters
    ----------
    levels : tuple of str or "all", optional
        Levels whose distances are added; all by default.
    map : {"centred", "gradcam"}
        ``centred``: the gradient of the distance times the features less their mean, which sums
        over a level's cells to the distance. Coarse cells share theirs among the cells they
        cover, so that where grids are multiples of each other the map sums to the image score.
        ``gradcam``: the gradient times the features where positive, averaged over levels [2]_.
        Either way levels are enlarged bilinearly to the finest grid.

    Attributes
    ----------
    mean_ : dict of float64 ndarray of shape (n_channels,)
    scale_, factor_ : dict of float64 ndarray of shape () and (n_rows, n_channels)
        The inverse covariance, as :func:`anomalylab.compute.gaussian.precision` returns it.
    """

    holds_shrinkage: ClassVar[bool] = True
    held_share: ClassVar[float] = 0.25
    has_closed_form: ClassVar[bool] = True
    least_images: ClassVar[int] = 2
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "sroc": {"levels": ("block4", "block6", "block7"), "map": "gradcam"},
        "rippel": {"levels": None},
    }

    levels: tuple[str, ...] | str | None = None
    map: str = "centred"

    def __post_init__(self) -> None:
        if self.map not in MAPS:
            unknown_name("map of mahalanobis", self.map, MAPS)

    def plan(self, n_images: int, shapes: Mapping[str, tuple[int, ...]]) -> Cost:
        """Estimate what fitting takes, and scoring the same images left out.

        Seconds are those of ``n V`` values, of which means and maps are made, and ``6 n m d``
        products a level, with ``V`` values an image, ``d`` channels and ``m = min(n, d)``: one core
        takes 0.3 to 3 times as long for lite0 at 224 and 60 to 209 images. Bytes are the base
        class'.
        """
        used = self._used(shapes)
        widths = [shapes[name][2] for name in used]
        products = sum(6 * n_images * min(n_images, width) * width for width in widths)
        seconds = seconds_of(values=n_images * sum(used.values()), products=products)
        return replace(super().plan(n_images, shapes), seconds=seconds)

    def _fit(self, features: Features) -> None:
        self.learn(pooled(features))

    def _score(self, features: Features) -> tuple[np.ndarray, np.ndarray]:
        distances, gradients, means = self.distances(pooled(features))
        return distances, self.map_of(features, gradients, means)

    def _leave_out(self, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        distances, gradients, means = self.left_out(pooled(self._training), groups)
        return distances, self.map_of(self._training, gradients, means)

    def learn(self, vectors: Vectors) -> None:
        """Estimate the Gaussian of each level from vectors of shape (n_images, n_channels)."""
        n_images = len(next(iter(vectors.values())))
        self.refuse_too_few(n_images, {})
        self.mean_, self.scale_, self.factor_ = {}, {}, {}
        self._covariance = {}
        for name, level in vectors.items():
            mean = level.mean(axis=0)
            covariance = _covariance(name, mean, level - mean)
            self.mean_[name], self._covariance[name] = mean, covariance
            self.scale_[name], self.factor_[name] = gaussian.precision(
                level - mean, covariance.identity, covariance.weight(n_images)
            )

    def distances(self, vectors: Vectors) -> tuple[np.ndarray, Vectors, Vectors]:
        """Return the distances of images, and by level their gradients and the mean."""
        gradients, means, distances = {}, {}, []
        for name, mean in self.mean_.items():
            centred = vectors[name] - mean
            weighted = gaussian.apply_precision(self.scale_[name], self.factor_[name], centred)
            distance, gradients[name] = _distance_and_gradient(centred, weighted)
            means[name] = np.broadcast_to(mean, centred.shape)
            distances.append(distance)
        return np.sum(distances, axis=0), gradients, means

    def left_out(self, vectors: Vectors, groups: np.ndarray) -> tuple[np.ndarray, Vectors, Vectors]:
        """Return the same for the training images, groups left out of mean and covariance.

        Parameters
        ----------
        vectors : dict
            Of the training images.
        groups : int ndarray of shape (n_images,)
            Images of one number are left out together.
        """
        gradients, means, distances = {}, {}, []
        by_size = gaussian.groups_by_size(groups)
        for name, mean in self.mean_.items():
            centred = vectors[name] - mean
            weighted = _left_out_weighted(centred, self._covariance[name], by_size)
            shift = _mean_shift(centred, by_size)
            distance, gradients[name] = _distance_and_gradient(centred + shift, weighted)
            means[name] = mean - shift
            distances.append(distance)
        return np.sum(distances, axis=0), gradients, means

    def map_of(
        self,
        features: Features,
        gradients: Vectors,
        means: Vectors,
    ) -> np.ndarray:
        """Return the map of each image from the gradients of its distance: (n, rows, cols)."""
        n_rows, n_cols = features.grid(gradients)
        score_map = np.zeros((len(features), n_rows, n_cols))
        for name, gradient in gradients.items():
            part = self.level_map(features.level(name), gradient, means[name])
            by_rows = enlargement(part.shape[1], n_rows, "bilinear")
            by_cols = enlargement(part.shape[2], n_cols, "bilinear")
            covered = n_rows * n_cols / part[0].size if self.map == "centred" else len(gradients)
            score_map += by_rows @ part @ by_cols.T / covered
        return score_map.astype(np.float32)

    def level_map(self, level: np.ndarray, gradient: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Return what each cell of a level adds to the distance.

        Parameters
        ----------
        level : float32 ndarray of shape (n_images, n_rows, n_cols, n_channels)
        gradient : ndarray of shape (n_images, n_channels)
            Gradient of the distance with respect to the mean over cells.
        mean : ndarray of shape (n_images, n_channels)
            Mean of the normal images, as each image sees it.

        Returns
        -------
        level_map : float64 ndarray of shape (n_images, n_rows, n_cols)
        """
        level_map = np.empty(level.shape[:3])
        for i, image in enumerate(level):
            deviation = image - mean[i] if self.map == "centred" else image
            level_map[i] = deviation @ gradient[i] / image[..., 0].size
        return level_map if self.map == "centred" else np.maximum(level_map, 0)


def pooled(features: Features) -> Vectors:
    """Return each level's mean over cells, float64 of shape (n_images, n_channels)."""
    return {
        name: features.level(name).mean(axis=(1, 2), dtype=np.float64) for name in features.names
    }


def _covariance(name: str, mean: np.ndarray, centred: np.ndarray) -> shrinkage.Covariance:
    square_norms = np.square(centred).sum(axis=1)
    if shrinkage.is_flat(square_norms.mean(), np.square(mean).sum()):
        raise ParameterError(
            f"level {name!r} is the same in all training images; leave it out or check the images"
        )
    is_wide = len(centred) < centred.shape[1]
    products = centred @ centred.T if is_wide else centred.T @ centred
    return shrinkage.ledoit_wolf(square_norms, np.square(products).sum(), centred.shape[1])


def _left_out_weighted(
    centred: np.ndarray, covariance: shrinkage.Covariance, by_size: gaussian.Groups
) -> np.ndarray:
    """Return inverse covariance times deviation of each image, its group left out of both."""
    n_images, found = len(centred), np.empty_like(centred)
    for size, members in by_size.items():
        weight = covariance.weight(n_images - size)
        factors = gaussian.precision(centred, covariance.identity, weight)
        weighted = gaussian.apply_precision(*factors, centred)
        if size == 1:
            rows = members[:, 0]
            inside = np.einsum("nd,nd->n", centred[rows], weighted[rows])
            gap = gaussian.leverage_gap(inside, weight, n_images)
            found[rows] = weighted[rows] * (n_images / (n_images - 1) / gap)[:, None]
            continue
        for rows in members:
            inside = centred[rows] @ weighted[rows].T
            found[rows] = gaussian.weighted_group_left_out(weighted[rows], inside, weight, n_images)
    return found


def _mean_shift(centred: np.ndarray, by_size: gaussian.Groups) -> np.ndarray:
    """Return how far the mean moves away from an image when its group is left out."""
    shift = np.empty_like(centred)
    for size, members in by_size.items():
        for rows in members:
            shift[rows] = centred[rows].sum(axis=0) / (len(centred) - size)
    return shift


def _distance_and_gradient(
    centred: np.ndarray, weighted: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return distances and their gradients with respect to the pooled features."""
    distance = np.sqrt(np.maximum(np.einsum("nd,nd->n", centred, weighted), 0))
    safe = np.where(distance > 0, distance, 1)[:, None]
    return distance, weighted / safe

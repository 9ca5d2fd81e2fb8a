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
from anomalylab.detectors._base import Detector, register
from anomalylab.detectors._pool import ClosedFormPool
from anomalylab.errors import ParameterError
from anomalylab.features import Features, enlargement
from anomalylab.registry import unknown_name

MAPS = ("centred", "gradcam")

Vectors = dict[str, np.ndarray]
"""Level name -> one vector an image, of shape (n_images, n_channels)."""


@register("mahalanobis")
@dataclass(kw_only=True)
class Mahalanobis(Detector):
    """Distance of an image's mean features to the Gaussian of normal ones, summed over levels.

    The covariance of each level is shrunk after Ledoit & Wolf. Leaving an image out holds the
    amount of shrinkage and its target fixed; all else is exact.

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
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "sroc": {"levels": ("block4", "block6", "block7"), "map": "gradcam"},
        "rippel": {"levels": None},
    }

    levels: tuple[str, ...] | str | None = None
    map: str = "centred"

    def __post_init__(self) -> None:
        if self.map not in MAPS:
            unknown_name("map of mahalanobis", self.map, MAPS)

    def pool(self, features: Features) -> "MahalanobisPool":
        """Pool the features once; a subset is then a choice of rows."""
        return MahalanobisPool(self, self._select(features))

    def _fit(self, features: Features) -> None:
        self._learn(pooled(features))

    def _score(self, features: Features) -> tuple[np.ndarray, np.ndarray]:
        distances, gradients, means = self._distances(pooled(features))
        return distances, self._map(features, gradients, means)

    def _leave_one_out(self) -> tuple[np.ndarray, np.ndarray]:
        distances, gradients, means = self._left_out(pooled(self._training))
        return distances, self._map(self._training, gradients, means)

    def _learn(self, vectors: Vectors) -> None:
        """Estimate the Gaussian of each level from vectors of shape (n_images, n_channels)."""
        n_images = len(next(iter(vectors.values())))
        if n_images < 2:
            raise ParameterError(f"mahalanobis needs at least 2 training images, not {n_images}")
        self.mean_, self.scale_, self.factor_ = {}, {}, {}
        self._covariance = {}
        for name, level in vectors.items():
            mean = level.mean(axis=0)
            covariance = _covariance(name, mean, level - mean)
            self.mean_[name], self._covariance[name] = mean, covariance
            self.scale_[name], self.factor_[name] = gaussian.precision(
                level - mean, covariance.identity, covariance.weight(n_images)
            )

    def _distances(self, vectors: Vectors) -> tuple[np.ndarray, Vectors, Vectors]:
        """Return the distances of images, and by level their gradients and the mean."""
        gradients, means, distances = {}, {}, []
        for name, mean in self.mean_.items():
            centred = vectors[name] - mean
            weighted = gaussian.apply_precision(self.scale_[name], self.factor_[name], centred)
            distance, gradients[name] = _distance_and_gradient(centred, weighted)
            means[name] = np.broadcast_to(mean, centred.shape)
            distances.append(distance)
        return np.sum(distances, axis=0), gradients, means

    def _left_out(self, vectors: Vectors) -> tuple[np.ndarray, Vectors, Vectors]:
        """Return the same for the training images, each left out of mean and covariance."""
        gradients, means, distances = {}, {}, []
        for name, mean in self.mean_.items():
            centred = vectors[name] - mean
            n_others = len(centred) - 1
            weighted = _left_out_weighted(centred, self._covariance[name])
            outside = centred * (n_others + 1) / n_others
            distance, gradients[name] = _distance_and_gradient(outside, weighted)
            means[name] = mean - centred / n_others
            distances.append(distance)
        return np.sum(distances, axis=0), gradients, means

    def _map(
        self,
        features: Features,
        gradients: Vectors,
        means: Vectors,
    ) -> np.ndarray:
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


class MahalanobisPool(ClosedFormPool):
    """The pooled features of all images."""

    def __init__(self, detector: Mahalanobis, features: Features):
        super().__init__(detector, features)
        self._detector = detector
        self._vectors = pooled(features)

    def _answer(
        self, train: np.ndarray, query: np.ndarray, position: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        fitted = replace(self._detector)
        training = {name: level[train] for name, level in self._vectors.items()}
        fitted._learn(training)
        distances, gradients, means = fitted._distances(
            {name: level[query] for name, level in self._vectors.items()}
        )
        is_left_out = position >= 0
        if is_left_out.any():
            rows = position[is_left_out]
            left_out, left_out_gradients, left_out_means = fitted._left_out(training)
            distances[is_left_out] = left_out[rows]
            for name in gradients:
                gradients[name][is_left_out] = left_out_gradients[name][rows]
                means[name] = np.array(means[name])
                means[name][is_left_out] = left_out_means[name][rows]
        return distances, fitted._map(self.features.subset(query), gradients, means)


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


def _left_out_weighted(centred: np.ndarray, covariance: shrinkage.Covariance) -> np.ndarray:
    """Return inverse covariance times deviation of each image, left out of both."""
    n_images = len(centred)
    weight = covariance.weight(n_images - 1)
    factors = gaussian.precision(centred, covariance.identity, weight)
    weighted = gaussian.apply_precision(*factors, centred)
    inside = np.einsum("nd,nd->n", centred, weighted)
    gap = gaussian.leverage_gap(inside, weight, n_images)
    return weighted * (n_images / (n_images - 1) / gap)[:, None]


def _distance_and_gradient(
    centred: np.ndarray, weighted: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return distances and their gradients with respect to the pooled features."""
    distance = np.sqrt(np.maximum(np.einsum("nd,nd->n", centred, weighted), 0))
    safe = np.where(distance > 0, distance, 1)[:, None]
    return distance, weighted / safe

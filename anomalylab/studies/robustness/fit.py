"""The Gaussian that the detector mahalanobis fits, kept so that it can be looked at from any side.

``S = identity * I + weight * Xc' Xc`` is never written out: all that is asked of it is its part
along a few directions, which needs products with the images only.
"""

from dataclasses import dataclass

import numpy as np

from anomalylab.compute.shrinkage import is_flat, ledoit_wolf
from anomalylab.errors import ParameterError


@dataclass(frozen=True)
class Fit:
    """A Gaussian of images, its covariance shrunk after Ledoit and Wolf.

    Parameters
    ----------
    mean : float64 ndarray of shape (n_channels,)
    identity, weight : float
        The covariance is ``identity * I + weight * centred' centred``.
    centred : float64 ndarray of shape (n_images, n_channels)
        The images less their mean.
    """

    mean: np.ndarray
    identity: float
    weight: float
    centred: np.ndarray

    def covariance_along(self, directions: np.ndarray) -> np.ndarray:
        """Return ``A' S A`` for directions ``A`` of shape (n_channels, k): (k, k)."""
        along = self.centred @ directions
        inside: np.ndarray = self.weight * (along.T @ along)
        covariance: np.ndarray = inside + self.identity * (directions.T @ directions)
        return covariance

    def variances(self) -> np.ndarray:
        """Return the variance of each channel, the diagonal of ``S``: (n_channels,)."""
        inside: np.ndarray = self.weight * np.square(self.centred).sum(axis=0)
        return inside + self.identity


def fit(vectors: np.ndarray) -> Fit:
    """Estimate mean and covariance as the detector mahalanobis does.

    Parameters
    ----------
    vectors : ndarray of shape (n_images, n_channels)

    Raises
    ------
    ParameterError
        If there are fewer than two images, or all are the same.
    """
    vectors = np.asarray(vectors, np.float64)
    if len(vectors) < 2:
        raise ParameterError(f"a Gaussian needs at least 2 images, not {len(vectors)}")
    mean = vectors.mean(axis=0)
    centred = vectors - mean
    square_norms = np.square(centred).sum(axis=1)
    if is_flat(square_norms.mean(), np.square(mean).sum()):
        raise ParameterError("all images have the same features; check the images or the level")
    gram = centred @ centred.T
    found = ledoit_wolf(square_norms, np.square(gram).sum(), vectors.shape[1])
    return Fit(mean, float(found.identity), float(found.weight(len(vectors))), centred)

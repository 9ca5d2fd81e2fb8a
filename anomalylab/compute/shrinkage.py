"""Covariances that can always be inverted: ``identity * I + weight * Xc' Xc``.

Ledoit-Wolf shrinkage needs three sums only, the same ones from the Gram matrix ``Xc Xc'`` as
from ``Xc' Xc``: so it costs O(n^2) where images are fewer than channels.

References
----------
.. [1] Ledoit & Wolf (2004). A well-conditioned estimator for large-dimensional covariance
   matrices. Journal of Multivariate Analysis 88. https://doi.org/10.1016/S0047-259X(03)00096-4
.. [2] Defard et al. (2021). PaDiM: a Patch Distribution Modeling Framework for Anomaly
   Detection and Localization. https://arxiv.org/abs/2011.08785
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

MIN_SHRINKAGE = 1e-6
"""Shrinkage below which a covariance of fewer images than channels could not be inverted."""

RIDGE = 0.01
"""What PaDiM adds to the diagonal of a sample covariance [2]_."""

FLAT = 1e-14
"""Total variance over squared length of the mean below which float32 features are constant."""


class Covariance(NamedTuple):
    """The covariance ``identity * I + share / (n - ddof) * Xc' Xc`` of each of many cells.

    Parameters
    ----------
    identity : float64 ndarray of shape (...)
    share : float64 ndarray of shape (...)
        Part of the sample covariance that is kept.
    ddof : int
        Degrees of freedom taken off the number of images.
    """

    identity: np.ndarray
    share: np.ndarray
    ddof: int

    def weight(self, n_images: int) -> np.ndarray:
        """Return what ``Xc' Xc`` of so many images is multiplied by, of shape (...)."""
        return self.share / max(n_images - self.ddof, 1)

    def of(self, cells: slice) -> "Covariance":
        """Return the covariances of some cells."""
        return Covariance(self.identity[cells], self.share[cells], self.ddof)

    @classmethod
    def joined(cls, parts: Sequence["Covariance"]) -> "Covariance":
        """Return the covariances of several blocks of cells as one."""
        identity, share = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
        return cls(identity, share, parts[0].ddof)


def ledoit_wolf(square_norms: np.ndarray, square_sum: np.ndarray, n_channels: int) -> Covariance:
    """Shrink sample covariances ``C``: ``S = (1 - a) C + a tr(C) / p I``, for ``p`` channels [1]_.

    ``a = min(b, d) / d``, where ``d = |C - tr(C) / p I|^2 / p`` is how far the covariance lies from
    the identity's multiple, and ``b`` estimates the part of it that is noise.

    Parameters
    ----------
    square_norms : ndarray of shape (..., n_images)
        Squared lengths of the centred vectors, the diagonal of the Gram matrix.
    square_sum : ndarray of shape (...)
        Sum of the squared entries of the Gram matrix, or of ``Xc' Xc``: they are equal.
    n_channels : int

    Returns
    -------
    covariance : Covariance
        With the biased sample covariance and a shrinkage of at least ``MIN_SHRINKAGE``.
    """
    n_images = square_norms.shape[-1]
    trace = square_norms.mean(axis=-1)
    target = trace / n_channels
    second = square_sum / n_images**2
    noise = ((square_norms**2).mean(axis=-1) - second) / (n_channels * n_images)
    distance = (second - 2 * target * trace + n_channels * target**2) / n_channels
    shrinkage = np.divide(
        np.minimum(noise, distance), distance, out=np.zeros_like(distance), where=distance > 0
    )
    if n_channels == 1:  # the target is the covariance itself
        shrinkage = np.zeros_like(shrinkage)
    shrinkage = np.maximum(shrinkage, MIN_SHRINKAGE)
    return Covariance(shrinkage * target, 1 - shrinkage, ddof=0)


def ridge(shape: tuple[int, ...]) -> Covariance:
    """Return the covariance ``Xc' Xc / (n - 1) + RIDGE * I`` [2]_."""
    return Covariance(np.full(shape, RIDGE), np.ones(shape), ddof=1)


def is_flat(variances: np.ndarray, square_means: np.ndarray) -> np.ndarray:
    """Tell which cells are the same in all images, but for the rounding of float32.

    Parameters
    ----------
    variances : ndarray of shape (...)
        Sum of the variances of all channels.
    square_means : ndarray of shape (...)
        Squared length of the mean vector.
    """
    return variances <= FLAT * square_means


@dataclass(frozen=True)
class Estimator:
    """How covariances follow from the sums that a block of cells yields.

    Parameters
    ----------
    kind : {"ledoit_wolf", "ridge"}
    is_flat : bool ndarray of shape (n_cells,)
        Cells that do not vary; under Ledoit-Wolf they get ``variance * I``.
    variance : float
        Mean variance of a channel over all other cells.
    """

    kind: str
    is_flat: np.ndarray
    variance: float

    def __call__(
        self, square_norms: np.ndarray, square_sum: np.ndarray, n_channels: int, cells: slice
    ) -> Covariance:
        """Return the covariances of ``cells``; the rest as for :func:`ledoit_wolf`."""
        if self.kind == "ridge":
            return ridge(square_sum.shape)
        identity, share, ddof = ledoit_wolf(square_norms, square_sum, n_channels)
        is_flat = self.is_flat[cells]
        return Covariance(
            np.where(is_flat, self.variance, identity), np.where(is_flat, 0.0, share), ddof
        )

"""Images and both Gaussians in the plane of the two axes of greatest change."""

from typing import NamedTuple

import numpy as np

from anomalylab.studies.robustness.change import Axes
from anomalylab.studies.robustness.fit import Fit

SIGMAS = (1, 2, 3)
"""Mahalanobis radii of the contours."""

FAR = 3
"""The radius from which on an image counts as outside."""


class Plane(NamedTuple):
    """A Gaussian in the plane: mean (2,) and covariance (2, 2)."""

    mean: np.ndarray
    covariance: np.ndarray

    def radii(self, points: np.ndarray) -> np.ndarray:
        """Return the Mahalanobis radius of points of shape (n, 2): (n,)."""
        away = points - self.mean
        squared = np.einsum("nd,nd->n", away, np.linalg.solve(self.covariance, away.T).T)
        radii: np.ndarray = np.sqrt(squared)
        return radii

    def contour(self, radius: float, n_points: int = 121) -> np.ndarray:
        """Return the closed line of all points at a radius, of shape (n_points, 2)."""
        turn = np.linspace(0, 2 * np.pi, n_points)
        circle = np.column_stack([np.cos(turn), np.sin(turn)])
        return self.mean + radius * circle @ np.linalg.cholesky(self.covariance).T

    @property
    def deviations(self) -> np.ndarray:
        """Standard deviations along both axes, of shape (2,)."""
        return np.sqrt(np.diag(self.covariance))


class Contours(NamedTuple):
    """What Figure 6 of the publication shows.

    Parameters
    ----------
    axes : Axes
    points : float64 ndarray of shape (n_images, 2)
        The training images along the axes; the mean of the healthy ones is the origin.
    is_defect : bool ndarray of shape (n_images,)
    healthy, polluted : Plane
        The Gaussian of the healthy images, and that of all.
    """

    axes: Axes
    points: np.ndarray
    is_defect: np.ndarray
    healthy: Plane
    polluted: Plane

    def is_beyond(self, gaussian: str) -> np.ndarray:
        """Tell which images lie ``FAR`` deviations or more from ``healthy`` or ``polluted``."""
        plane: Plane = getattr(self, gaussian)
        return plane.radii(self.points) >= FAR

    @property
    def is_hidden(self) -> np.ndarray:
        """Defects that lie beyond the contours of the healthy images, but within those of all."""
        is_between = self.is_beyond("healthy") & ~self.is_beyond("polluted")
        return np.asarray(self.is_defect & is_between)


def contours(
    vectors: np.ndarray, is_defect: np.ndarray, gaussians: tuple[Fit, Fit], axes: Axes
) -> Contours:
    """Project images and Gaussians on two axes.

    Axes are turned so that defects lie to the right and above on average. The contours are those of
    the marginals ``A' mean`` and ``A' S A`` in two dimensions.

    Parameters
    ----------
    vectors : ndarray of shape (n_images, n_channels)
    is_defect : bool ndarray of shape (n_images,)
    gaussians : (Fit, Fit)
        Of the healthy images and of all.
    axes : Axes

    Returns
    -------
    contours : Contours
    """
    healthy, polluted = gaussians
    raw = (vectors - healthy.mean) @ axes.directions
    signs = np.where(raw[is_defect].mean(axis=0) < 0, -1.0, 1.0)
    turned = axes._replace(directions=axes.directions * signs)
    planes = (
        Plane((of.mean - healthy.mean) @ turned.directions, of.covariance_along(turned.directions))
        for of in (healthy, polluted)
    )
    return Contours(turned, raw * signs, is_defect, *planes)

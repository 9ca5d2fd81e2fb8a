"""PC space: every window of an image as a point, by cross-correlation with the components."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import fft, linalg

from anomalylab.compute.window_moments import Moments, check_window
from anomalylab.errors import ParameterError


@dataclass(frozen=True)
class WindowSpace:
    """The plane (or space) in which windows vary most.

    Parameters
    ----------
    window : int
        Odd side of a window in pixels.
    mean : float64 ndarray of shape (window**2,)
    components : float64 ndarray of shape (n_components, window**2)
        Orthonormal rows, largest variance first, the heaviest weight of each positive.
    variances : float64 ndarray of shape (n_components,)
        Of the training windows along the components, divided by their number less one.
    total_variance : float
        Of the training windows along all axes.
    """

    window: int
    mean: np.ndarray
    components: np.ndarray
    variances: np.ndarray
    total_variance: float
    _spectra: dict = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def n_components(self) -> int:
        """Number of coordinates of a window."""
        return len(self.components)

    @cached_property
    def patches(self) -> np.ndarray:
        """The components as images, of shape (n_components, window, window)."""
        return self.components.reshape(-1, self.window, self.window)

    def project(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the coordinates of all windows and what is left of them.

        Parameters
        ----------
        image : float ndarray of shape (height, width)
            One band.

        Returns
        -------
        coordinates : float64 ndarray of shape (n_rows, n_cols, n_components)
            ``n_rows = height - window + 1``; row i, column j is the window whose upper left pixel
            is (i, j).
        residual : float64 ndarray of shape (n_rows, n_cols)
            Squared distance of the window from the plane, at least 0.

        Raises
        ------
        ParameterError
            If the image is smaller than the window.
        """
        check_window(self.window, image.shape)
        image = np.asarray(image, np.float64)
        by_components, by_mean = self._correlate(image)
        coordinates = by_components - self.components @ self.mean
        energy = _box_sums(image**2, self.window) - 2 * by_mean + self.mean @ self.mean
        residual = energy - np.einsum("ijk,ijk->ij", coordinates, coordinates)
        return coordinates, np.maximum(residual, 0)

    def coordinates(self, image: np.ndarray) -> np.ndarray:
        """Return the coordinates of all windows alone, as :meth:`project` does."""
        return self.project(image)[0]

    def distances(self, coordinates: np.ndarray) -> np.ndarray:
        """Return squared Mahalanobis distances in PC space of coordinates (..., n_components)."""
        return (coordinates**2 / self.variances).sum(axis=-1)

    def _correlate(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        height, width = image.shape
        shape = fft.next_fast_len(height, real=True), fft.next_fast_len(width, real=True)
        if shape not in self._spectra:
            kernels = np.concatenate([self.patches, self.mean.reshape(1, self.window, self.window)])
            self._spectra[shape] = np.conj(fft.rfft2(kernels, shape))
        products = fft.rfft2(image, shape) * self._spectra[shape]
        n_rows, n_cols = height - self.window + 1, width - self.window + 1
        result = fft.irfft2(products, shape)[:, :n_rows, :n_cols]
        return np.moveaxis(result[:-1], 0, -1), result[-1]


def fit(moments: Moments, n_components: int = 2) -> WindowSpace:
    """Find the axes along which windows vary most.

    Parameters
    ----------
    moments : Moments
        Of all training windows.
    n_components : int
        At least 2 and at most the number of pixels of a window.

    Returns
    -------
    space : WindowSpace

    Raises
    ------
    ParameterError
        If there are fewer than two windows or the number of components does not fit.
    """
    n_pixels = len(moments.total)
    if not 2 <= n_components <= n_pixels:
        raise ParameterError(f"n_components must be 2 to {n_pixels}, not {n_components}")
    if moments.count < 2:
        raise ParameterError(f"PC space needs at least 2 windows, not {moments.count}")
    mean = moments.total / moments.count
    covariance = (moments.products - moments.count * np.outer(mean, mean)) / (moments.count - 1)
    wanted = (n_pixels - n_components, n_pixels - 1)
    variances, axes = linalg.eigh(covariance, subset_by_index=wanted)
    components = axes.T[::-1]
    heaviest = np.abs(components).argmax(axis=1)
    signs = np.sign(components[np.arange(n_components), heaviest])
    return WindowSpace(
        window=round(n_pixels**0.5),
        mean=mean,
        components=components * signs[:, None],
        variances=np.maximum(variances[::-1], 0),
        total_variance=float(np.trace(covariance)),
    )


def _box_sums(values: np.ndarray, window: int) -> np.ndarray:
    sums = np.pad(values.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    return (
        sums[window:, window:]
        - sums[:-window, window:]
        - sums[window:, :-window]
        + (sums[:-window, :-window])
    )

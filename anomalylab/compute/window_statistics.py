"""What is measured of a window against the space of normal windows, without labels.

With ``x`` a window, ``mu`` the mean window, ``p`` components ``c_i`` of variances ``v_i`` and the
coordinates ``z_i = c_i (x - mu)``:

``residual``
    ``(|x - mu|^2 - sum z_i^2) / (total variance - sum v_i)``, 1 for the average training window.
``mahalanobis``
    ``sum z_i^2 / v_i / p``, 1 for the average training window.
``outside``
    1 where ``sum z_i^2 / v_i`` exceeds a given reach, else 0.

An image scores by the highest cell of its map, but by the share of its windows for ``outside``.
"""

import numpy as np
from scipy import special

from anomalylab.compute.window_space import WindowSpace

STATISTICS = ("residual", "mahalanobis", "outside")

_FLAT = 1e-12
"""Share of the total variance below which a residual is but rounding."""


def residual_of(space: WindowSpace, squared: np.ndarray) -> np.ndarray:
    """Return ``residual`` of windows from their squared distances from the space."""
    left = space.total_variance - space.variances.sum()
    scaled: np.ndarray = squared / (left if left > _FLAT * space.total_variance else 1.0)
    return scaled


def mahalanobis_of(space: WindowSpace, distances: np.ndarray) -> np.ndarray:
    """Return ``mahalanobis`` of windows from their squared distances within the space."""
    scaled: np.ndarray = distances / space.n_components
    return scaled


def outside_of(distances: np.ndarray, reach: float) -> np.ndarray:
    """Return ``outside`` of windows from their squared distances within the space."""
    return (distances > reach).astype(np.float64)


def reach_of(coverage: float, n_components: int) -> float:
    """Return the squared distance within which a share of normally distributed windows lies.

    It is the quantile of the chi-squared distribution of ``n_components`` degrees of freedom.
    """
    return float(2 * special.gammaincinv(n_components / 2, coverage))


def image_score(statistic: str, of_windows: np.ndarray, score_map: np.ndarray) -> float:
    """Return the score of an image from the statistic of its windows and its map."""
    return float(of_windows.mean() if statistic == "outside" else score_map.max())

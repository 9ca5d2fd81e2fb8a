"""What each of the nearest images counts: order statistics and averages over memories.

With ``a_1 <= a_2 <= ... <= a_n`` the distances of a cell to the nearest cell in each of ``n``
images, a score is ``sum of w_i a_i``.

References
----------
.. [1] Li, Huang, Xue & Zhou (2024). MuSc: Zero-Shot Industrial Anomaly Classification and
   Segmentation with Mutual Scoring of the Unlabeled Images. https://arxiv.org/abs/2401.16753
"""

from collections.abc import Callable
from math import ceil

import numpy as np
from scipy.special import gammaln

from anomalylab.errors import ParameterError

Weights = Callable[[int], np.ndarray]
"""Number of images -> what each counts, the nearest first; those beyond count nothing."""


class Order:
    """The distance to the ``k``-th nearest image: ``a_k``. The first is that of patchcore."""

    def __init__(self, k: int):
        if k < 1:
            raise ParameterError(f"images are counted from 1, the nearest, not {k}")
        self.k = k

    def __call__(self, n_images: int) -> np.ndarray:
        """Return the weights among ``n_images``."""
        if n_images < self.k:
            raise ParameterError(
                f"there are {n_images} images to compare with, fewer than {self.k}; "
                "take a lower order or more training images"
            )
        weights = np.zeros(self.k)
        weights[-1] = 1
        return weights


class Lowest:
    """The mean over a share of all images, the nearest ones [1]_."""

    def __init__(self, share: float):
        self.share = _share(share)

    def __call__(self, n_images: int) -> np.ndarray:
        """Return the weights among ``n_images``."""
        n_lowest = max(1, round(self.share * n_images))
        return np.full(n_lowest, 1 / n_lowest)


class Banks:
    """The mean, over all memories made of a share of the images, of the distance to the nearest.

    Of the ``C(n, b)`` choices of ``b`` images, the ``i``-th nearest is the nearest one in
    ``C(n - i, b - 1)``.
    """

    def __init__(self, share: float):
        self.share = _share(share)

    def __call__(self, n_images: int) -> np.ndarray:
        """Return the weights among ``n_images``."""
        size = max(1, ceil(self.share * n_images - 1e-9))
        others = n_images - np.arange(1, n_images - size + 2)
        weights: np.ndarray = np.exp(_choices(others, size - 1) - _choices(n_images, size))
        return weights


def _share(share: float) -> float:
    if not 0 < share <= 1:
        raise ParameterError(f"a share of images lies in (0, 1], not {share}")
    return share


def _choices(n: np.ndarray | int, k: int) -> np.ndarray:
    """Return the logarithm of ``n`` choose ``k``."""
    return np.asarray(gammaln(np.asarray(n) + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0))

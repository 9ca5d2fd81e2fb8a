"""Pictures that are painted over where they were odd, at whatever size they have."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from anomalylab.features import Features, ImageLevel, enlargement


@dataclass(frozen=True, eq=False)
class Repair:
    """What is to be painted over removed images, at the size of the network.

    Parameters
    ----------
    weight : float32 ndarray of shape (n_removed, height, width)
        How far each pixel is replaced, 0 to 1.
    paint : float32 ndarray of shape (n_removed, height, width, 3)
        What the network gives back, times the weight.
    residual : float32 ndarray of shape (n_removed, height, width)
        How far each pixel of the images was from what the network gave back the first time.
    threshold : float
        Residual that a suspicious pixel exceeds.
    """

    weight: np.ndarray
    paint: np.ndarray
    residual: np.ndarray
    threshold: float

    @property
    def replaced(self) -> np.ndarray:
        """Pixels that are wholly replaced: bool (n_removed, height, width)."""
        return np.asarray(self.weight == 1)

    def applied(self, images: np.ndarray | ImageLevel) -> ImageLevel:
        """Return the healed images, each at the size that it has; painted when they are read."""
        return ImageLevel(_Painted(images, self.weight, self.paint), np.arange(len(images)))


def weights(suspicious: np.ndarray, reach: int, feather: float) -> np.ndarray:
    """Return how far each pixel is replaced: 1 near suspicious ones, falling to 0 evenly.

    Parameters
    ----------
    suspicious : bool ndarray of shape (height, width)
    reach : int
    feather : float

    Returns
    -------
    weights : float64 ndarray of shape (height, width)

    Examples
    --------
    >>> weights(np.array([[True, False, False, False, False]]), 1, 1.0)
    array([[1. , 1. , 0.5, 0. , 0. ]])
    """
    if not suspicious.any():
        return np.zeros(suspicious.shape)
    away = ndimage.distance_transform_edt(~suspicious) - reach
    return np.asarray(1 - np.clip(away, 0, feather + 1) / (feather + 1))


def read_on_demand(features: Features, name: str) -> Features:
    """Return a level of images so that they may differ in size from others beside them."""
    level = features.images(name)
    if isinstance(level, ImageLevel):
        return features
    on_demand = ImageLevel(_InMemory(level), np.arange(len(level)))
    return Features({name: on_demand}, features.groups)


@dataclass(frozen=True, eq=False)
class _Painted:
    """Reads images with what is painted over them."""

    images: np.ndarray | ImageLevel
    weight: np.ndarray
    paint: np.ndarray

    def __call__(self, row: int) -> np.ndarray:
        image = self.images[row]
        by_rows, by_cols = (
            enlargement(n_in, n_out, "bilinear")
            for n_in, n_out in zip(self.weight.shape[1:], image.shape[:2], strict=True)
        )
        left = 1 - by_rows @ self.weight[row].astype(np.float32) @ by_cols.T
        paint = np.moveaxis(self.paint[row].astype(np.float32), 2, 0)
        healed = np.moveaxis(by_rows @ paint @ by_cols.T, 0, 2) + left[..., None] * image
        return np.asarray(healed.clip(0, 1), np.float32)


@dataclass(frozen=True, eq=False)
class _InMemory:
    """Images in memory, read as those on disk are."""

    images: np.ndarray

    def __call__(self, row: int) -> np.ndarray:
        image: np.ndarray = self.images[row]
        return image

"""Colour images as one band: the direction in which their colours vary most."""

import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from anomalylab.extractors import register
from anomalylab.extractors._on_demand import OnDemand
from anomalylab.registry import unknown_name

ORIENTATIONS = ("loading", "extreme", "luma")

_LUMA = np.array([0.299, 0.587, 0.114])

_CONSTANT = 1e-9
"""Variance of colours, on the scale of 0 to 255, below which an image is constant."""


@register("band")
@dataclass(kw_only=True)
class Band(OnDemand):
    """Projection on the first principal axis of the image's own colours, mean 0 and deviation 1.

    A constant image gives zeros and a warning.

    Parameters
    ----------
    size : int or (height, width), optional
        Images stay as they are if not given.
    orient : {"loading", "extreme", "luma"}
        Which end of the axis is positive: ``loading``, the one that gives the heaviest colour a
        positive weight; ``extreme``, the one of the pixel furthest from the mean; ``luma``, the
        brighter one.
    """

    levels: ClassVar[tuple[str, ...]] = ("band",)

    orient: str = "loading"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.orient not in ORIENTATIONS:
            unknown_name("orientation", self.orient, ORIENTATIONS)

    def __call__(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Turn uint8 images (n_images, height, width, 3) into float32 (..., 1)."""
        return {"band": np.stack([project(image, self.orient) for image in images])}


def project(image: np.ndarray, orient: str = "loading") -> np.ndarray:
    """Reduce the colours of one image to their first principal component.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)
    orient : {"loading", "extreme", "luma"}
        See :class:`Band`.

    Returns
    -------
    band : float32 ndarray of shape (height, width, 1)
        Mean 0 and population standard deviation 1; zeros if the image is constant.
    """
    colours = image.reshape(-1, 3).astype(np.float64)
    mean = np.ones(len(colours)) @ colours / len(colours)
    covariance = colours.T @ colours / len(colours) - np.outer(mean, mean)
    variances, axes = np.linalg.eigh(covariance)
    if variances[-1] <= _CONSTANT:
        warnings.warn("a constant image has no band; zeros are used", stacklevel=2)
        return np.zeros((*image.shape[:2], 1), np.float32)
    axis = axes[:, -1] / np.sqrt(variances[-1])
    axis = axis if axis[np.abs(axis).argmax()] > 0 else -axis
    band = colours @ axis - mean @ axis
    flips = {
        "loading": lambda: False,
        "extreme": lambda: band[np.abs(band).argmax()] < 0,
        "luma": lambda: axis @ covariance @ _LUMA < 0,
    }
    band = -band if flips[orient]() else band
    return band.astype(np.float32).reshape(*image.shape[:2], 1)

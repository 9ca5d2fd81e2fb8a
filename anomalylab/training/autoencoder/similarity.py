"""Structural similarity of two images, place by place.

References
----------
.. [1] Wang, Bovik, Sheikh & Simoncelli (2004). Image Quality Assessment: From Error Visibility to
   Structural Similarity. IEEE Transactions on Image Processing 13(4).
"""

import torch
from torch import Tensor
from torch.nn import functional

WINDOW = 11
"""Sides of the window in pixels, as published."""

DEVIATION = 1.5
"""Of the Gaussian weights in the window, in pixels."""

STABILISERS = (0.01**2, 0.03**2)
"""``c1`` and ``c2`` for colours of 0 to 1."""


def similarity(one: Tensor, other: Tensor) -> Tensor:
    r"""Compare means, contrasts and structure in a window around each pixel.

    :math:`\frac{(2 \mu_x \mu_y + c_1)(2 \sigma_{xy} + c_2)}{(\mu_x^2 + \mu_y^2 + c_1)(\sigma_x^2 +
    \sigma_y^2 + c_2)}` of each colour [1]_, with Gaussian weights in a window of 11 x 11 pixels;
    beyond the border an image is mirrored.

    Parameters
    ----------
    one, other : Tensor of shape (n, channels, height, width)
        From 0 to 1; sides of at least 6 pixels.

    Returns
    -------
    similarity : Tensor of the same shape
        From -1 to 1; 1 where both are the same.
    """
    c1, c2 = STABILISERS
    n = len(one)
    parts = torch.cat([one, other, one * one, other * other, one * other])
    mean_one, mean_other, square_one, square_other, product = _blurred(parts).split(n)
    of_means = mean_one * mean_other
    squares = mean_one.square() + mean_other.square()
    covariance = product - of_means
    variances = square_one + square_other - squares
    alike = (2 * of_means + c1) * (2 * covariance + c2)
    ratio: Tensor = alike / ((squares + c1) * (variances + c2))
    return ratio


def _blurred(images: Tensor) -> Tensor:
    """Take the Gaussian mean around each pixel, along one axis after the other."""
    reach = WINDOW // 2
    place = torch.arange(-reach, reach + 1, device=images.device, dtype=images.dtype)
    weights = torch.exp(-0.5 * (place / DEVIATION).square())
    weights = (weights / weights.sum()).reshape(1, 1, 1, WINDOW)
    shape = images.shape
    flat = images.reshape(-1, 1, *shape[2:])
    flat = functional.pad(flat, (reach,) * 4, mode="reflect")
    flat = functional.conv2d(functional.conv2d(flat, weights), weights.transpose(2, 3))
    return flat.reshape(shape)

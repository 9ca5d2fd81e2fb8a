"""First values of the last layer, from the images to be learnt from.

The tables of the article send as few as three channels through a leaky rectifier before the last
layer. Where all of them are shut a pixel is as bright as the bias of that layer makes it, whatever
lies in it. A bias and weights drawn around 0 make that a middle grey, and a bias that learns a
thousandth a step does not get to the dark parts of an image in a few thousand steps. So the last
layer begins as light on darkness: shut channels give the dark of the images, and open ones add to
it up to their bright.
"""

import numpy as np
import torch
from torch import Tensor, nn

from anomalylab.training.autoencoder.network import AutoEncoder

DARK, BRIGHT = 0.05, 0.95
"""Quantiles of each colour that no channel, and all of them, give."""

FEW = 3
"""Channels before the last layer up to which it is set: that all of many are shut is rare."""

OPEN = 2.0
"""What a channel that is wide open holds: they are normalised, to a mean of 0 and a spread of 1."""

LEAST = 1 / 255
"""How near to black or white a sigmoid is asked to come."""

FLAT = 0.1
"""How much bright is more at least, so that images of one colour still are learnt from."""

N_PIXELS = 100_000
"""That quantiles are taken of, about."""


@torch.no_grad()
def light_on_darkness(network: AutoEncoder, images: np.ndarray) -> None:
    """Set the first weights and bias of the last layer, each colour by itself.

    With dark and bright as what goes into the sigmoid, if there is one: the bias is the dark, and
    the weights, as drawn but all above 0, are scaled so that channels of :data:`OPEN` add what
    bright is more. Shapes and all other weights stay. A network with more than :data:`FEW` channels
    there, or a linear one, which has none that shuts, stays as it is.

    Parameters
    ----------
    network : AutoEncoder
        Changed in place.
    images : uint8 ndarray of shape (n_images, height, width, 3)
        To be learnt from.
    """
    last = [one for one in network.decoder if isinstance(one, nn.ConvTranspose2d)][-1]
    if network.architecture.is_linear or last.in_channels > FEW or last.bias is None:
        return
    dark, bright = _ends(images, has_sigmoid=network.architecture.output == "sigmoid")
    weight = last.weight.abs()  # channels, colours, rows, columns
    reached = OPEN * weight.sum(dim=(0, 2, 3)) / (last.stride[0] * last.stride[1])
    last.weight.copy_(weight * ((bright - dark).clamp(min=FLAT) / reached)[:, None, None])
    last.bias.copy_(dark)


def _ends(images: np.ndarray, *, has_sigmoid: bool) -> tuple[Tensor, Tensor]:
    """Return what gives dark and bright of each colour, of shape (3,) each."""
    pixels = images.reshape(-1, 3)
    some = pixels[:: max(1, len(pixels) // N_PIXELS)] / 255
    ends = torch.from_numpy(np.quantile(some, (DARK, BRIGHT), axis=0)).float()
    if has_sigmoid:
        ends = torch.logit(ends, eps=LEAST)
    return ends[0], ends[1]

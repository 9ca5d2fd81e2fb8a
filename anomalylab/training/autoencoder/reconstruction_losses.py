"""How far what comes out of an auto-encoder is from what went in, as a number to make small."""

from collections.abc import Callable

from torch import Tensor

from anomalylab.training.autoencoder.options import LOSSES
from anomalylab.training.autoencoder.similarity import similarity

Loss = Callable[[Tensor, Tensor], Tensor]


def l2(reconstructed: Tensor, images: Tensor) -> Tensor:
    """Return the mean of squared differences over images, colours and pixels."""
    return (reconstructed - images).square().mean()


def ssim(reconstructed: Tensor, images: Tensor) -> Tensor:
    """Return the mean over images, colours and pixels of 1 less the structural similarity."""
    return (1 - similarity(reconstructed, images)).mean()


def loss_called(name: str) -> Loss:
    """Return a loss by name, one of :data:`~anomalylab.training.autoencoder.options.LOSSES`."""
    return dict(zip(LOSSES, (l2, ssim), strict=True))[name]

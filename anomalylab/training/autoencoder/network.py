"""Auto-encoders as networks, and images as they give them back."""

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from anomalylab.compute.torch_seed import torch_seed
from anomalylab.training.autoencoder.architectures import (
    BOTTLENECK,
    EPSILON,
    MOMENTUM,
    SLOPE,
    Architecture,
    Layer,
)

BATCH = 16
"""Images that pass at a time."""


class AutoEncoder(nn.Module):
    """An encoder and a decoder.

    Parameters
    ----------
    architecture : Architecture
    seed : int
        Of the first weights.
    """

    def __init__(self, architecture: Architecture, seed: int = 0):
        super().__init__()
        self.architecture = architecture
        with torch_seed(seed):
            self.encoder = _stack(architecture.encoder())
            self.decoder = _stack(architecture.decoder())
            if architecture.is_linear:
                self.apply(_keep_spread)

    def forward(self, images: Tensor) -> Tensor:
        """Return images of shape (n, 3, height, width) as they come out, in the same shape."""
        reconstructed: Tensor = self.decoder(self.encoder(images))
        return reconstructed


def as_tensor(images: np.ndarray, device: torch.device | None = None) -> Tensor:
    """Return uint8 images (n, height, width, 3) as float32 (n, 3, height, width) from 0 to 1.

    Channels stay last in memory, where convolutions are faster.
    """
    some = torch.from_numpy(np.require(images, requirements=["C", "W"])).to(device)
    return some.permute(0, 3, 1, 2).to(torch.float32).div_(255)


def reconstructions(
    network: nn.Module, images: np.ndarray, batch: int = BATCH
) -> Iterator[np.ndarray]:
    """Yield what a network makes of images, some at a time, in evaluation mode.

    Parameters
    ----------
    network : Module
        Is put back into the mode it was in.
    images : uint8 ndarray of shape (n_images, height, width, 3)
    batch : int
        Images at a time.

    Yields
    ------
    reconstructed : float32 ndarray of shape (n_some, height, width, 3)
        As shares of 0 to 1; a little beyond where the network ends without a sigmoid.
    """
    was_training, device = network.training, next(network.parameters()).device
    network.eval()
    try:
        for start in range(0, len(images), batch):
            with torch.inference_mode():
                some = network(as_tensor(images[start : start + batch], device))
            yield some.permute(0, 2, 3, 1).float().cpu().numpy()
    finally:
        network.train(was_training)


def weights_of(network: nn.Module) -> dict[str, np.ndarray]:
    """Return the weights of a network, and all else that it has learnt, by name."""
    return {name: value.detach().cpu().numpy() for name, value in network.state_dict().items()}


def restore(network: nn.Module, weights: Mapping[str, np.ndarray]) -> None:
    """Give a network the weights that :func:`weights_of` returned."""
    network.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})


def _stack(layers: tuple[Layer, ...]) -> nn.Sequential:
    """Build the modules of a table, one behind the other."""
    modules: list[nn.Module] = []
    for layer in layers:
        kind = nn.ConvTranspose2d if layer.is_transposed else nn.Conv2d
        modules.append(
            kind(layer.n_in, layer.n_out, layer.kernel, layer.stride, padding=layer.padding)
        )
        if layer.is_normalised:
            modules.append(nn.BatchNorm2d(layer.n_out, eps=EPSILON, momentum=MOMENTUM))
        if layer.activation == "leaky_relu":
            modules.append(nn.LeakyReLU(SLOPE))
        elif layer.activation == "sigmoid":
            modules.append(nn.Sigmoid())
    return nn.Sequential(*modules)


@torch.no_grad()
def _keep_spread(module: nn.Module) -> None:
    """Draw first weights that give out as large numbers as come in, where nothing normalises."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        kernel, stride = module.kernel_size[0], module.stride[0]
        if isinstance(module, nn.ConvTranspose2d):  # cells that reach one pixel of what comes out
            kernel = 1 if kernel == BOTTLENECK else kernel // stride
        nn.init.normal_(module.weight, std=(module.in_channels * kernel**2) ** -0.5)
        if module.bias is not None:
            nn.init.zeros_(module.bias)

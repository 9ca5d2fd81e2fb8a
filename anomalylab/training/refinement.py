"""A network that sharpens anomaly maps where the image shows what is there.

References
----------
.. [1] Bae, Lee, Kim (2023). PNI: Industrial Anomaly Detection using Position and Neighborhood
   Information. https://arxiv.org/abs/2211.12634
.. [2] Ronneberger, Fischer, Brox (2015). U-Net. https://arxiv.org/abs/1505.04597
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional

from anomalylab.compute.torch_seed import torch_seed
from anomalylab.errors import ParameterError
from anomalylab.training.device import device_of
from anomalylab.training.digests import digest_of_images
from anomalylab.training.loop import train
from anomalylab.training.plan import TrainingPlan

N_HALVINGS = 3
"""Times that the map is halved on its way down; its sides are multiples of 2 to this power."""

BATCH = 32
"""Images that are refined at a time."""


class Examples(NamedTuple):
    """Images with drawn defects and without, and what a detector makes of them."""

    images: np.ndarray
    """uint8 (n, height, width, 3), at the size of the network."""

    maps: np.ndarray
    """float32 (n, n_rows, n_cols), scores of cells by a detector that has not seen the image."""

    masks: np.ndarray
    """bool (n, height, width), where the defect is."""

    groups: np.ndarray
    """int (n,): images of one number are held out together."""


class RefinementNet(nn.Module):
    """``A + f(I, A)`` with ``f`` a small U-Net [2]_ whose last layer begins at zero.

    Parameters
    ----------
    width : int
        Channels at full size; they double with each halving.
    seed : int
        Of the first weights.
    """

    low: Tensor
    span: Tensor

    def __init__(self, width: int = 8, *, seed: int = 0):
        super().__init__()
        widths = [width * 2**level for level in range(N_HALVINGS + 1)]
        with torch_seed(seed):
            inputs = [4, *widths[:-1]]
            self.down = nn.ModuleList(map(_two_layers, inputs, widths))
            pairs = reversed(list(pairwise(widths)))
            self.up = nn.ModuleList(_two_layers(a + b, a) for a, b in pairs)
            self.last = nn.Conv2d(width, 1, 1)
        for parameter in self.last.parameters():
            nn.init.zeros_(parameter)
        self.register_buffer("low", torch.zeros(()))
        self.register_buffer("span", torch.ones(()))

    def forward(self, images: Tensor, maps: Tensor) -> Tensor:
        """Return refined maps (n, 1, h, w) of images (n, 3, h, w) of 0 to 1 and maps alike."""
        values = torch.cat([images - 0.5, maps], 1)
        kept: list[Tensor] = []
        for level, layers in enumerate(self.down):
            values = layers(functional.max_pool2d(values, 2) if level else values)
            kept.append(values)
        for layers, before in zip(self.up, reversed(kept[:-1]), strict=True):
            values = functional.interpolate(values, scale_factor=2.0, mode="bilinear")
            values = layers(torch.cat([values, before], 1))
        refined: Tensor = maps + self.last(values)
        return refined


def _two_layers(n_in: int, n_out: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for n_before in (n_in, n_out):
        layers += [nn.Conv2d(n_before, n_out, 3, padding=1, bias=False), nn.BatchNorm2d(n_out)]
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)


def refinement_loss(refined: Tensor, truth: Tensor) -> Tensor:
    """Return ``mean(D^2) / 2 + (mean(dD/dy^2) + mean(dD/dx^2)) / 4`` with ``D = refined - truth``.

    Differences go to the next row or column and are 0 in the last. It is the mean of a squared
    error and of that of the derivatives, as the published code computes it; the paper prints norms
    divided by the number of pixels.

    Parameters
    ----------
    refined, truth : tensor of shape (n, 1, h, w)
    """
    error = refined - truth
    by_row = functional.pad(error.diff(dim=2), (0, 0, 0, 1)).square().mean()
    by_col = functional.pad(error.diff(dim=3), (0, 1)).square().mean()
    return error.square().mean() / 2 + (by_row + by_col) / 4


def train_refinement(
    examples: Examples,
    *,
    width: int = 8,
    plan: TrainingPlan,
    key: Mapping[str, Any],
) -> tuple[RefinementNet, pd.DataFrame]:
    """Train a network that turns the maps of a detector into the masks of drawn defects [1]_.

    Maps are shifted and scaled so that 0 is their mean beside defects and 1 the mean of their
    largest values within, or one deviation above where that is more. While training, examples are
    mirrored, and their brightness and contrast changed by up to 0.2.

    Parameters
    ----------
    examples : Examples
    width : int
        Of the network.
    plan : TrainingPlan
    key : mapping
        See :func:`anomalylab.training.loop.train`; what is given here is added to it.

    Returns
    -------
    network : RefinementNet
    history : DataFrame
        With the measures ``loss`` and ``before``, the loss of the maps as they are.

    Raises
    ------
    ParameterError
        If sides are no multiples of 8, or no example has a defect.
    """
    height, width_of_images = examples.masks.shape[1:]
    if height % 2**N_HALVINGS or width_of_images % 2**N_HALVINGS:
        raise ParameterError(
            f"images to refine must have sides that are multiples of {2**N_HALVINGS}, not "
            f"{height} x {width_of_images}"
        )
    network = RefinementNet(width, seed=plan.seed)
    low, high = _ends(examples)
    network.low.fill_(low)
    network.span.fill_(high - low)

    def loss_of(
        rows: np.ndarray, rng: np.random.Generator, is_training: bool
    ) -> tuple[Tensor, dict[str, float]]:
        images, maps = _inputs(network, examples.images[rows], examples.maps[rows])
        truth = torch.from_numpy(examples.masks[rows]).to(images.device)[:, None].float()
        if is_training:
            images, maps, truth = _changed(rng, images, maps, truth)
        before = refinement_loss(maps, truth).item()
        return refinement_loss(network(images, maps), truth), {"before": before}

    told = {"network": "refinement", "version": 1, "width": width}
    told |= {
        name: digest_of_images(getattr(examples, name)) for name in ("images", "maps", "masks")
    }
    return network, train(network, loss_of, groups=examples.groups, plan=plan, key={**told, **key})


def refined_maps(
    network: RefinementNet, images: np.ndarray, maps: np.ndarray, *, blend: float
) -> np.ndarray:
    """Return ``blend (A + f(I, A)) + (1 - blend) A``, in the unit of the maps that are given.

    Parameters
    ----------
    network : RefinementNet
    images : uint8 ndarray of shape (n, height, width, 3)
    maps : float32 ndarray of shape (n, n_rows, n_cols)
        Scores of cells; enlarged bilinearly to the images.
    blend : float in [0, 1]

    Returns
    -------
    refined : float32 ndarray of shape (n, height, width)
    """
    network.eval()
    parts = []
    with torch.no_grad():
        for start in range(0, len(images), BATCH):
            part = slice(start, start + BATCH)
            pictures, before = _inputs(network, images[part], maps[part])
            mixed = blend * network(pictures, before) + (1 - blend) * before
            parts.append((mixed * network.span + network.low)[:, 0].cpu().numpy())
    return np.concatenate(parts)


def _inputs(network: RefinementNet, images: np.ndarray, maps: np.ndarray) -> tuple[Tensor, Tensor]:
    """Return images of 0 to 1 and scaled maps of their size, both with channels second."""
    device = device_of(network)
    pictures = torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float() / 255
    cells = torch.from_numpy(np.asarray(maps, np.float32)).to(device)[:, None]
    large = functional.interpolate(cells, size=pictures.shape[2:], mode="bilinear")
    return pictures, (large - network.low) / network.span


def _changed(rng: np.random.Generator, *tensors: Tensor) -> tuple[Tensor, ...]:
    """Mirror examples along either axis, and change brightness and contrast of the images."""
    images = tensors[0] * float(rng.uniform(0.8, 1.2)) + float(rng.uniform(-0.2, 0.2))
    changed = (images, *tensors[1:])
    for axis in (2, 3):
        if rng.integers(2):
            changed = tuple(tensor.flip(axis) for tensor in changed)
    return changed


def _ends(examples: Examples) -> tuple[float, float]:
    """Return the mean score beside defects, and the mean of the largest score of each defect.

    Where defects hardly score higher, the mean and one deviation beside them; never the same value.
    """
    has_defect = examples.masks.any(axis=(1, 2))
    if not has_defect.any():
        raise ParameterError("no example has a defect; draw some, or give larger images")
    size = examples.masks.shape[1:]
    beside, within, spreads = [], [], []
    for scores, mask in zip(examples.maps, examples.masks, strict=True):
        cells = torch.from_numpy(np.asarray(scores, np.float32))[None, None]
        large = functional.interpolate(cells, size=size, mode="bilinear")[0, 0].numpy()
        outside = large[~mask] if not mask.all() else large
        beside.append(float(outside.mean()))
        spreads.append(float(outside.std()))
        if mask.any():
            within.append(float(large[mask].max()))
    low = float(np.mean(beside))
    apart = max(float(np.mean(within)) - low, float(np.mean(spreads)), 1e-6 * max(abs(low), 1.0))
    return low, low + apart

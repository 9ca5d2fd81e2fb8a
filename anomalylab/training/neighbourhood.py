"""A network that tells from the cells around a place which kind of cell stands there.

It is a network on the concatenated features of all neighbours, computed as a convolution whose
kernel has no tap at the centre: the same function, without any list of neighbours in memory.

References
----------
.. [1] Bae, Lee, Kim (2023). PNI: Industrial Anomaly Detection using Position and Neighborhood
   Information. https://arxiv.org/abs/2211.12634
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional

from anomalylab.compute.torch_seed import torch_seed
from anomalylab.training.device import device_of
from anomalylab.training.digests import digest_of_images
from anomalylab.training.loop import train
from anomalylab.training.plan import TrainingPlan


@dataclass(frozen=True, kw_only=True)
class Neighbourhood:
    """What the network looks at and how large it is.

    Parameters
    ----------
    reach : int
        Cells on each side that are neighbours: ``(2 reach + 1)^2 - 1`` of them.
    n_layers : int
        Linear layers, the first and the last among them.
    width : int
        Values between layers.
    dropout : float in [0, 1)
        Share of these that is dropped while training.
    is_off_by_one : bool
        Leave out the cell to the right of the centre in place of the centre, as the published code
        does: the network then sees what it is asked for.
    """

    reach: int = 4
    n_layers: int = 10
    width: int = 2048
    dropout: float = 0.5
    is_off_by_one: bool = False


class NeighbourhoodNet(nn.Module):
    """Logits of the kind of each cell, from the cells around it and not from itself [1]_.

    Each layer but the last is followed by batch normalisation, ReLU and dropout. Beyond the border
    of the map there are zeros.

    Parameters
    ----------
    n_channels, n_kinds : int
    shape : Neighbourhood
    seed : int
        Of the first weights.
    """

    taps: Tensor
    scale: Tensor

    def __init__(self, n_channels: int, n_kinds: int, shape: Neighbourhood, *, seed: int = 0):
        super().__init__()
        side = 2 * shape.reach + 1
        widths = [n_channels, *[shape.width] * (shape.n_layers - 1), n_kinds]
        with torch_seed(seed):
            self.first = nn.Conv2d(n_channels, widths[1], side, padding=shape.reach)
            self.rest = nn.Sequential()
            for before, after in pairwise(widths[1:]):
                self.rest.extend([nn.BatchNorm2d(before), nn.ReLU(), nn.Dropout(shape.dropout)])
                self.rest.append(nn.Conv2d(before, after, 1))
        taps = torch.ones(side * side)
        taps[side * side // 2 + shape.is_off_by_one] = 0
        self.register_buffer("taps", taps.view(1, 1, side, side), persistent=False)
        self.register_buffer("scale", torch.ones(()))

    def forward(self, maps: Tensor) -> Tensor:
        """Return logits (n, n_kinds, rows, cols) of maps (n, n_channels, rows, cols)."""
        weight = self.first.weight * self.taps
        seen = functional.conv2d(maps * self.scale, weight, self.first.bias, padding="same")
        logits: Tensor = self.rest(seen)
        return logits


def train_neighbourhood(
    maps: np.ndarray,
    kinds: np.ndarray,
    groups: np.ndarray,
    *,
    n_kinds: int,
    shape: Neighbourhood,
    plan: TrainingPlan,
    margin: int = 0,
    key: Mapping[str, Any],
) -> tuple[NeighbourhoodNet, pd.DataFrame]:
    """Train a network to tell the kind of each cell from its neighbours, by cross-entropy.

    Images are held out whole: neighbouring cells share most of their neighbours.

    Parameters
    ----------
    maps : float32 ndarray of shape (n_images, n_rows, n_cols, n_channels)
    kinds : int ndarray of shape (n_images, n_rows, n_cols)
        From 0.
    groups : int ndarray of shape (n_images,)
        Images of one number are held out together.
    n_kinds : int
    shape : Neighbourhood
    plan : TrainingPlan
        Its batches are of images.
    margin : int
        Cells along the border that are seen and not asked for.
    key : mapping
        See :func:`anomalylab.training.loop.train`; what is given here is added to it.

    Returns
    -------
    network : NeighbourhoodNet
    history : DataFrame
        With the measures ``loss`` and ``accuracy``.
    """
    network = NeighbourhoodNet(maps.shape[3], n_kinds, shape, seed=plan.seed)
    network.scale.fill_(1 / max(_root_mean_square(maps), 1e-12))
    inner = slice(margin, -margin or None)

    def loss_of(
        rows: np.ndarray, rng: np.random.Generator, is_training: bool
    ) -> tuple[Tensor, dict[str, float]]:
        logits = network(_batch(maps[rows], network))[:, :, inner, inner]
        wanted = torch.from_numpy(kinds[rows][:, inner, inner]).to(logits.device)
        hits = (logits.argmax(1) == wanted).float().mean().item()
        return functional.cross_entropy(logits, wanted), {"accuracy": hits}

    told = {
        "network": "neighbourhood",
        "version": 1,
        "margin": margin,
        **asdict(shape),
        "maps": digest_of_images(maps),
        "kinds": digest_of_images(np.asarray(kinds, np.int64)),
    }
    return network, train(network, loss_of, groups=groups, plan=plan, key={**told, **key})


def shares_of_kinds(
    network: NeighbourhoodNet, maps: np.ndarray, *, temperature: float = 1.0
) -> np.ndarray:
    """Return ``p(kind | neighbours) = softmax(logits / temperature)`` for each cell.

    Image by image, so that an image gets the same numbers in whatever company.

    Parameters
    ----------
    network : NeighbourhoodNet
    maps : float32 ndarray of shape (n_images, n_rows, n_cols, n_channels)
    temperature : float

    Returns
    -------
    shares : float32 ndarray of shape (n_images, n_rows, n_cols, n_kinds)
    """
    network.eval()
    shares = []
    with torch.no_grad():
        for image in maps:
            logits = network(_batch(image[None], network)) / temperature
            shares.append(logits.softmax(1).permute(0, 2, 3, 1).cpu().numpy())
    return np.concatenate(shares)


def _batch(maps: np.ndarray, network: nn.Module) -> Tensor:
    """Return images as the network takes them: channels second, in memory last."""
    return torch.from_numpy(np.array(maps, np.float32)).permute(0, 3, 1, 2).to(device_of(network))


def _root_mean_square(maps: np.ndarray) -> float:
    return float(np.sqrt(np.mean([np.square(image, dtype=np.float64).mean() for image in maps])))

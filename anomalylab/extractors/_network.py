"""Networks as plain functions: uint8 images in, feature maps out, channels last."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, cast

import numpy as np
import timm
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights
from torch.utils.flop_counter import FlopCounterMode

from anomalylab.compute.torch_seed import torch_seed
from anomalylab.errors import ParameterError
from anomalylab.extractors import _weights
from anomalylab.extractors._spec import Network, NetworkSpec


class Cut(nn.Module):
    """A network of timm up to the last level wanted, with normalisation of colours inside."""

    def __init__(self, model: nn.Module, spec: NetworkSpec):
        super().__init__()
        self.model = model
        self.indices = list(spec.levels.values())
        self.options = dict(spec.options)
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(spec.mean))
        self.register_buffer("std", torch.tensor(spec.std))

    def forward(self, images: Tensor) -> list[Tensor]:
        """Turn (n, height, width, 3) into one (n, rows, cols, channels) a level."""
        colours = (images.float() - self.mean) / self.std
        levels = self.model.forward_intermediates(  # type: ignore[operator, union-attr]
            colours.permute(0, 3, 1, 2),
            indices=self.indices,
            intermediates_only=True,
            stop_early=True,
            **self.options,
        )
        return [level.permute(0, 2, 3, 1).contiguous() for level in levels]


def build(spec: NetworkSpec, weights: _weights.Weights) -> Cut:
    """Return the cut network with its weights.

    Raises
    ------
    WeightsError
        If the weights do not fit.
    """
    model = full_model(spec)
    _weights.load_weights(model, weights)
    return _cut(model, spec).eval().requires_grad_(False)


def run_by_torch(cut: Cut) -> Network:
    """Return the cut network as a function that torch runs, channels last."""
    cut.to(memory_format=torch.channels_last)
    return lambda images: _run(cut, images)


def full_model(spec: NetworkSpec) -> nn.Module:
    """Return the whole network with seeded random weights, classifier left out."""
    with torch_seed(_weights.SEED):
        return _create(spec.architecture, spec.size)


def sketch(spec: NetworkSpec) -> tuple[dict[str, tuple[int, int, int]], float]:
    """Return the shape of each level and the operations an image takes, computing nothing."""
    with torch.device("meta"), torch.inference_mode(), FlopCounterMode(display=False) as counter:
        cut = _cut(_create(spec.architecture, spec.size), spec)
        levels = cut.eval()(torch.empty(1, *spec.size, 3))
    n_rows_cols_channels = [(level.shape[1], level.shape[2], level.shape[3]) for level in levels]
    shapes = dict(zip(spec.levels, n_rows_cols_channels, strict=True))
    return shapes, float(counter.get_total_flops())


def level_names(architecture: str) -> Sequence[str]:
    """Return the modules of a timm network that end its feature maps, in order.

    Raises
    ------
    ParameterError
        If timm gives no feature maps of it.
    """
    with torch.device("meta"):
        model: Any = timm.create_model(architecture, num_classes=0)
    if not hasattr(model, "prune_intermediate_layers"):
        raise ParameterError(
            f"timm gives no feature maps of {architecture}; choose another network"
        )
    return [str(level["module"]) for level in model.feature_info]


def _create(architecture: str, size: tuple[int, int]) -> nn.Module:
    try:  # transformers of timm are built for a size, convolutional networks are not
        return timm.create_model(architecture, num_classes=0, img_size=size)
    except TypeError:
        return timm.create_model(architecture, num_classes=0)


def _cut(model: nn.Module, spec: NetworkSpec) -> Cut:
    cut = Cut(model, spec)
    extra = {k: v for k, v in spec.options.items() if k == "extra_blocks"}
    keeps_norm = bool(spec.options.get("norm"))
    model.prune_intermediate_layers(  # type: ignore[operator]
        indices=cut.indices, prune_norm=not keeps_norm, prune_head=True, **extra
    )
    if spec.fuses:
        fuse(model)
    return cut


def fuse(model: nn.Module) -> None:
    """Merge every normalisation into the convolution just before it; its activation stays."""
    for parent in model.modules():
        children = list(parent.named_children())
        for (_, conv), (name, norm) in pairwise(children):
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                mean, variance = cast(tuple[Tensor, Tensor], (norm.running_mean, norm.running_var))
                conv.weight, conv.bias = fuse_conv_bn_weights(
                    conv.weight, conv.bias, mean, variance, norm.eps, norm.weight, norm.bias
                )
                setattr(parent, name, getattr(norm, "act", nn.Identity()))


def _run(cut: Cut, images: np.ndarray) -> list[np.ndarray]:
    with torch.inference_mode():
        return [level.numpy() for level in cut(torch.from_numpy(images))]

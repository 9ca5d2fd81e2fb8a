"""Networks as plain functions: uint8 images in, feature maps out, channels last."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import timm
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights
from torch.utils.flop_counter import FlopCounterMode

from anomalylab.errors import ParameterError
from anomalylab.extractors import _weights

if TYPE_CHECKING:
    from anomalylab.extractors._backbone import TimmBackbone

Network = Callable[[np.ndarray], list[np.ndarray]]
"""uint8 (n, height, width, 3) -> one float32 (n, n_rows, n_cols, n_channels) a level."""


class Cut(nn.Module):
    """A network of timm up to the last level wanted, with normalisation of colours inside."""

    def __init__(self, model: nn.Module, backbone: "TimmBackbone"):
        super().__init__()
        self.model = model
        self.indices = [backbone.known[level] for level in backbone.levels]
        self.options = dict(backbone.options)
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(backbone.mean))
        self.register_buffer("std", torch.tensor(backbone.std))

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


def build(backbone: "TimmBackbone") -> Network:
    """Return the cut network with its weights, run by the engine of the backbone.

    Raises
    ------
    WeightsError
        If the weights do not fit.
    ParameterError
        If the engine is not installed.
    """
    model = full_model(backbone)
    _weights.load_weights(model, backbone.found_weights)
    cut = _cut(model, backbone).eval().requires_grad_(False)
    if backbone.engine == "openvino":
        from anomalylab.extractors import _openvino

        return _openvino.compile_network(cut, backbone.size)  # type: ignore[arg-type]
    cut.to(memory_format=torch.channels_last)
    return lambda images: _run(cut, images)


def full_model(backbone: "TimmBackbone") -> nn.Module:
    """Return the whole network with seeded random weights, classifier left out."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_weights.SEED)
        return _create(backbone.architecture, backbone.size)  # type: ignore[arg-type]


def sketch(backbone: "TimmBackbone") -> tuple[dict[str, tuple[int, int, int]], float]:
    """Return the shape of each level and the operations an image takes, computing nothing."""
    with torch.device("meta"), torch.inference_mode(), FlopCounterMode(display=False) as counter:
        cut = _cut(_create(backbone.architecture, backbone.size), backbone)  # type: ignore[arg-type]
        levels = cut.eval()(torch.empty(1, *backbone.size, 3))  # type: ignore[misc]
    shapes = [tuple(level.shape[1:]) for level in levels]
    return dict(zip(backbone.levels, shapes, strict=True)), float(counter.get_total_flops())


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


def _cut(model: nn.Module, backbone: "TimmBackbone") -> Cut:
    cut = Cut(model, backbone)
    extra = {k: v for k, v in backbone.options.items() if k == "extra_blocks"}
    keeps_norm = bool(backbone.options.get("norm"))
    model.prune_intermediate_layers(  # type: ignore[operator]
        indices=cut.indices, prune_norm=not keeps_norm, prune_head=True, **extra
    )
    if backbone.fuses:
        _fuse(model)
    return cut


def _fuse(model: nn.Module) -> None:
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

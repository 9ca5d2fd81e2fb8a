"""A network of timm cut in two: what stays frozen below, what learns above."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from anomalylab.errors import ParameterError
from anomalylab.extractors import _network, _weights
from anomalylab.extractors._backbone import TimmBackbone
from anomalylab.extractors._body import Body
from anomalylab.extractors._spec import NetworkSpec
from anomalylab.extractors._tokens import Cells, CellTokens, ImageTokens
from anomalylab.registry import unknown_name

_VERSION = 1
"""Raised when the same parameters begin to give other maps."""


class Lower(nn.Module):
    """Normalises colours and runs the frozen layers; never in training mode.

    Parameters
    ----------
    layers : Module
        Channels first.
    mean, std : sequence of float
        Of the three colours, on a scale of 0 to 255.
    """

    def __init__(self, layers: nn.Module, mean: tuple[float, ...], std: tuple[float, ...]):
        super().__init__()
        self.layers = layers
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(mean))
        self.register_buffer("std", torch.tensor(std))
        self.eval().requires_grad_(False)

    def forward(self, images: Tensor) -> Tensor:
        """Turn uint8 (n, height, width, 3) into float32 (n, n_rows, n_cols, n_channels)."""
        colours = (images.float() - self.mean) / self.std
        return _channels_last(self.layers(colours.permute(0, 3, 1, 2)))

    def train(self, mode: bool = True) -> "Lower":
        """Stay in evaluation mode."""
        return super().train(False)


class Upper(nn.Module):
    """Runs the layers that learn.

    Parameters
    ----------
    layers : Module
        Channels first.
    keeps_statistics : bool
        Whether batch normalisations go on with the means and variances they have.
    """

    def __init__(self, layers: nn.Module, keeps_statistics: bool):
        super().__init__()
        self.layers = layers.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.keeps_statistics = keeps_statistics

    def forward(self, maps: Tensor) -> Tensor:
        """Turn (n, n_rows, n_cols, n_channels) into the last feature map, of the same order."""
        return _channels_last(self.layers(maps.permute(0, 3, 1, 2)))

    def train(self, mode: bool = True) -> "Upper":
        """Set the mode, but keep batch normalisations to what they know."""
        super().train(mode)
        if self.keeps_statistics:
            for layer in self.modules():
                if isinstance(layer, nn.modules.batchnorm._BatchNorm):
                    layer.eval()
        return self


def cut(backbone: TimmBackbone, frozen: str | None) -> Body:
    """Cut a backbone after a level; everything above it up to its last level learns.

    Raises
    ------
    UnknownNameError
        If it has no such level.
    ParameterError
        If nothing would be left to learn, or its layers do not follow one another.
    WeightsError
        If the weights are missing or do not fit.
    """
    levels = list(backbone.known)
    check_frozen(backbone.name, frozen, levels)
    weights = backbone.found_weights
    spec = replace(backbone.spec, levels={levels[-1]: backbone.known[levels[-1]]})
    model = _network.full_model(spec)
    _weights.load_weights(model, weights)
    model.eval()
    expected = _last_level(model, spec)
    lower, upper = _halves(model, spec, None if frozen is None else backbone.known[frozen])
    body = assembled(
        Lower(lower, spec.mean, spec.std),
        Upper(upper, keeps_statistics=weights.path is not None),
        size=spec.size,
        frozen=frozen,
        architecture=backbone.architecture,
        description=weights.description,
        identity={"weights": weights.digest, "mean": spec.mean, "std": spec.std},
    )
    _check(body, expected, backbone.name)
    if spec.fuses:
        _network.fuse(body.lower)
    return body


def check_frozen(name: str, frozen: str | None, levels: Sequence[str]) -> None:
    """Refuse to freeze a level that is not there, or all of them.

    Raises
    ------
    UnknownNameError
    ParameterError
    """
    if frozen is not None and frozen not in levels:
        unknown_name(f"level of {name}", frozen, levels)
    if frozen == levels[-1]:
        raise ParameterError(
            f"nothing of {name} would learn with {frozen} frozen; freeze one of "
            f"{', '.join(levels[:-1])} or None"
        )


def assembled(
    lower: Lower,
    upper: Upper,
    *,
    size: tuple[int, int],
    frozen: str | None,
    architecture: str,
    description: str,
    identity: Mapping[str, Any],
) -> Body:
    """Return a body of two parts; ``identity`` is what else its maps depend on, as JSON values."""
    with torch.inference_mode():
        maps = lower(torch.zeros(1, *size, 3, dtype=torch.uint8))
        last = upper.eval()(maps)
    parts = {"version": _VERSION, "architecture": architecture, "size": size, "frozen": frozen}
    text = json.dumps(parts | dict(identity))
    return Body(
        lower=lower,
        upper=upper,
        shape=tuple(maps.shape[1:]),
        n_channels=last.shape[-1],
        size=size,
        frozen=frozen,
        architecture=architecture,
        description=description,
        digest=hashlib.sha256(text.encode()).hexdigest()[:32],
    )


def _halves(model: nn.Module, spec: NetworkSpec, frozen: int | None) -> tuple[nn.Module, nn.Module]:
    """Return the layers up to a level and those from there to the last level of ``spec``."""
    if hasattr(model, "_pos_embed") and hasattr(model, "blocks"):
        return _halves_of_tokens(model, spec, frozen)
    (last,) = (_module_of(model, spec, index) for index in spec.levels.values())
    layers = OrderedDict(_chain(model, last))
    names = list(layers)
    n_frozen = 0 if frozen is None else names.index(_module_of(model, spec, frozen)) + 1
    named = [(name.replace(".", "_"), layer) for name, layer in layers.items()]
    return (
        nn.Sequential(OrderedDict(named[:n_frozen])),
        nn.Sequential(OrderedDict(named[n_frozen:])),
    )


def _halves_of_tokens(
    model: Any, spec: NetworkSpec, frozen: int | None
) -> tuple[nn.Module, nn.Module]:
    """Cut a vision transformer between two of its blocks."""
    (last,) = spec.levels.values()
    grid, n_apart = model.patch_embed.grid_size, model.num_prefix_tokens
    layers = list(model.blocks)[: last + 1] + ([model.norm] if spec.options.get("norm") else [])
    first, end = ImageTokens(model), Cells(grid, n_apart, keeps_apart=False)
    if frozen is None:
        return nn.Sequential(), nn.Sequential(first, *layers, end)
    below, above = layers[: frozen + 1], layers[frozen + 1 :]
    lower = nn.Sequential(first, *below, Cells(grid, n_apart, keeps_apart=True))
    return lower, nn.Sequential(CellTokens(grid, n_apart), *above, end)


def _module_of(model: Any, spec: NetworkSpec, index: int) -> str:
    """Return the name of the module that ends a level."""
    if spec.options.get("extra_blocks"):  # the stem is counted, then each block
        return f"blocks.{index - 1}" if index else "bn1"
    return str(model.feature_info[index]["module"])


def _chain(model: nn.Module, last: str) -> Iterator[tuple[str, nn.Module]]:
    """Yield the layers in the order of their names up to ``last``, its containers opened."""
    container = last.rpartition(".")[0]
    for name, child in model.named_children():
        opened = (
            [(f"{name}.{inner}", layer) for inner, layer in child.named_children()]
            if name == container
            else [(name, child)]
        )
        for path, layer in opened:
            yield path, layer
            if path == last:
                return


def _probe(size: tuple[int, int]) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (1, *size, 3), dtype=torch.uint8, generator=generator)


def _last_level(model: Any, spec: NetworkSpec) -> Tensor:
    """Return what timm itself gives as the last level of a random image, channels last."""
    images = _probe(spec.size)
    with torch.inference_mode():
        colours = (images.float() - torch.tensor(spec.mean)) / torch.tensor(spec.std)
        levels = model.forward_intermediates(
            colours.permute(0, 3, 1, 2),
            indices=list(spec.levels.values()),
            intermediates_only=True,
            **spec.options,
        )
    return _channels_last(levels[0])


def _check(body: Body, expected: Tensor, name: str) -> None:
    """Refuse a network whose two parts, one after the other, are not the network."""
    with torch.inference_mode():
        found = body.upper(body.lower(_probe(body.size)))
    tolerance = 1e-3 * float(expected.abs().max())
    if found.shape != expected.shape or not torch.allclose(found, expected, 0, tolerance):
        raise ParameterError(
            f"the layers of {name} do not simply follow one another, so that it cannot be cut into "
            "a frozen and a learning part; choose another body, such as lite0"
        )


def _channels_last(maps: Tensor) -> Tensor:
    return maps.permute(0, 2, 3, 1).contiguous()

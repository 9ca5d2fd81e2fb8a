"""A body of a few random convolutions: for trials that are to take seconds, never for results."""

from collections import OrderedDict

import torch
from torch import nn

from anomalylab.compute.torch_seed import torch_seed
from anomalylab.errors import ParameterError
from anomalylab.extractors import _weights
from anomalylab.extractors._body import Body
from anomalylab.extractors._halves import Lower, Upper, assembled, check_frozen

CHANNELS = {"block1": 8, "block2": 8, "block3": 16, "block4": 16, "block5": 32}
"""Level -> its channels; all but block3 halve the sides."""

SMALLEST = 16
"""Pixels of a side that it needs."""


def tiny_body(size: int | tuple[int, int], frozen: str | None) -> Body:
    """Return five convolutions of 3 x 3 with random weights, cut after ``frozen``.

    Raises
    ------
    UnknownNameError
        If there is no such level.
    ParameterError
        If nothing would be left to learn, or images are too small.
    """
    levels = list(CHANNELS)
    height, width = (size, size) if isinstance(size, int) else size
    if min(height, width) < SMALLEST:
        raise ParameterError(f"the body tiny needs images of {SMALLEST} pixels, not {size}")
    check_frozen("tiny", frozen, levels)
    blocks = _blocks()
    n_frozen = 0 if frozen is None else levels.index(frozen) + 1
    return assembled(
        Lower(nn.Sequential(OrderedDict(blocks[:n_frozen])), (127.0,) * 3, (64.0,) * 3),
        Upper(nn.Sequential(OrderedDict(blocks[n_frozen:])), keeps_statistics=False),
        size=(height, width),
        frozen=frozen,
        architecture="tiny",
        description="tiny, RANDOM weights",
        identity={"weights": f"seed {_weights.SEED}, torch {torch.__version__}"},
    )


def _blocks() -> list[tuple[str, nn.Module]]:
    blocks: list[tuple[str, nn.Module]] = []
    n_before = 3
    with torch_seed(_weights.SEED):
        for name, n_channels in CHANNELS.items():
            stride = 1 if name == "block3" else 2
            conv = nn.Conv2d(n_before, n_channels, 3, stride, padding=1, bias=False)
            nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
            blocks.append((name, nn.Sequential(conv, nn.BatchNorm2d(n_channels), nn.ReLU())))
            n_before = n_channels
    return blocks

"""What a network is, apart from the engine that runs it: enough to build it, cut it and name it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Network = Callable[[np.ndarray], list[np.ndarray]]
"""uint8 (n, height, width, 3) -> one float32 (n, n_rows, n_cols, n_channels) a level."""


@dataclass(frozen=True, kw_only=True)
class NetworkSpec:
    """A network of timm, where it is cut, and the images it is given.

    Parameters
    ----------
    architecture : str
        timm's name, with the exact tag of its training.
    levels : mapping
        Name of each level wanted -> index of timm's ``forward_intermediates``, rising.
    size : (height, width)
        Of the images.
    mean, std : tuple of float
        Of the three colours, on a scale of 0 to 255.
    options : mapping
        Further arguments of ``forward_intermediates``.
    fuses : bool
        Whether every normalisation follows the convolution before it and may be merged with it.
    """

    architecture: str
    levels: Mapping[str, int]
    size: tuple[int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    fuses: bool = False

"""A network in two parts: a frozen lower one, and an upper one that learns."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class Body:
    r"""A network cut in two: ``upper(lower(images))`` is its last feature map.

    Parameters
    ----------
    lower : Module
        uint8 images (n, height, width, 3) -> float32 maps ``(n, *shape)``. It normalises colours,
        never learns and is always in evaluation mode, so that its maps may be kept. Tokens of a
        transformer stand as a map of cells; those that belong to no cell (class, registers) stand
        in rows of their own above.
    upper : Module
        Maps ``(n, *shape)`` -> the last feature map, (n, n_rows, n_cols, n_channels), tokens that
        belong to no cell left out. It learns. Where weights were given its batch normalisations
        keep to the means and variances that came with them, and only their scales and shifts learn:
        what comes out for one image then depends on no other of its batch. With random weights
        there are none to keep to, and they learn as usual.
    shape : (n_rows, n_cols, n_channels)
        Of the maps between the two, for images of ``size``.
    n_channels : int
        Of the last feature map.
    size : (height, width)
        Of the images.
    frozen : str or None
        The last level of the lower part; None if all but the colours learns.
    architecture : str
        timm's name, with the exact tag of its training.
    description : str
        Where the weights come from, for people; says RANDOM where they are random.
    digest : str
        Hexadecimal digest of all that both parts depend on before anything is learned.
    """

    lower: "nn.Module" = field(repr=False)
    upper: "nn.Module" = field(repr=False)
    shape: tuple[int, int, int]
    n_channels: int
    size: tuple[int, int]
    frozen: str | None
    architecture: str
    description: str
    digest: str

    @property
    def is_random(self) -> bool:
        """Whether the weights are random, which results must say in plain sight."""
        return "RANDOM" in self.description

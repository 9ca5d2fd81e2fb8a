"""The layers of convolutional auto-encoders, as tables; what they make of which sizes.

The tables are those of a public article [1]_, which enlarge the network of [2]_ by one halving
layer and lack one row of the decoder: as printed, what comes out has half the sides of what goes
in, whatever the size. ``seed`` restores the row.

References
----------
.. [1] "Anomaly Detection with Auto-Encoders" (2021), a public article on MVTec hazelnut.
.. [2] Bergmann, Löwe, Fauser, Sattlegger & Steger (2019). Improving Unsupervised Defect
   Segmentation by Applying Structural Similarity to Autoencoders. VISAPP.
   https://arxiv.org/abs/1807.02011
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace

from anomalylab.errors import ParameterError
from anomalylab.registry import unknown_name

EPSILON = 1e-6
"""Of batch normalisation."""

MOMENTUM = 0.1
"""Of the running means of batch normalisation."""

SLOPE = 0.01
"""Of LeakyReLU below zero."""

BOTTLENECK = 8
"""Sides of the map that the last layer of the encoder sees at once."""

OUTPUTS = ("sigmoid", "linear")
"""What the decoder ends with."""

Shape = tuple[int, int, int]
"""Channels, rows and columns."""


@dataclass(frozen=True)
class Layer:
    """One row of a table: a convolution, and what follows it.

    Parameters
    ----------
    n_in, n_out : int
        Channels.
    kernel, stride : int
    is_transposed : bool
        Whether it enlarges rather than reduces.
    is_normalised : bool
        Whether batch normalisation follows.
    activation : {"leaky_relu", "sigmoid", "none"}
    """

    n_in: int
    n_out: int
    kernel: int
    stride: int
    is_transposed: bool
    is_normalised: bool = True
    activation: str = "leaky_relu"

    @property
    def padding(self) -> int:
        """Zeros around the map: none where a kernel sees the whole bottleneck, else 1."""
        return 0 if self.kernel == BOTTLENECK else 1

    def side(self, side: int) -> int:
        """Return the side of what comes out for the side of what goes in; below 1 if too small."""
        if self.is_transposed:
            return (side - 1) * self.stride - 2 * self.padding + self.kernel
        return (side + 2 * self.padding - self.kernel) // self.stride + 1


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """An encoder that halves the sides until 8 are left, and the decoder that undoes it.

    Parameters
    ----------
    name : str
    n_halvings : int
        Layers of stride 2; images have sides of ``8 * 2 ** n_halvings`` or multiples of
        ``2 ** n_halvings`` beyond.
    stem : int
        Channels next to the image. The article has 3, which leaves the encoder a quarter of the
        numbers of an image to look at.
    width : float
        What all other channels but those of the image and the latent are multiplied by.
    latent : int
        Numbers that an image of the smallest size is squeezed through.
    output : {"sigmoid", "linear"}
        ``sigmoid`` keeps colours between 0 and 1; the article tells none, ``linear``.
    is_linear : bool
        Neither activations nor normalisation: what such a network can do at best is the space of
        principal components.
    is_printed : bool
        The decoder as it is printed, which fits no image; to show that it does not.

    Raises
    ------
    ParameterError
        If the latent is larger than the bottleneck holds, or a value cannot be used.
    """

    name: str
    n_halvings: int
    stem: int = 3
    width: float = 1.0
    latent: int = 500
    output: str = "sigmoid"
    is_linear: bool = False
    is_printed: bool = False

    def __post_init__(self) -> None:
        if self.output not in OUTPUTS:
            unknown_name("output of an auto-encoder", self.output, OUTPUTS)
        held = self._wide(32) * BOTTLENECK**2
        if not 1 <= self.latent <= held:
            raise ParameterError(
                f"latent must lie in 1 to {held}, the {self._wide(32)} channels of "
                f"{BOTTLENECK} x {BOTTLENECK} cells before the bottleneck of the architecture "
                f"{self.name}, not {self.latent}"
            )

    @property
    def size(self) -> int:
        """Smallest side that it takes, and the one it is made for."""
        return BOTTLENECK * 2**self.n_halvings

    @property
    def step(self) -> int:
        """Sides that it takes are the smallest and larger multiples of this."""
        return int(2**self.n_halvings)

    def encoder(self) -> tuple[Layer, ...]:
        """Return the rows of its first table."""
        front = [3, *[self._wide(32)] * (self.n_halvings - 2)]
        if self.n_halvings > 4:
            front[1] = self._stem
        rows = [(a, b, 4, 2) for a, b in itertools.pairwise(front)]
        rows += self._wider([(32, 32, 3, 1), (32, 64, 4, 2), (64, 64, 3, 1), (64, 128, 4, 2)])
        rows += self._wider([(128, 64, 3, 1), (64, 32, 3, 1)])
        rows.append((self._wide(32), self.latent, BOTTLENECK, 1))
        layers = [Layer(*row, is_transposed=False) for row in rows]
        layers[-1] = replace(layers[-1], activation="none")
        return self._plain(layers)

    def decoder(self) -> tuple[Layer, ...]:
        """Return the rows of its second table."""
        rows = [(self.latent, self._wide(32), BOTTLENECK, 1)]
        rows += self._wider([(32, 64, 3, 1), (64, 128, 3, 1), (128, 64, 4, 2), (64, 64, 3, 1)])
        rows += self._wider([(64, 32, 4, 2), (32, 32, 3, 1)])
        n_back = self.n_halvings - 2 - self.is_printed
        back = [*[self._wide(32)] * (n_back - 1), self._stem, 3] if n_back > 1 else []
        back = back or [self._wide(32), 3]
        rows += [(a, b, 4, 2) for a, b in itertools.pairwise(back)]
        layers = [Layer(*row, is_transposed=True) for row in rows]
        last = "sigmoid" if self.output == "sigmoid" else "none"
        layers[-1] = replace(layers[-1], is_normalised=False, activation=last)
        return self._plain(layers)

    def trace(self, size: tuple[int, int] | None = None) -> list[Shape]:
        """Return the shape of an image and of what each layer makes of it.

        Parameters
        ----------
        size : (height, width), optional
            Of the image; the smallest it takes if not given.
        """
        height, width = size or (self.size, self.size)
        shapes = [(3, height, width)]
        for layer in (*self.encoder(), *self.decoder()):
            _, rows, cols = shapes[-1]
            shapes.append((layer.n_out, layer.side(rows), layer.side(cols)))
        return shapes

    def check_size(self, size: tuple[int, int]) -> None:
        """Refuse images whose reconstruction would not have their size.

        Raises
        ------
        ParameterError
            The message says which sizes it takes.
        """
        _, height, width = self.trace(size)[-1]
        if self.is_printed:
            raise ParameterError(
                f"the decoder as printed makes {height} x {width} of images of "
                f"{size[0]} x {size[1]}, half of their sides whatever their size: a layer "
                f"{self._wide(32)} -> {self._wide(32)}, kernel 4, stride 2 is missing; use the "
                "architecture seed, which has it, or AE128"
            )
        if min(size) < self.size or (height, width) != tuple(size):
            fits = ", ".join(str(self.size + k * self.step) for k in range(4))
            raise ParameterError(
                f"the architecture {self.name} takes sides of {fits} and so on, {self.step} more "
                f"each, not {size[0]} x {size[1]}"
            )

    def multiplications(self, size: tuple[int, int] | None = None) -> int:
        """Return the products of numbers that one image takes, forward."""
        layers, shapes = (*self.encoder(), *self.decoder()), self.trace(size)
        total = 0
        for layer, before, after in zip(layers, shapes, shapes[1:], strict=False):
            _, rows, cols = before if layer.is_transposed else after
            total += layer.n_in * layer.n_out * layer.kernel**2 * rows * cols
        return total

    @property
    def _stem(self) -> int:
        return 3 if self.stem == 3 else self._wide(self.stem)

    def _wide(self, n_channels: int) -> int:
        return max(1, round(n_channels * self.width))

    def _wider(self, rows: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
        return [(self._wide(a), self._wide(b), kernel, stride) for a, b, kernel, stride in rows]

    def _plain(self, layers: list[Layer]) -> tuple[Layer, ...]:
        if not self.is_linear:
            return tuple(layers)
        return tuple(replace(row, is_normalised=False, activation="none") for row in layers)


ARCHITECTURES: Mapping[str, Architecture] = {
    one.name: one
    for one in (
        Architecture(name="seed", n_halvings=5),
        Architecture(name="bergmann", n_halvings=5, stem=32),
        Architecture(name="AE128", n_halvings=4),
        Architecture(name="tiny", n_halvings=3, width=0.25, latent=64),
        Architecture(name="printed", n_halvings=5, is_printed=True),
    )
}
"""``seed``: the article's tables with the lost row restored, images of 256. ``bergmann``: the same
with 32 channels next to the image, as its relatives have. ``AE128``: the printed decoder behind an
encoder without its first row, images of 128. ``tiny``: a quarter of the channels, images of 64, for
trials. ``printed``: as it stands in the article, refused for every image."""


def architecture(name: str, **changes: object) -> Architecture:
    """Return an architecture by name.

    Parameters
    ----------
    name : str
        One of :data:`ARCHITECTURES`.
    **changes
        Other values of its parameters, such as ``latent``; None leaves one as it is.

    Raises
    ------
    UnknownNameError
        If there is none of that name.
    ParameterError
        As :class:`Architecture` does.
    """
    if name not in ARCHITECTURES:
        unknown_name("architecture", name, ARCHITECTURES)
    given = {key: value for key, value in changes.items() if value is not None}
    return replace(ARCHITECTURES[name], **given)  # type: ignore[arg-type]

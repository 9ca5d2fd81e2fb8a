"""Pasted copies of images, the network that tells them from the images, and its training.

A copy depends on its image, its number and the seed alone, so that what the lower part of the
network makes of it is computed once for all trainings.
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from anomalylab import synthesise
from anomalylab.training.frozen import LowerFeatures

if TYPE_CHECKING:
    from anomalylab.extractors import Body

HIDDEN = (512, 128)
"""Widths of the layers between embedding and classes."""

AT_ONCE = 8
"""Images that are judged together; so few change no bit of the results."""


def network_of(body: "Body", n_classes: int, seed: int) -> nn.ModuleDict:
    """Return what learns: the upper part of a body, and a head that tells classes apart.

    Parameters
    ----------
    body : Body
    n_classes : int
    seed : int
        Of the weights of the head.
    """
    widths, layers = (body.n_channels, *HIDDEN), []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for before, after in pairwise(widths):
            layers += [nn.Linear(before, after, bias=False), nn.BatchNorm1d(after), nn.ReLU()]
        head = nn.Sequential(*layers, nn.Linear(widths[-1], n_classes))
    return nn.ModuleDict({"upper": body.upper, "head": head})


class Pasted:
    """What the lower part of a network makes of images and of their pasted copies.

    Parameters
    ----------
    body : Body
    images : uint8 ndarray of shape (n_images, height, width, 3)
    digests : sequence of str
        Hexadecimal, one an image.
    kinds : sequence of str
        Defects that are pasted.
    n_copies : int, optional
        Copies of an image by each defect; every one that is asked for is another if None.
    seed : int
    """

    def __init__(
        self,
        body: "Body",
        images: np.ndarray,
        digests: Sequence[str],
        kinds: Sequence[str],
        n_copies: int | None,
        seed: int,
    ):
        self.lower, self.images = LowerFeatures(body), images
        self.kinds, self.n_copies = kinds, n_copies
        self.seeds = [[seed, int(digest[:12], 16)] for digest in digests]

    @cached_property
    def plain(self) -> np.ndarray:
        """Maps of the images, computed when first needed, as are those of the copies."""
        return self.lower.of(self.images)

    @cached_property
    def copies(self) -> dict[str, list[np.ndarray]]:
        """Maps of copy 0 of each image, copy 1 and so on, by kind."""
        numbers = range(self.n_copies or 0)
        return {
            k: [self.lower.of(self._drawn(k, number)) for number in numbers] for k in self.kinds
        }

    @property
    def digest(self) -> str:
        """Hexadecimal digest of a copy of the first image by each defect: of how they are drawn."""
        copies = [self._copy(kind, 0, 0) for kind in self.kinds]
        return hashlib.blake2b(np.stack(copies).tobytes(), digest_size=8).hexdigest()

    def maps(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return maps of some images, then of a copy of each by the first defect, and so on.

        Parameters
        ----------
        rows : int ndarray of shape (n_rows,)
        rng : Generator
            Draws which copies.

        Returns
        -------
        maps : float32 ndarray of shape ((1 + n_kinds) * n_rows, ...)
        """
        return np.concatenate([self.plain[rows], *(self._of(k, rows, rng) for k in self.kinds)])

    def _of(self, kind: str, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        if self.n_copies is None:
            defect = synthesise.registry.get(kind)
            new = np.stack([defect(self.images[row], rng)[0] for row in rows])
            return self.lower.of(new, keep=False)
        numbers = rng.integers(self.n_copies, size=len(rows))
        known = self.copies[kind]
        return np.stack([known[number][row] for number, row in zip(numbers, rows, strict=True)])

    def _drawn(self, kind: str, number: int) -> np.ndarray:
        return np.stack([self._copy(kind, number, row) for row in range(len(self.images))])

    def _copy(self, kind: str, number: int, row: int) -> np.ndarray:
        """Return a copy that depends on the image of a row, the seed and a number alone."""
        rng = np.random.default_rng([*self.seeds[row], number])
        copy: np.ndarray = synthesise.registry.get(kind)(self.images[row], rng)[0]
        return copy


def loss_of_classes(
    network: nn.ModuleDict, maps: np.ndarray, n_classes: int
) -> tuple[Tensor, dict[str, float]]:
    """Return the cross entropy of telling classes apart, and the share that is told right.

    Parameters
    ----------
    network : ModuleDict
    maps : float32 ndarray of shape (n_classes * n_rows, ...)
        Those of the first class first.
    n_classes : int
    """
    device = next(network.parameters()).device
    truth = torch.arange(n_classes, device=device).repeat_interleave(len(maps) // n_classes)
    inputs = torch.from_numpy(maps).to(device)
    logits = network["head"](network["upper"](inputs).mean(dim=(1, 2)))
    loss = cross_entropy(logits, truth)
    return loss, {"accuracy": float((logits.argmax(dim=1) == truth).float().mean())}


def learnt_maps(network: nn.ModuleDict, body: "Body", images: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the last maps of a few images at a time: float32 (n, n_rows, n_cols, n_channels)."""
    lower, device = LowerFeatures(body), next(network.parameters()).device
    network.eval()
    for start in range(0, len(images), AT_ONCE):
        given = torch.from_numpy(lower.of(images[start : start + AT_ONCE])).to(device)
        with torch.inference_mode():
            yield network["upper"](given).cpu().numpy()

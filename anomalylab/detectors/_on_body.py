"""Detectors that train the upper part of a known network; its lower part stays as it is."""

from abc import abstractmethod
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from anomalylab.detectors._base import Detector
from anomalylab.detectors._seen_images import Size
from anomalylab.detectors._trained import TrainedDetector, Work
from anomalylab.errors import WeightsError

if TYPE_CHECKING:
    from torch import nn

    from anomalylab.extractors import Body


class Passes(NamedTuple):
    """How many images pass the parts of a network."""

    lower: int
    """Through the lower part, in all trainings together."""

    held: int
    """Maps of the lower part that are held at a time."""

    upper: int
    """Through the upper part, forward and backward, in one training of all images."""

    step: int = 64
    """Images of a step, for which all that layers put out is held."""


class _Operations(NamedTuple):
    """Of the parts of a body for one image, and values of the map between them and above."""

    lower: float
    upper: float
    n_values: int
    n_outputs: int


@lru_cache(maxsize=8)
def _operations(name: str, weights: str, size: Size, frozen: str | None) -> _Operations:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from anomalylab import extractors

    body = extractors.body(name, weights=weights, size=size, frozen=frozen)
    outputs: list[int] = []
    for layer in body.upper.modules():
        if not list(layer.children()):
            layer.register_forward_hook(lambda _, __, output: outputs.append(output.numel()))
    with torch.inference_mode():
        with FlopCounterMode(display=False) as of_lower:
            maps = body.lower(torch.zeros(1, *size, 3, dtype=torch.uint8))
        with FlopCounterMode(display=False) as of_upper:
            body.upper(maps)
    lower, upper = (float(one.get_total_flops()) for one in (of_lower, of_upper))
    return _Operations(lower, upper, maps.numel(), sum(outputs))


@dataclass(kw_only=True)
class OnBody(TrainedDetector):
    """Learns on top of the lower part of a known network.

    Subclasses write ``_passes`` instead of ``_work``; the others are as those of
    :class:`~anomalylab.detectors._trained.TrainedDetector`, with ``body`` a
    :class:`~anomalylab.extractors.Body`.

    Parameters
    ----------
    levels, size, epochs, seed, device
        See :class:`~anomalylab.detectors._trained.TrainedDetector`.
    body : str
        The network, as :func:`anomalylab.extractors.body` names it.
    weights : "pretrained", "random" or path
        What it starts from.
    frozen : str, optional
        Last block of the part that stays as it is; everything learns if None.

    Attributes
    ----------
    body_digest_, body_words_ : str
        Of the network that learning began from, and that network in words.
    """

    after_training: ClassVar[frozenset[str]] = TrainedDetector.after_training | {"weights"}

    body: str = "lite0"
    weights: str = "pretrained"
    frozen: str | None = "block4"

    def save(self, folder: Path) -> None:
        """Write parameters and what was learnt; a file of weights is told by its name alone."""
        named = copy(self)
        named.weights = Path(self.weights).name
        Detector.save(named, folder)

    def began_from(self) -> tuple[str, str]:
        """Return the network that learning began from, in words, and its digest."""
        self._check_fitted()
        return self.body_words_, self.body_digest_

    @abstractmethod
    def _passes(self, n_images: int) -> Passes:
        """Return what fitting on so many images, and scoring them in folds, computes.

        That are ``a l + 3 b u`` operations, with ``a`` passes through the lower part of ``l``
        operations, and ``b`` forward and backward passes through the upper part of ``u``.
        """

    def _work(self, n_images: int) -> Work:
        of_body = _operations(self.body, self.weights, self.seen_size, self.frozen)
        passes = self._passes(n_images)
        operations = passes.lower * of_body.lower + self.n_folds * 3 * passes.upper * of_body.upper
        n_values = passes.held * of_body.n_values + passes.step * of_body.n_outputs
        return Work(operations, 4 * n_values)

    def _own_body(self) -> "Body":
        from anomalylab import extractors

        body: Body = extractors.body(
            self.body, weights=self.weights, size=self.seen_size, frozen=self.frozen
        )
        return body

    def _key_of(self, body: "Body") -> dict[str, Any]:
        return {"body": body.digest}

    def _note(self, body: "Body") -> None:
        self.body_digest_, self.body_words_ = body.digest, body.description

    def _restored(self) -> tuple["nn.Module", "Body"]:
        try:
            return super()._restored()
        except WeightsError as error:
            if self.weights in ("pretrained", "random") or Path(self.weights).is_file():
                raise
            raise WeightsError(
                f"{self.name} was trained on top of {self.body_words_}; put the file "
                f"{self.weights} in the folder you work in"
            ) from error

    def _check_body(self, body: "Body") -> None:
        if body.digest != self.body_digest_:
            raise WeightsError(
                f"{self.name} was trained on top of {self.body_words_}, and here is "
                f"{body.description}; install or name the same weights"
            )

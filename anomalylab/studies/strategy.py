"""Strategies of a study: who leaves the training set, and what becomes of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from anomalylab.errors import ParameterError
from anomalylab.refine.healing import NEAREST
from anomalylab.registry import unknown_name
from anomalylab.runs.request import DetectorChoice

PERFECT = "perfect"
"""The strategy that knows the truth: exactly the defective images leave."""

CELLS = "cells"
"""The strategy by which no image leaves, but cells of images, from the memory of a detector."""

REPLACE = "replace"
"""Option of any strategy that ranks images: good ones take the place of those that leave."""

HEAL = "heal"
"""Option of any strategy that ranks images: those that leave come back without what was odd."""

HEALED = ("features", "pixels")
"""What is healed: suspicious cells of features, or pixels by an auto-encoder."""


@dataclass(frozen=True, kw_only=True)
class StrategyChoice:
    """A strategy by name with its options, written as a detector is: ``NAME[:option=value,...]``.

    Parameters
    ----------
    name : str
    params : mapping
        Options that differ from the defaults of the strategy.
    """

    name: str
    params: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "StrategyChoice":
        """Read ``random`` or ``sroc:leave_out=group``.

        Raises
        ------
        ParameterError
            If an option is not written ``name=value``.
        """
        choice = DetectorChoice.parse(text)
        if choice.preset:
            raise ParameterError(f"strategy {text!r}: strategies have no presets, only options")
        return cls(name=choice.name, params=choice.params)

    @property
    def label(self) -> str:
        """What the strategy is called in tables, as ``sroc leave_out=group``."""
        head, _, options = str(self).partition(":")
        return " ".join([head, *filter(None, options.split(","))])

    @property
    def ranking_params(self) -> dict[str, object]:
        """Options that decide how images are ranked."""
        after = (REPLACE, HEAL)
        return {name: value for name, value in self.params.items() if name not in after}

    @property
    def replaces(self) -> bool:
        """Whether good images take the place of those that leave."""
        return bool(self.params.get(REPLACE, False))

    @property
    def heals(self) -> str:
        """What is healed of the images that leave: one of :data:`HEALED`, or nothing."""
        return str(self.params.get(HEAL, ""))

    def __str__(self) -> str:
        return str(DetectorChoice(name=self.name, params=self.params))


def without_healing(label: str) -> tuple[str, str]:
    """Return the label of a strategy that only removes, and what this one heals, if anything.

    Examples
    --------
    >>> without_healing("sroc leave_out=group heal=pixels")
    ('sroc leave_out=group', 'pixels')
    >>> without_healing("random")
    ('random', '')
    """
    option = f"{HEAL}="
    words = label.split(" ")
    heals = [word.removeprefix(option) for word in words if word.startswith(option)]
    rest = " ".join(word for word in words if not word.startswith(option))
    return rest, next(iter(heals), "")


@dataclass(frozen=True, kw_only=True)
class Healing:
    """How strategies heal that do.

    Parameters
    ----------
    autoencoder : str
        What heals pixels, written as detectors are: ``autoencoder@tiny`` or
        ``autoencoder:epochs=20``. It learns from the kept images alone.
    quantile : float in (0, 1)
        Of what kept images are left with, from which on a cell or a pixel is replaced.
    nearest : {"at the place", "anywhere"}
        Cells that one is replaced by, see :func:`anomalylab.refine.healing.heal`.
    n_rounds : int
        How often pixels are healed.
    """

    autoencoder: str = "autoencoder"
    quantile: float = 0.99
    nearest: str = NEAREST[0]
    n_rounds: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.quantile < 1:
            raise ParameterError(f"quantile in [healing] must lie in (0, 1), not {self.quantile}")
        if self.nearest not in NEAREST:
            unknown_name("value of nearest in [healing]", self.nearest, NEAREST)
        if self.n_rounds < 1:
            raise ParameterError(f"n_rounds in [healing] must be at least 1, not {self.n_rounds}")

    @property
    def healer(self) -> DetectorChoice:
        """The auto-encoder, as other detectors are named."""
        return DetectorChoice.parse(self.autoencoder)

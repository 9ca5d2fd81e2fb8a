"""What extractors that only look at the image itself have in common."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np

from anomalylab.errors import ParameterError


@dataclass(kw_only=True)
class OnDemand(ABC):
    """Levels read image by image when needed; nothing is cached.

    Parameters
    ----------
    size : int or (height, width), optional
        Images stay as they are if not given, and may then differ in size.
    """

    name: ClassVar[str]
    on_demand: ClassVar[bool] = True
    batch_size: ClassVar[int] = 1
    fingerprint: ClassVar[str] = ""
    levels: ClassVar[tuple[str, ...]]

    size: int | tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if self.size is None:
            return
        sides = (self.size, self.size) if isinstance(self.size, int) else tuple(self.size)
        if len(sides) != 2 or min(sides) < 1:
            raise ParameterError(f"size must be one side or (height, width), not {self.size}")
        self.size = sides[0], sides[1]

    @abstractmethod
    def __call__(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Turn images of one size into levels."""

    def prepare(self) -> None:  # noqa: B027  there is nothing to load
        """Do nothing; there is no network."""

    def shapes(self) -> dict[str, tuple[int, int, int]]:
        """Return nothing: levels are not stored."""
        return {}

    def flops(self) -> float:
        """Return 0: reading is nearly all that is to do."""
        return 0.0

    def parameters(self) -> dict[str, Any]:
        """Return the parameters as JSON values."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}

    def describe(self) -> dict[str, Any]:
        """Return what a run records of how features were made."""
        return {
            "backbone": self.name,
            "weights": "none needed",
            "levels": list(self.levels),
            "size": self.size and list(self.size),  # type: ignore[arg-type]
            "parameters": self.parameters(),
        }

    @classmethod
    def availability(cls) -> str:
        """Say that there is nothing to fetch."""
        return "needs no weights"

"""The contract that every extractor keeps."""

from typing import Any, ClassVar, Protocol

import numpy as np


class Extractor(Protocol):
    """A frozen map from images to levels of features; a keyword-only dataclass, registered."""

    name: ClassVar[str]
    """Set by ``register``."""

    on_demand: ClassVar[bool]
    """Whether levels are read image by image when needed, at the size that images have."""

    levels: tuple[str, ...]
    """Names of the levels it gives."""

    size: tuple[int, int] | None
    """Height and width that images are brought to; None if they stay as they are."""

    batch_size: int
    """Images that are best given at a time."""

    fingerprint: str
    """All that levels depend on beside the image; part of the key of cached features."""

    def prepare(self) -> None:
        """Load what calls need, so that several threads may call; may change ``fingerprint``."""

    def shapes(self) -> dict[str, tuple[int, int, int]]:
        """Return rows, columns and channels of each level; nothing if they vary."""

    def flops(self) -> float:
        """Return the floating point operations an image takes."""

    def __call__(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Turn images into levels.

        Parameters
        ----------
        images : uint8 ndarray of shape (n_images, height, width, 3)

        Returns
        -------
        levels : dict
            Level -> float32 array of shape (n_images, n_rows, n_cols, n_channels).
        """

    def describe(self) -> dict[str, Any]:
        """Return what a run records: JSON values that tell how features were made."""

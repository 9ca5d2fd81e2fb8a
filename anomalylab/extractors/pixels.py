"""The image itself as a level: three colours."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from anomalylab.extractors import register
from anomalylab.extractors._on_demand import OnDemand


@register("pixels")
@dataclass(kw_only=True)
class Pixels(OnDemand):
    """Colours as shares of 0 to 1."""

    levels: ClassVar[tuple[str, ...]] = ("pixels",)

    def __call__(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Turn uint8 images (n_images, height, width, 3) into float32 of the same shape."""
        return {"pixels": images.astype(np.float32) / 255}

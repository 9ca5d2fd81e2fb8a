"""EfficientNet-B4 at the size it was trained on.

References
----------
.. [1] Tan & Le (2019). EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks.
   https://arxiv.org/abs/1905.11946
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from anomalylab.extractors import register
from anomalylab.extractors._efficientnet import EfficientNetBackbone


@register("efficientnet_b4")
@dataclass(kw_only=True)
class EfficientNetB4(EfficientNetBackbone):
    """EfficientNet-B4 [1]_ with AutoAugment weights, the same that Keras ships, at 380 pixels."""

    architecture: ClassVar[str] = "tf_efficientnet_b4.aa_in1k"

    levels: Sequence[str] = ("block4", "block6", "block7")
    size: int | tuple[int, int] = 380

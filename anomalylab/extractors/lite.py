"""EfficientNet-Lite: small, quick on a CPU, with weights that need no hub.

References
----------
.. [1] Tan & Le (2019). EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks.
   https://arxiv.org/abs/1905.11946
.. [2] https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from anomalylab.extractors import register
from anomalylab.extractors._efficientnet import EfficientNetBackbone


@register("lite0")
@dataclass(kw_only=True)
class Lite0(EfficientNetBackbone):
    """EfficientNet-Lite0 [2]_; blocks are counted from 1, as Keras does."""

    architecture: ClassVar[str] = "tf_efficientnet_lite0"
    mean: ClassVar[tuple[float, ...]] = (127.0, 127.0, 127.0)
    std: ClassVar[tuple[float, ...]] = (128.0, 128.0, 128.0)

    levels: Sequence[str] = ("block4", "block6", "block7")
    size: int | tuple[int, int] = 224


@register("lite1")
@dataclass(kw_only=True)
class Lite1(Lite0):
    """EfficientNet-Lite1 [2]_; needs the extra ``lite``."""

    architecture: ClassVar[str] = "tf_efficientnet_lite1"

    size: int | tuple[int, int] = 240


@register("lite2")
@dataclass(kw_only=True)
class Lite2(Lite0):
    """EfficientNet-Lite2 [2]_; needs the extra ``lite``."""

    architecture: ClassVar[str] = "tf_efficientnet_lite2"

    size: int | tuple[int, int] = 260

"""Residual networks, the backbones of SPADE, PaDiM and PatchCore.

References
----------
.. [1] He et al. (2016). Deep Residual Learning for Image Recognition.
   https://arxiv.org/abs/1512.03385
.. [2] Zagoruyko & Komodakis (2016). Wide Residual Networks. https://arxiv.org/abs/1605.07146
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from anomalylab.extractors import register
from anomalylab.extractors._backbone import TimmBackbone


@register("resnet18")
@dataclass(kw_only=True)
class ResNet18(TimmBackbone):
    """ResNet-18 [1]_ with torchvision's first weights."""

    architecture: ClassVar[str] = "resnet18.tv_in1k"
    known: ClassVar[Mapping[str, int]] = {f"layer{number}": number for number in range(1, 5)}
    fuses: ClassVar[bool] = True

    levels: Sequence[str] = ("layer2", "layer3")
    size: int | tuple[int, int] = 224


@register("wide_resnet50_2")
@dataclass(kw_only=True)
class WideResNet50(ResNet18):
    """Wide ResNet-50-2 [2]_ with torchvision's first weights."""

    architecture: ClassVar[str] = "wide_resnet50_2.tv_in1k"

"""DINOv2: a vision transformer trained without labels; its patch tokens are the cells.

References
----------
.. [1] Oquab et al. (2023). DINOv2: Learning Robust Visual Features without Supervision.
   https://arxiv.org/abs/2304.07193
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from anomalylab.extractors import register
from anomalylab.extractors._backbone import TimmBackbone


@register("dinov2_vits14")
@dataclass(kw_only=True)
class DINOv2Small(TimmBackbone):
    """ViT-S/14 of DINOv2 [1]_; tokens are normalised as its authors do when they use them."""

    architecture: ClassVar[str] = "vit_small_patch14_dinov2.lvd142m"
    known: ClassVar[Mapping[str, int]] = {f"block{number}": number - 1 for number in range(1, 13)}
    options: ClassVar[Mapping[str, Any]] = {"norm": True}
    multiple: ClassVar[int] = 14

    levels: Sequence[str] = ("block12",)
    size: int | tuple[int, int] = 224

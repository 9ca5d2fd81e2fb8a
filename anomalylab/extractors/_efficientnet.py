"""What the EfficientNets have in common: blocks counted from 1, as Keras does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from anomalylab.extractors._backbone import TimmBackbone


@dataclass(kw_only=True)
class EfficientNetBackbone(TimmBackbone):
    """A level is the output of a whole block, after its last residual sum."""

    known: ClassVar[Mapping[str, int]] = {f"block{number}": number for number in range(1, 8)}
    options: ClassVar[Mapping[str, Any]] = {"extra_blocks": True}
    fuses: ClassVar[bool] = True

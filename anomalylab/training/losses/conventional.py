"""The conventional loss: cross entropy of a linear classifier."""

from typing import ClassVar

from torch import Tensor, nn

from anomalylab.training.losses import register
from anomalylab.training.losses._base import Loss


@register("conventional")
class Conventional(Loss):
    """``z_j = w_j' x + b_j``: the classes are told apart, and nothing draws each of them together.

    Parameters
    ----------
    n_features, n_classes : int
    as_published : bool
        No difference.
    """

    can_mix: ClassVar[bool] = True

    def __init__(self, n_features: int, n_classes: int, *, as_published: bool = False):
        super().__init__(n_features, n_classes, as_published=as_published)
        self.classifier = nn.Linear(n_features, n_classes)

    def logits(self, embeddings: Tensor) -> Tensor:
        """Return ``W x + b``."""
        logits: Tensor = self.classifier(embeddings)
        return logits

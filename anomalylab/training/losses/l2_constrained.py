"""L2-constrained softmax: every embedding lies on one sphere before it is classified.

References
----------
.. [1] Ranjan, Castillo & Chellappa (2017). L2-constrained Softmax Loss for Discriminative Face
   Verification. https://arxiv.org/abs/1703.09507
"""

from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional

from anomalylab.errors import ParameterError
from anomalylab.training.losses import register
from anomalylab.training.losses._base import Loss


@register("l2_constrained")
class L2Constrained(Loss):
    r"""``z_j = w_j' (alpha x / |x|) + b_j`` [1]_: the norm of each embedding says nothing.

    Parameters
    ----------
    n_features, n_classes : int
    scale : float
        ``alpha``, the radius of the sphere, above 0.
    as_published : bool
        The logits ``Z = X W' + b`` of a batch are classified first, and then scaled together:
        ``alpha Z / sqrt(sum of all Z_ij^2)``. So the scale falls with the size of the batch,
        and, as what follows the last layer alone is cut off, embeddings are these ``n_classes``
        logits.
    """

    can_mix: ClassVar[bool] = True

    def __init__(
        self, n_features: int, n_classes: int, *, scale: float = 16.0, as_published: bool = False
    ):
        super().__init__(n_features, n_classes, as_published=as_published)
        if not scale > 0:
            raise ParameterError(f"scale must be above 0, not {scale}")
        self.scale = scale
        self.classifier = nn.Linear(n_features, n_classes)

    def constrained(self, embeddings: Tensor) -> Tensor:
        """Return ``alpha x / |x|`` of each row."""
        return self.scale * functional.normalize(embeddings)

    def logits(self, embeddings: Tensor) -> Tensor:
        """Return ``W (alpha x / |x|) + b``; or the published ones, each batch scaled as a whole."""
        logits: Tensor
        if self.as_published:
            logits = self.classifier(embeddings)
            return self.scale * logits / logits.norm()
        logits = self.classifier(self.constrained(embeddings))
        return logits

    def embedding(self, hidden: Tensor) -> Tensor:
        """Return the hidden layer; as published, the logits before they are scaled."""
        return self.classifier(hidden) if self.as_published else hidden

"""Center loss: the embeddings of a class are drawn to their moving mean.

References
----------
.. [1] Wen, Zhang, Li & Qiao (2016). A Discriminative Feature Learning Approach for Deep Face
   Recognition. ECCV. https://doi.org/10.1007/978-3-319-46478-7_31
"""

from typing import ClassVar

import torch
from torch import Tensor

from anomalylab.errors import ParameterError
from anomalylab.training.losses import register
from anomalylab.training.losses.conventional import Conventional

STEP = 0.5


@register("center")
class Center(Conventional):
    """Cross entropy of ``W x + b``, plus ``weight / 2`` times the mean ``|x - c_y|^2`` [1]_.

    At each step a centre moves by ``1/2 * sum of (x - c_j) / (1 + n_j)`` over its ``n_j`` rows of
    the batch.

    Parameters
    ----------
    n_features, n_classes : int
    weight : float, optional
        0.003 by default, as in [1]_ for embeddings that are not scaled; 0.25 as published.
    as_published : bool
        The centres are those of the ``n_classes`` logits ``W x + b`` in place of the embeddings.

    Attributes
    ----------
    centres : Tensor of shape (n_classes, n_features), or (n_classes, n_classes) as published
        Saved with the weights; moved where the network learns, and only there.
    """

    can_mix: ClassVar[bool] = False
    centres: Tensor

    def __init__(
        self,
        n_features: int,
        n_classes: int,
        *,
        weight: float | None = None,
        as_published: bool = False,
    ):
        super().__init__(n_features, n_classes, as_published=as_published)
        self.weight = (0.25 if as_published else 0.003) if weight is None else weight
        if not self.weight >= 0:
            raise ParameterError(f"weight of the center loss must be at least 0, not {weight}")
        width = n_classes if as_published else n_features
        self.register_buffer("centres", torch.zeros(n_classes, width))

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """Return the mean loss of rows; where the network learns, the centres move after it."""
        rows = self.logits(embeddings) if self.as_published else embeddings
        spread = (rows - self.centres[labels]).square().sum(dim=1).mean()
        if self.training:
            self.move(rows.detach(), labels)
        return super().forward(embeddings, labels) + self.weight / 2 * spread

    def move(self, rows: Tensor, labels: Tensor) -> None:
        """Move the centres half of the way to the rows of their classes, as [1]_ does."""
        apart = torch.zeros_like(self.centres).index_add_(0, labels, rows - self.centres[labels])
        n_rows = torch.bincount(labels, minlength=self.n_classes)
        self.centres += STEP * apart / (1 + n_rows)[:, None]

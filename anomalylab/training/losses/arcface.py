"""ArcFace: an angle is added between an embedding and the vector of its class.

References
----------
.. [1] Deng, Guo, Xue & Zafeiriou (2019). ArcFace: Additive Angular Margin Loss for Deep Face
   Recognition. https://arxiv.org/abs/1801.07698
"""

import math

import torch
from torch import Tensor

from anomalylab.errors import ParameterError
from anomalylab.training.losses import register
from anomalylab.training.losses._base import CosineLoss

SMALLEST = 1e-12
"""Squared sine below which the slope of the sine is held at 0, as it has no end there."""


@register("arcface")
class ArcFace(CosineLoss):
    """``z_y = s cos(theta_y + m)`` at the label, ``z_j = s cos(theta_j)`` elsewhere [1]_.

    Where ``theta_y > pi - m`` the cosine would rise again; there it is
    ``s (cos(theta_y) - m sin(m))``, so that more angle is always worse.

    Parameters
    ----------
    n_features, n_classes : int
    scale : float
        ``s``, above 0.
    margin : float
        ``m``, an angle from 0 to pi; with 0 this is the softmax of scaled cosines.
    as_published : bool
        No difference here; see :func:`anomalylab.training.embedding.train_embedding` for the
        labels that the published validation loss is taken with.
    """

    def __init__(
        self,
        n_features: int,
        n_classes: int,
        *,
        scale: float = 30.0,
        margin: float = 0.5,
        as_published: bool = False,
    ):
        super().__init__(n_features, n_classes, scale=scale, as_published=as_published)
        if not 0 <= margin < math.pi:
            raise ParameterError(f"margin of arcface is an angle from 0 to pi, not {margin}")
        self.margin = margin

    def cosine_with_margin(self, cosine: Tensor) -> Tensor:
        """Return ``cos(theta + m)``, or ``cos(theta) - m sin(m)`` beyond ``pi - m``."""
        sine = (1 - cosine**2).clamp(min=SMALLEST).sqrt()
        turned = cosine * math.cos(self.margin) - sine * math.sin(self.margin)
        beyond = cosine - self.margin * math.sin(self.margin)
        return torch.where(cosine > math.cos(math.pi - self.margin), turned, beyond)

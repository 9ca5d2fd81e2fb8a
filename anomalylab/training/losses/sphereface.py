"""SphereFace: the angle between an embedding and the vector of its class is multiplied.

References
----------
.. [1] Liu et al. (2017). SphereFace: Deep Hypersphere Embedding for Face Recognition.
   https://arxiv.org/abs/1704.08063
"""

import math

import torch
from torch import Tensor

from anomalylab.errors import ParameterError
from anomalylab.training.losses import register
from anomalylab.training.losses._base import CosineLoss

FIRST_EASE, LAST_EASE, RATE = 1000.0, 5.0, 0.12


@register("sphereface")
class SphereFace(CosineLoss):
    """``z_y = |x| (psi(theta_y) + l cos(theta_y)) / (1 + l)`` at the label [1]_.

    ``psi(theta) = (-1)^k cos(m theta) - 2 k`` with ``k = floor(m theta / pi)`` falls from 1 to
    ``1 - 2 m`` as the angle grows; elsewhere ``z_j = |x| cos(theta_j)``. The ease
    ``l = max(5, 1000 / (1 + 0.12 t))`` falls with the number of steps ``t``: at first the loss is
    the softmax without a margin. Where nothing is learnt ``l`` is 5, so that the validation losses
    of all epochs compare.

    Parameters
    ----------
    n_features, n_classes : int
    margin : int
        ``m``, at least 1; with 1 this is the softmax of ``|x| cos(theta_j)``.
    ease : (float, float)
        First and last ``l``; ``(0, 0)`` is the loss without annealing.
    as_published : bool
        Steps of validation count as well, and are taken with the ``l`` of the moment.

    Attributes
    ----------
    n_steps : int Tensor of shape ()
        Saved with the weights, so that a training that is resumed goes on where it was.
    """

    n_steps: Tensor

    def __init__(
        self,
        n_features: int,
        n_classes: int,
        *,
        margin: int = 4,
        ease: tuple[float, float] = (FIRST_EASE, LAST_EASE),
        as_published: bool = False,
    ):
        super().__init__(n_features, n_classes, scale=1.0, as_published=as_published)
        if margin != int(margin) or margin < 1:
            raise ParameterError(f"margin of sphereface is a whole number from 1, not {margin}")
        self.margin, self.ease = int(margin), ease
        self.register_buffer("n_steps", torch.zeros((), dtype=torch.int64))

    def scaled(self, cosines: Tensor, embeddings: Tensor) -> Tensor:
        """Return ``|x| cos(theta_j)``."""
        return embeddings.norm(dim=1, keepdim=True) * cosines

    def cosine_with_margin(self, cosine: Tensor) -> Tensor:
        """Return ``(psi(theta) + l cos(theta)) / (1 + l)``."""
        ease = self._ease()
        return (self.folded(cosine) + ease * cosine) / (1 + ease)

    def folded(self, cosine: Tensor) -> Tensor:
        """Return ``psi(theta) = (-1)^k cos(m theta) - 2 k`` of ``cos(theta)``."""
        k = (self.margin * cosine.detach().acos() / math.pi).floor().clamp(max=self.margin - 1)
        return (1 - 2 * (k % 2)) * multiple_angle(cosine, self.margin) - 2 * k

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """Return the mean loss of rows, after counting the step."""
        if self.training or self.as_published:
            self.n_steps += 1
        return super().forward(embeddings, labels)

    def _ease(self) -> Tensor | float:
        first, last = self.ease
        if not (self.training or self.as_published):
            return last
        return (first / (1 + RATE * self.n_steps)).clamp(min=last)


def multiple_angle(cosine: Tensor, m: int) -> Tensor:
    """Return ``cos(m theta)`` of ``cos(theta)``: ``T_m = 2 cos(theta) T_(m-1) - T_(m-2)``."""
    before, now = torch.ones_like(cosine), cosine
    for _ in range(m - 1):
        before, now = now, 2 * cosine * now - before
    return now

"""CosFace: a cosine is taken off between an embedding and the vector of its class.

References
----------
.. [1] Wang et al. (2018). CosFace: Large Margin Cosine Loss for Deep Face Recognition.
   https://arxiv.org/abs/1801.09414
"""

from torch import Tensor

from anomalylab.errors import ParameterError
from anomalylab.training.losses import register
from anomalylab.training.losses._base import CosineLoss


@register("cosface")
class CosFace(CosineLoss):
    """``z_y = s (cos(theta_y) - m)`` at the label, ``z_j = s cos(theta_j)`` elsewhere [1]_.

    Parameters
    ----------
    n_features, n_classes : int
    scale : float
        ``s``, above 0.
    margin : float
        ``m``, from 0 to 2; with 0 this is the softmax of scaled cosines.
    as_published : bool
        No difference here, as for ArcFace.
    """

    def __init__(
        self,
        n_features: int,
        n_classes: int,
        *,
        scale: float = 30.0,
        margin: float = 0.4,
        as_published: bool = False,
    ):
        super().__init__(n_features, n_classes, scale=scale, as_published=as_published)
        if not 0 <= margin < 2:
            raise ParameterError(f"margin of cosface is a cosine from 0 to 2, not {margin}")
        self.margin = margin

    def cosine_with_margin(self, cosine: Tensor) -> Tensor:
        """Return ``cos(theta) - m``."""
        return cosine - self.margin

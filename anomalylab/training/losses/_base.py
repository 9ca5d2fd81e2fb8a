"""What every loss has: logits without a margin, logits with one, and their cross entropy."""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from anomalylab.errors import ParameterError


class Loss(nn.Module, ABC):
    """``-log softmax(z)_y``, the mean over rows, with ``z`` the logits and ``y`` the label.

    Subclasses write ``logits``, and ``logits_for`` where the logit of a label differs from that of
    the other classes.

    Parameters
    ----------
    n_features : int
        Numbers an embedding.
    n_classes : int
        At least 2.
    as_published : bool
        Whether to repeat what is wrong in the code that the published table was made with; a
        subclass says what that is.
    """

    can_mix: ClassVar[bool] = False
    """Whether images and labels may be mixed, two at a time: no margin depends on the label."""

    has_margin: ClassVar[bool] = False
    """Whether the logit of the label differs from what it is for other labels."""

    def __init__(self, n_features: int, n_classes: int, *, as_published: bool = False):
        super().__init__()
        if n_classes < 2:
            raise ParameterError(f"a loss tells at least 2 classes apart, not {n_classes}")
        self.n_features, self.n_classes = n_features, n_classes
        self.as_published = as_published

    @abstractmethod
    def logits(self, embeddings: Tensor) -> Tensor:
        """Return what is known without the label: (n, n_classes), higher is more likely."""

    def logits_for(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """Return the logits that the loss is taken of, of shape (n, n_classes)."""
        return self.logits(embeddings)

    def embedding(self, hidden: Tensor) -> Tensor:
        """Return what distances are measured between: the hidden layer itself."""
        return hidden

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """Return the mean loss of rows, a scalar."""
        return functional.cross_entropy(self.logits_for(embeddings, labels), labels)


class CosineLoss(Loss):
    """A loss whose logits are ``s cos(theta_j)``, the angles to one vector a class.

    Subclasses write ``cosine_with_margin``, which takes the place of ``cos(theta_y)`` at the label.

    Parameters
    ----------
    scale : float
        ``s``, above 0.
    """

    has_margin: ClassVar[bool] = True

    def __init__(
        self, n_features: int, n_classes: int, *, scale: float, as_published: bool = False
    ):
        super().__init__(n_features, n_classes, as_published=as_published)
        if not scale > 0:
            raise ParameterError(f"scale must be above 0, not {scale}")
        self.scale = scale
        self.weight = nn.Parameter(torch.empty(n_classes, n_features))
        nn.init.xavier_uniform_(self.weight)

    def cosines(self, embeddings: Tensor) -> Tensor:
        """Return ``cos(theta_j)`` of every row and class, of shape (n, n_classes)."""
        return functional.linear(
            functional.normalize(embeddings), functional.normalize(self.weight)
        ).clamp(-1, 1)

    @abstractmethod
    def cosine_with_margin(self, cosine: Tensor) -> Tensor:
        """Return what takes the place of the cosines at the labels, of the same shape (n,)."""

    def scaled(self, cosines: Tensor, embeddings: Tensor) -> Tensor:
        """Return the logits of cosines."""
        return self.scale * cosines

    def logits(self, embeddings: Tensor) -> Tensor:
        """Return ``s cos(theta_j)``."""
        return self.scaled(self.cosines(embeddings), embeddings)

    def logits_for(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """Return ``s cos(theta_j)``, with the margin at the label."""
        cosines, column = self.cosines(embeddings), labels[:, None]
        at_labels = self.cosine_with_margin(cosines.gather(1, column))
        return self.scaled(cosines.scatter(1, column, at_labels), embeddings)

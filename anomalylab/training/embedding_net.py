"""A network that turns images into embeddings, and what is read from it.

References
----------
.. [1] Howard & Gugger (2020). fastai: A Layered API for Deep Learning.
   https://arxiv.org/abs/2002.04688
"""

from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from anomalylab.compute.torch_seed import torch_seed
from anomalylab.errors import ParameterError
from anomalylab.extractors import Body
from anomalylab.registry import unknown_name
from anomalylab.training import losses
from anomalylab.training.device import device_of
from anomalylab.training.frozen import LowerFeatures
from anomalylab.training.grad_cam import channel_means, class_logit, distance_to, grad_cam
from anomalylab.training.losses._base import Loss

N_HIDDEN = 512
"""Numbers of the layer whose values are the embedding."""

AT_ONCE = 16
"""Images that are embedded together."""


class Head(nn.Module):
    """Mean and maximum over cells, then a hidden layer of 512 numbers; its values are returned.

    Batch normalisation, dropout of a quarter, a linear layer, ReLU and batch normalisation: what
    the published classifiers [1]_ have above a network, without the last dropout and layer.

    Parameters
    ----------
    n_channels : int
        Of the map that is taken.
    """

    def __init__(self, n_channels: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.BatchNorm1d(2 * n_channels),
            nn.Dropout(0.25),
            nn.Linear(2 * n_channels, N_HIDDEN),
            nn.ReLU(),
            nn.BatchNorm1d(N_HIDDEN),
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Turn maps (n, n_rows, n_cols, n_channels) into (n, 512)."""
        pooled = torch.cat([maps.mean(dim=(1, 2)), maps.amax(dim=(1, 2))], dim=1)
        hidden: Tensor = self.layers(pooled)
        return hidden


class EmbeddingNet(nn.Module):
    """The upper part of a body, a head whose hidden layer is the embedding, and a loss.

    Parameters
    ----------
    body : Body
        Its upper part learns; the lower one is used, and is no part of ``state_dict()``.
    loss : str
        Of :mod:`anomalylab.training.losses`.
    n_classes : int
    as_published : bool
        Whether the loss repeats what is wrong in the published code.
    seed : int
        Of the weights of head and loss.
    **options
        Of the loss, such as ``margin`` and ``scale``.

    Attributes
    ----------
    history : DataFrame
        Once it has learnt: ``epoch`` (from 1), ``part``, ``measure``, ``value``.

    Raises
    ------
    UnknownNameError
        If there is no such loss, or it has no such option.
    ParameterError
        If an option cannot be used.
    """

    history: pd.DataFrame

    def __init__(
        self,
        body: Body,
        *,
        loss: str = "arcface",
        n_classes: int = 2,
        as_published: bool = False,
        seed: int = 0,
        **options: Any,
    ):
        super().__init__()
        self.body, self.upper = body, body.upper
        self.options = {"loss": loss, "n_classes": n_classes, "as_published": as_published}
        self.options |= options
        with torch_seed(seed):
            self.head = Head(body.n_channels)
            self.loss: Loss = losses.registry.create(
                loss,
                n_features=N_HIDDEN,
                n_classes=n_classes,
                as_published=as_published,
                **options,
            )
        self.dropout = nn.Dropout(0.5)

    def hidden(self, lower_maps: Tensor) -> Tensor:
        """Turn maps of the lower part into the values of the hidden layer, (n, 512)."""
        hidden: Tensor = self.dropout(self.head(self.upper(lower_maps)))
        return hidden

    def embed(self, images: np.ndarray) -> np.ndarray:
        """Return the embeddings of images, each without regard to the others.

        Parameters
        ----------
        images : uint8 ndarray of shape (n_images, height, width, 3)

        Returns
        -------
        embeddings : float32 ndarray of shape (n_images, 512)
            As published, an L2-constrained network has one of (n_images, n_classes).
        """
        return self._of(images)[0]

    def logits(self, images: np.ndarray) -> np.ndarray:
        """Return one number an image and class, without a margin: float32 (n_images, n_classes)."""
        return self._of(images)[1]

    def heat(
        self,
        images: np.ndarray,
        *,
        of: str = "distance",
        nearest: np.ndarray | None = None,
        distance: str = "cosine",
        number: int = 1,
        reference: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return by Grad-CAM which cells raise the logit of a class, or the distance to an image.

        Parameters
        ----------
        images : uint8 ndarray of shape (n_images, height, width, 3)
        of : {"distance", "logit"}
        nearest : float32 ndarray of shape (n_images, 512)
            For ``distance``: what each image is compared with.
        distance : {"cosine", "euclidean"}
        number : int
            For ``logit``: the class; 1 is that of twins.
        reference : float32 ndarray of shape (n_images, n_channels), optional
            What heat is compared with: ``channel_means`` of the nearest normal images.

        Returns
        -------
        heat : float32 ndarray of shape (n_images, n_rows, n_cols)
            At least 0, a cell of the last map of the body each.
        """
        self.eval()
        maps = LowerFeatures(self.body).of(images)
        if of == "logit":
            target = class_logit(number)
            return grad_cam(maps, self.upper, self._logits_of, target, reference=reference)
        if of != "distance":
            unknown_name("subject of heat", of, ("distance", "logit"))
        if nearest is None:
            raise ParameterError("heat of a distance needs nearest, an embedding for each image")
        target = distance_to(nearest, distance)
        return grad_cam(maps, self.upper, self._embedding_of, target, reference=reference)

    def channel_means(self, images: np.ndarray) -> np.ndarray:
        """Return the mean over cells of the last map of images: float32 (n_images, n_channels)."""
        return channel_means(LowerFeatures(self.body).of(images), self.upper)

    def _of(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.eval()
        lower, found = LowerFeatures(self.body), []
        for start in range(0, len(images), AT_ONCE):
            maps = torch.from_numpy(lower.of(images[start : start + AT_ONCE])).to(device_of(self))
            with torch.inference_mode():
                hidden = self.hidden(maps)
                found.append((self.loss.embedding(hidden).cpu(), self.loss.logits(hidden).cpu()))
        embeddings, logits = (torch.cat(parts).numpy() for parts in zip(*found, strict=True))
        return embeddings, logits

    def _embedding_of(self, maps: Tensor) -> Tensor:
        return self.loss.embedding(self.head(maps))

    def _logits_of(self, maps: Tensor) -> Tensor:
        return self.loss.logits(self.head(maps))

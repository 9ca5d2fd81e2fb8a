"""The loss of some rows, which are images with their twins, or images with labels."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from anomalylab.training.device import device_of
from anomalylab.training.embedding_net import EmbeddingNet
from anomalylab.training.lessons import Lessons
from anomalylab.training.versions import Versions

NORMAL, TWIN = 0, 1
"""Labels where twins are made."""


class RowLoss:
    """What a network is to make small: a function of row numbers, as the loop takes it.

    Parameters
    ----------
    net : EmbeddingNet
    images : uint8 ndarray of shape (n_images, height, width, 3)
    labels : int ndarray of shape (n_images,), optional
    rows : int ndarray of shape (n_rows,)
        Image of each row.
    lessons : Lessons
    seed : int
    """

    def __init__(
        self,
        net: EmbeddingNet,
        images: np.ndarray,
        labels: np.ndarray | None,
        rows: np.ndarray,
        lessons: Lessons,
        seed: int,
    ):
        self.net, self.labels, self.rows, self.mixup = net, labels, rows, lessons.mixup
        self.versions = Versions(net.body, images, lessons, with_twins=labels is None, seed=seed)

    def __call__(
        self, rows: np.ndarray, rng: np.random.Generator, is_training: bool
    ) -> tuple[Tensor, dict[str, float]]:
        """Return the mean loss of rows, and the share that is told right without a margin."""
        chosen, device = self.rows[rows], device_of(self.net)
        lower = self.versions.maps(chosen, rng if is_training else None)
        maps = torch.from_numpy(lower).to(device)
        labels = torch.from_numpy(self._labels(chosen)).to(device)
        if is_training and self.mixup and self.net.loss.can_mix:
            return self._mixed(maps, labels, rng)
        hidden = self.net.hidden(maps).float()
        with torch.autocast(device.type, enabled=False):  # angles need all their digits
            loss = self.net.loss(hidden, labels) if is_training else self._validated(hidden, labels)
            return loss, {"accuracy": _accuracy(self.net.loss.logits(hidden), labels)}

    def _labels(self, chosen: np.ndarray) -> np.ndarray:
        if self.labels is None:
            return np.repeat([NORMAL, TWIN], len(chosen))
        return np.asarray(self.labels)[chosen].astype(np.int64)

    def _validated(self, hidden: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of images that are held out; as published, with a margin that is wrong.

        There every image has the margin of the class whose name comes first.
        """
        loss = self.net.loss
        if not (loss.as_published and loss.has_margin):
            found: Tensor = loss(hidden, labels)
            return found
        first = TWIN if self.labels is None else 0  # "anomaly" comes before "normal"
        logits = loss.logits_for(hidden, torch.full_like(labels, first))
        return functional.cross_entropy(logits, labels)

    def _mixed(
        self, maps: Tensor, labels: Tensor, rng: np.random.Generator
    ) -> tuple[Tensor, dict[str, float]]:
        """Return the loss of rows that are each mixed with another one."""
        drawn = rng.beta(self.mixup, self.mixup, size=len(maps)).astype(np.float32)
        share = torch.from_numpy(np.maximum(drawn, 1 - drawn)).to(maps.device)
        other = torch.from_numpy(rng.permutation(len(maps))).to(maps.device)
        hidden = self.net.hidden(mixed(maps, maps[other], share)).float()
        with torch.autocast(maps.device.type, enabled=False):
            logits = self.net.loss.logits(hidden)
        classes = functional.one_hot(labels, self.net.loss.n_classes).float()
        loss = functional.cross_entropy(logits, mixed(classes, classes[other], share))
        return loss, {"accuracy": _accuracy(logits, labels)}


def mixed(ours: Tensor, others: Tensor, share: Tensor) -> Tensor:
    """Return ``l a + (1 - l) b`` row by row.

    Parameters
    ----------
    ours, others : Tensor of shape (n_rows, ...)
    share : Tensor of shape (n_rows,)
        ``l`` of each row.
    """
    share = share.reshape(-1, *[1] * (ours.ndim - 1))
    return share * ours + (1 - share) * others


def _accuracy(logits: Tensor, labels: Tensor) -> float:
    return float((logits.detach().argmax(dim=1) == labels).float().mean())

"""An auto-encoder learns to give normal images back."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from anomalylab.training.autoencoder.augment import augmented
from anomalylab.training.autoencoder.first_weights import light_on_darkness
from anomalylab.training.autoencoder.network import AutoEncoder, as_tensor
from anomalylab.training.autoencoder.options import Augmentation
from anomalylab.training.autoencoder.reconstruction_losses import l2, loss_called
from anomalylab.training.device import device_of
from anomalylab.training.loop import LossOfRows, train
from anomalylab.training.plan import TrainingPlan
from anomalylab.training.splits import split
from anomalylab.training.watching import listener, watching

AfterEpoch = Callable[[int], None]
"""Number of the epoch that has ended, from 1."""


def fit(
    network: AutoEncoder,
    images: np.ndarray,
    groups: np.ndarray,
    *,
    loss: str = "l2",
    augmentation: Augmentation | None = None,
    denoise: bool = False,
    plan: TrainingPlan,
    key: Mapping[str, Any],
    after_epoch: AfterEpoch | None = None,
) -> pd.DataFrame:
    """Train an auto-encoder on images and copies of them.

    The last layer begins as :func:`light_on_darkness` sets it.

    Parameters
    ----------
    network : AutoEncoder
        With its first weights.
    images : uint8 ndarray of shape (n_images, height, width, 3)
        Of a size that its architecture takes.
    groups : int ndarray of shape (n_images,)
        Images of one group, and all their copies, are held out together.
    loss : {"l2", "ssim"}
        What is made small.
    augmentation : Augmentation, optional
        The default if not given.
    denoise : bool
        Add the noise to what goes in alone, anew in each step, and compare what comes out with the
        image without it. Else it is part of the copies, going in and compared with.
    plan : TrainingPlan
    key : mapping
        All else that the weights depend on, as JSON values; see
        :func:`anomalylab.training.loop.train`.
    after_epoch : callable, optional
        Called after each epoch that is trained, not those found in the cache; looks on, as at the
        network, and changes nothing.

    Returns
    -------
    history : DataFrame
        As :func:`anomalylab.training.loop.train` returns it; the measure ``l2`` stands beside a
        loss that is another.

    Raises
    ------
    ParameterError
        If the architecture cannot take images of this size.
    TrainingError, TrainingStopped, StorageError
        As the loop does.
    """
    network.architecture.check_size(images.shape[1:3])
    how = augmentation or Augmentation()
    rows = augmented(images, replace(how, noise=0.0) if denoise else how, plan.seed)
    loss_of = _loss_of(network, rows, loss, how.noise if denoise else 0.0)
    everything = {**key, "loss": loss, "denoise": denoise, "copies": repr(how)}
    of_copies = np.resize(np.asarray(groups), len(rows))
    light_on_darkness(network, images[_learnt_from(np.asarray(groups), plan)])
    with watching(_LookingOn(after_epoch)):
        return train(network, loss_of, groups=of_copies, plan=plan, key=everything)


def _learnt_from(groups: np.ndarray, plan: TrainingPlan) -> np.ndarray:
    """Return the rows that are not held out, as the loop splits them and all copies."""
    is_one = len(np.unique(groups)) == 1
    return split(groups, 0.0 if is_one else plan.validation, plan.seed)[0]


def _loss_of(network: AutoEncoder, images: np.ndarray, loss: str, noise: float) -> LossOfRows:
    measure, further = loss_called(loss), () if loss == "l2" else ("l2",)

    def loss_of(
        rows: np.ndarray, rng: np.random.Generator, is_training: bool
    ) -> tuple[Tensor, dict[str, float]]:
        wanted = as_tensor(images[rows], device_of(network))
        given = wanted
        if noise and is_training:
            drawn = torch.from_numpy(rng.standard_normal(wanted.shape, np.float32))
            given = wanted + noise * drawn.to(wanted.device)
        reconstructed = network(given)
        beside = {name: l2(reconstructed.detach(), wanted).item() for name in further}
        return measure(reconstructed, wanted), beside

    return loss_of


class _LookingOn:
    """Passes on what whoever looks on outside is told, and calls something beside."""

    def __init__(self, after_epoch: AfterEpoch | None):
        self.outside, self.after_epoch = listener(), after_epoch

    def told(self, history: pd.DataFrame) -> None:
        if self.after_epoch is not None:
            self.after_epoch(int(history["epoch"].max()))
        if self.outside is not None:
            self.outside.told(history)

    def wants_to_stop(self) -> bool:
        return self.outside is not None and self.outside.wants_to_stop()

"""Trainings of the recipe: each is found again where it was done before."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from anomalylab.images.read import resize
from anomalylab.recipes.autoencoder.product import Cleaning
from anomalylab.training.autoencoder.fit import fit
from anomalylab.training.autoencoder.network import AutoEncoder, reconstructions, restore
from anomalylab.training.autoencoder.residuals import residuals
from anomalylab.training.splits import split

AfterEpoch = Callable[["Trained", int], None]


class Good(NamedTuple):
    """Good images to learn from, some of which are held out.

    Parameters
    ----------
    images : uint8 ndarray of shape (n_images, height, width, 3)
    groups : int ndarray of shape (n_images,)
    """

    images: np.ndarray
    groups: np.ndarray

    def held_out(self, detector: Any) -> np.ndarray:
        """Return the rows that a detector holds out, and all copies of them."""
        return split(self.groups, detector.validation, detector.seed)[1]


@dataclass
class Trained:
    """A network that is trained, or is being trained.

    Parameters
    ----------
    detector : AutoEncoder
        The detector whose settings it is trained with, unfitted.
    network : AutoEncoder
        The network itself.
    history : DataFrame
        ``epoch``, ``part``, ``measure``, ``value``; empty while it is trained.
    seconds : float
        NaN if it was found in the cache.
    """

    detector: Any
    network: AutoEncoder
    history: pd.DataFrame
    seconds: float = float("nan")

    @property
    def key(self) -> tuple[str, int]:
        """What tells this training from others of a run."""
        return self.detector.architecture, self.detector.built().latent

    def given_back(self, images: np.ndarray) -> np.ndarray:
        """Return images as they come out: float32 of the same shape."""
        return np.concatenate(list(reconstructions(self.network, images)))

    def maps(self, images: np.ndarray, cleaning: Cleaning) -> np.ndarray:
        """Return what is left of images of any number: float32 (n_images, height, width)."""
        parts, start = [np.empty((0, *images.shape[1:3]), np.float32)], 0
        for given_back in reconstructions(self.network, images):
            some = images[start : start + len(given_back)]
            parts.append(residuals(some, given_back, self.detector.residual))
            start += len(given_back)
        return cleaning.cleaned(images, np.concatenate(parts))


def train(detector: Any, good: Good, after_epoch: AfterEpoch | None = None) -> Trained:
    """Train a network, or go on with its training, or find it again.

    Parameters
    ----------
    detector : AutoEncoder
        The detector whose settings are taken.
    good : Good
        At the size of the network.
    after_epoch : callable, optional
        Told the network and the epoch that has ended, of epochs that are trained now.
    """
    trained = _begun(detector)
    ended: list[int] = []

    def told(epoch: int) -> None:
        ended.append(epoch)
        if after_epoch is not None:
            after_epoch(trained, epoch)

    began = time.monotonic()
    trained.history = fit(
        trained.network,
        good.images,
        good.groups,
        loss=detector.loss,
        augmentation=detector.augmentation(),
        denoise=detector.denoise,
        plan=detector.training_plan(),
        key=key_of(detector, good),
        after_epoch=told,
    )
    if len(ended) == trained.history["epoch"].max():
        trained.seconds = time.monotonic() - began
    return trained


def as_it_was(detector: Any, weights: Mapping[str, np.ndarray]) -> Trained:
    """Return a network with the weights that it had after an epoch.

    Parameters
    ----------
    detector : AutoEncoder
        The detector whose settings it was trained with.
    weights : mapping of str to ndarray
        Its ``state_dict``.
    """
    trained = _begun(detector)
    restore(trained.network, weights)
    return trained


def _begun(detector: Any) -> Trained:
    none = pd.DataFrame(columns=["epoch", "part", "measure", "value"])
    return Trained(detector, AutoEncoder(detector.built(), detector.seed), none)


def key_of(detector: Any, good: Good) -> dict[str, Any]:
    """Return what tells a training from all others, as JSON values."""
    settings = {k: v for k, v in asdict(detector).items() if k not in detector.after_training}
    return {
        "recipe": "autoencoder",
        "version": detector.version,
        "settings": json.loads(json.dumps(settings)),
        "images": digest_of(good.images),
        "groups": good.groups.tolist(),
    }


def digest_of(array: np.ndarray) -> str:
    """Return what tells an array from others, in 32 hexadecimal digits."""
    return hashlib.blake2b(np.ascontiguousarray(array).data, digest_size=16).hexdigest()


def resized(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return images at another size: uint8 ``(n_images, *size, 3)``."""
    if images.shape[1:3] == tuple(size):
        return images
    return np.array([resize(image, size) for image in images], np.uint8).reshape(-1, *size, 3)

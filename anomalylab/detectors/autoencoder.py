"""Auto-encoder: what a network that knows normal images alone cannot give back.

An image is squeezed through a few hundred numbers and built anew from these. A network that has
learnt to do so for normal images fails where an image is not; what is left is the map.

References
----------
.. [1] "Anomaly Detection with Auto-Encoders" (2021), a public article on MVTec hazelnut.
.. [2] Bergmann, Löwe, Fauser, Sattlegger & Steger (2019). Improving Unsupervised Defect
   Segmentation by Applying Structural Similarity to Autoencoders. VISAPP.
   https://arxiv.org/abs/1807.02011
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from anomalylab.detectors._registry import register
from anomalylab.detectors._seen_images import Size
from anomalylab.detectors._trained import TrainedDetector, Work
from anomalylab.errors import ParameterError
from anomalylab.features import Features
from anomalylab.registry import unknown_name
from anomalylab.training.autoencoder.architectures import Architecture, architecture
from anomalylab.training.autoencoder.options import LOSSES, RESIDUALS, Augmentation
from anomalylab.training.plan import TrainingPlan

if TYPE_CHECKING:
    from torch import nn

IMAGE_SCORES = ("max", "top")

TOP = 0.01
"""Share of the cells whose mean is the image score ``top``."""

SPEED = 2.0
"""How many times faster than other trainings its few large convolutions are: a core does about
1e11 operations a second, 1.3e11 with ``AE128`` and 8e10 with ``seed``."""


@register("autoencoder")
@dataclass(kw_only=True)
class AutoEncoder(TrainedDetector):
    """``r(x, g(x))``: what is left of an image ``x`` when ``g(x)`` is taken away, pixel by pixel.

    ``g`` is a convolutional auto-encoder [1]_ [2]_ that has learnt to give normal images back;
    ``r`` is the root of the mean of squared differences of the colours, or another residual.

    Parameters
    ----------
    levels, epochs, seed, device
        See :class:`~anomalylab.detectors._trained.TrainedDetector`.
    size : int or (height, width), optional
        Images are resized to this, whatever their shape; what the architecture is made for if not
        given. Not every size fits.
    architecture : {"AE128", "seed", "bergmann", "tiny"}
        See :data:`anomalylab.training.autoencoder.architectures.ARCHITECTURES`.
    latent : int, optional
        Numbers that an image is squeezed through; as published if not given.
    loss : {"l2", "ssim"}
        What is made small: squared differences, or 1 less the structural similarity.
    residual : {"l2", "sum_sq", "mean_abs", "max_abs", "ssim"}
        What the map holds, see :func:`anomalylab.training.autoencoder.residuals.residuals`.
    denoise : bool
        Noise is added to what goes in alone.
    image_score : {"max", "top"}
        The maximum of the map, or the mean of its highest hundredth.
    grid : (rows, cols), optional
        The map holds means over so many parts of the image; one value a pixel if not given.
    n_images, rotation, is_flipped, noise, fill
        Of the copies that training images are filled up with, see
        :class:`anomalylab.training.autoencoder.options.Augmentation`.
    batch_size : int
        Images of a step.
    learning_rate, weight_decay, schedule
        See :class:`~anomalylab.training.plan.TrainingPlan`.
    validation : float
        Share of the groups of images that are not learnt from; the weights of the epoch that gives
        them back best are kept.
    """

    version: ClassVar[int] = 2
    """2: the last layer begins with values from the images."""

    after_training: ClassVar[frozenset[str]] = TrainedDetector.after_training | {
        "residual",
        "image_score",
        "grid",
    }
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "tiny": {"architecture": "tiny", "epochs": 2, "n_images": 1, "batch_size": 8},
        "cpu": {},
        "seed": {
            "architecture": "seed",
            "epochs": 1000,
            "learning_rate": 1e-3,
            "schedule": "constant",
            "validation": 0.0,
        },
        "bergmann": {
            "architecture": "bergmann",
            "loss": "ssim",
            "residual": "ssim",
            "epochs": 200,
            "n_images": 10_000,
            "noise": 0.0,
            "learning_rate": 2e-4,
            "weight_decay": 1e-5,
            "schedule": "constant",
            "validation": 0.0,
        },
    }

    size: int | tuple[int, int] | None = None
    epochs: int = 40
    architecture: str = "AE128"
    latent: int | None = None
    loss: str = "l2"
    residual: str = "l2"
    denoise: bool = False
    image_score: str = "max"
    grid: tuple[int, int] | None = None
    n_images: int = 2016
    rotation: float = 180.0
    is_flipped: bool = True
    noise: float = 0.02
    fill: str = "auto"
    batch_size: int = 32
    learning_rate: float = 3e-3
    weight_decay: float = 0.0
    schedule: str = "soft-landing"
    validation: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        self.built().check_size(self.seen_size)
        for what, name, known in (
            ("loss of an auto-encoder", self.loss, LOSSES),
            ("residual", self.residual, RESIDUALS),
            ("image_score of autoencoder", self.image_score, IMAGE_SCORES),
        ):
            if name not in known:
                unknown_name(what, name, known)
        rows, cols = self.grid or (1, 1)
        height, width = self.seen_size
        if not (1 <= rows <= height and 1 <= cols <= width):
            raise ParameterError(
                f"grid must be (rows, cols) of at most {height} x {width}, not {self.grid}"
            )
        self.training_plan()
        self.augmentation()

    def built(self) -> Architecture:
        """Return the layers of the network."""
        return architecture(self.architecture, latent=self.latent)

    def augmentation(self) -> Augmentation:
        """Return how copies are made of the training images."""
        return Augmentation(
            n_images=self.n_images,
            rotation=self.rotation,
            is_flipped=self.is_flipped,
            noise=self.noise,
            fill=self.fill,
        )

    def training_plan(self) -> TrainingPlan:
        """Return how the network is trained."""
        return TrainingPlan(
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            schedule=self.schedule,
            validation=self.validation,
            seed=self.seed,
            device=self.device,
        )

    def reconstructed(self, features: Features) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield images as the network sees them, and as it gives them back, some at a time.

        Yields
        ------
        images : uint8 ndarray of shape (n_some, height, width, 3)
        reconstructed : float32 ndarray of the same shape
            As shares of 0 to 1.
        """
        features = self._checked(features)
        network, _ = self._learnt()
        yield from _pairs(network, self._seen(features))

    def _own_size(self) -> int | Size:
        return self.built().size

    def _network(self, body: None) -> "nn.Module":
        from anomalylab.training.autoencoder import network

        return network.AutoEncoder(self.built(), self.seed)

    def _train(
        self, network: Any, body: None, images: np.ndarray, key: Mapping[str, Any]
    ) -> pd.DataFrame:
        from anomalylab.training.autoencoder.fit import fit

        return fit(
            network,
            images,
            np.asarray(key["groups"]),
            loss=self.loss,
            augmentation=self.augmentation(),
            denoise=self.denoise,
            plan=self.training_plan(),
            key=key,
        )

    def _judge(self, network: Any, body: None, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        from anomalylab.training.autoencoder.residuals import residuals

        maps = np.concatenate(
            [
                self._on_grid(residuals(some, given_back, self.residual))
                for some, given_back in _pairs(network, images)
            ]
        )
        return self._of_images(maps), maps

    def _of_images(self, maps: np.ndarray) -> np.ndarray:
        cells = maps.reshape(len(maps), -1)
        if self.image_score == "max":
            return np.asarray(cells.max(axis=1), np.float64)
        n_top = max(1, round(TOP * cells.shape[1]))
        top = np.partition(cells, -n_top, axis=1)[:, -n_top:]
        return np.asarray(top.mean(axis=1, dtype=np.float64))

    def _on_grid(self, maps: np.ndarray) -> np.ndarray:
        if self.grid is None:
            return maps
        for axis, n_parts in enumerate(self.grid, start=1):
            edges = np.arange(n_parts + 1) * maps.shape[axis] // n_parts
            sums = np.add.reduceat(maps, edges[:-1], axis=axis)
            counts = np.diff(edges).astype(np.float32)
            maps = sums / counts.reshape([-1 if i == axis else 1 for i in range(3)])
        return maps

    def _work(self, n_images: int) -> Work:
        n_rows = max(n_images, self.n_images)
        height, width = self.seen_size
        one = 2 * self.built().multiplications(self.seen_size)
        n_passed = (1 + self.n_folds) * self.epochs * n_rows
        rows, cols = self.grid or self.seen_size
        held = 3 * height * width * (n_rows - n_images) + 4 * rows * cols * n_images
        operations = 3 * one * n_passed + one * 2 * n_images
        return Work(operations / SPEED, n_bytes=held)


def _pairs(network: Any, images: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    from anomalylab.training.autoencoder.network import reconstructions

    start = 0
    for given_back in reconstructions(network, images):
        yield images[start : start + len(given_back)], given_back
        start += len(given_back)

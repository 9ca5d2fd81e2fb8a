"""What detectors have in common that train a network of their own on the images themselves.

Images come in the order of their content, so that the order in which they are listed changes
nothing, and a training of the same images is found again in the cache.
"""

import hashlib
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd

from anomalylab.compute.cost import Cost, seconds_of
from anomalylab.detectors._learns import CURVE, Learns
from anomalylab.detectors._seen_images import Size, seen_images
from anomalylab.errors import ParameterError
from anomalylab.features import Features

if TYPE_CHECKING:
    from torch import nn

OPERATIONS = 5e10
"""Operations a second and core that small networks reach while they are trained."""


class Work(NamedTuple):
    """What fitting takes, and scoring the same images left out in folds."""

    operations: float
    """Of all trainings together."""

    n_bytes: int
    """Held beside the images at their small size."""


@dataclass(kw_only=True)
class TrainedDetector(Learns):
    """Learns from images, at a size of its own, what features say of them.

    Subclasses are registered dataclasses that write ``_network``, ``_train``, ``_judge`` and
    ``_work``. Nothing but these, and what they call, imports torch. Those whose network stands on
    a known one are made of :class:`~anomalylab.detectors._on_body.OnBody`.

    Parameters
    ----------
    levels : tuple of one str
        A level of images with three colours.
    size : int or (height, width)
        Images are resized to this, whatever their shape.
    epochs : int
        Passes over the training images, at most.
    seed : int
        Of everything drawn.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or another device that torch knows.

    Attributes
    ----------
    order_ : int ndarray of shape (n_images,)
        Row, as listed, of each training image in the order of content.
    weights_, history_, device_
        See :class:`~anomalylab.detectors._learns.Learns`.
    """

    least_images: ClassVar[int] = 2
    version: ClassVar[int] = 1
    """Raised when the same images and parameters begin to give other weights."""

    after_training: ClassVar[frozenset[str]] = frozenset({"levels", "device"})
    """Parameters that a training is the same with, or that are told by a digest."""

    levels: tuple[str, ...] = ("pixels",)
    size: int | tuple[int, int] | None = 224
    epochs: int = 20
    seed: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        if not isinstance(self.levels, tuple) or len(self.levels) != 1:
            raise ParameterError(
                f"{self.name} looks at one level, such as ('pixels',), not {self.levels!r}"
            )
        if len(self.seen_size) != 2 or min(self.seen_size) < 16:
            raise ParameterError(
                f"size must be one side or (height, width) of at least 16 pixels, not {self.size}"
            )
        if self.epochs < 1:
            raise ParameterError(f"epochs must be at least 1, not {self.epochs}")

    @property
    def seen_size(self) -> Size:
        """Height and width that images are resized to."""
        size = self.size or self._own_size()
        return (size, size) if isinstance(size, int) else size

    def plan(self, n_images: int, shapes: Mapping[str, tuple[int, ...]]) -> Cost:
        """Estimate what training takes, and scoring the same images left out in folds.

        Seconds are those of reading the images once, and of the operations of
        ``1 + (k - 1)`` trainings of all images (``k`` folds train on all but a ``k``-th each).
        Bytes are those of the images at their small size and of what is made of them.

        Raises
        ------
        WeightsError
            If there are no weights to start from.
        ParameterError
            If the device is not there.
        """
        self._chosen_device()
        height, width = self.seen_size
        work = self._work(n_images)
        n_values = n_images * sum(self._used(shapes).values())
        return Cost(
            bytes=3 * height * width * n_images + work.n_bytes,
            seconds=seconds_of(values=n_values) + work.operations / OPERATIONS,
        )

    def _own_size(self) -> int | Size:
        """Return the size of a detector whose network is made for one."""
        raise ParameterError(f"{self.name} needs a size in pixels")

    @abstractmethod
    def _network(self, body: Any) -> "nn.Module":
        """Return what learns before it has learnt; ``body`` is what it stands on, if anything."""

    @abstractmethod
    def _train(
        self, network: "nn.Module", body: Any, images: np.ndarray, key: Mapping[str, Any]
    ) -> pd.DataFrame:
        """Train ``network``, set what scoring needs beside it, and return the training curve.

        ``images`` are uint8 (n_images, height, width, 3), their groups ``key["groups"]``; ``key``
        tells this training from every other.
        """

    @abstractmethod
    def _judge(
        self, network: "nn.Module", body: Any, images: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return image scores and score maps of images as ``_train`` gets them."""

    @abstractmethod
    def _work(self, n_images: int) -> Work:
        """Return what fitting on so many images, and scoring them in folds, takes."""

    def _fit(self, features: Features) -> None:
        images = self._seen(features)
        digests = _digests(images)
        self._refuse_alike(digests)
        order = np.argsort(digests, kind="stable")
        groups = Features({self.levels[0]: images[order]}, features.group_numbers[order])
        body = self._own_body()
        key = {
            "detector": self.name,
            "version": self.version,
            "parameters": {k: v for k, v in asdict(self).items() if k not in self.after_training},
            **self._key_of(body),
            "images": [digests[i] for i in order],
            "groups": groups.group_numbers.tolist(),
        }
        self.order_ = order
        network = self._network(body)
        curve = self._train(network, body, images[order], key)
        self._learnt_network = network, body
        self.history_ = curve[list(CURVE)].to_numpy(object).tolist()
        self.weights_ = {
            name: value.detach().cpu().numpy() for name, value in network.state_dict().items()
        }
        self._note(body)
        self.device_ = str(self._chosen_device())

    def check_training(self, features: Features) -> None:
        """Refuse too few training images, or such as are alike in what a fold leaves over."""
        super().check_training(features)
        digests = _digests(self._seen(features))
        self._refuse_alike(digests)
        for outside in self.folds(features):
            self._refuse_alike([digests[row] for row in np.flatnonzero(~outside)])

    def _refuse_alike(self, digests: Sequence[str]) -> None:
        if len(set(digests)) < 2:
            raise ParameterError(
                f"{self.name} needs at least 2 different training images: level "
                f"{self.levels[0]!r} is the same in all training images, {len(digests)} in number"
            )

    def _score(self, features: Features) -> tuple[np.ndarray, np.ndarray]:
        return self._judge(*self._learnt(), self._seen(features))

    def _learnt(self) -> tuple["nn.Module", Any]:
        """Return the network that has learnt, and what it stands on."""
        if not hasattr(self, "_learnt_network"):
            self._learnt_network = self._restored()
        return self._learnt_network

    def _seen(self, features: Features) -> np.ndarray:
        name = self.levels[0]
        return seen_images(name, features.images(name), self.seen_size)

    def _restored(self) -> tuple["nn.Module", Any]:
        """Build the network of a detector that was loaded."""
        import torch

        body = self._own_body()
        self._check_body(body)
        network = self._network(body)
        network.load_state_dict({k: torch.from_numpy(v) for k, v in self.weights_.items()})
        return network.eval(), body

    def _own_body(self) -> Any:
        """Return what the network stands on; None if on nothing."""
        return None

    def _key_of(self, body: Any) -> dict[str, Any]:
        """Return what tells a body from others in the key of a training."""
        return {}

    def _note(self, body: Any) -> None:
        """Remember what the network stood on."""

    def _check_body(self, body: Any) -> None:
        """Refuse to restore a network on something else than it was trained on."""

    def _chosen_device(self) -> str:
        from anomalylab.training.device import chosen_device

        return str(chosen_device(self.device))


def _digests(images: np.ndarray) -> list[str]:
    return [hashlib.blake2b(image, digest_size=16).hexdigest() for image in images]

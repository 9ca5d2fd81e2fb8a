"""Metric learning: the distance to the nearest normal image, in a space learnt to see defects.

A network learns to tell each image from its twin, the same image with a line drawn on it, by a
loss that puts images close together and twins far away. The network is then a ruler.

References
----------
.. [1] Sugimoto, K. (2019). Spotting Defects! Deep Metric Learning Solution for MVTec Anomaly
   Detection Dataset. https://github.com/daisukelab/metric_learning/tree/master/MVTecAD
.. [2] Deng, Guo, Xue & Zafeiriou (2019). ArcFace: Additive Angular Margin Loss for Deep Face
   Recognition. https://arxiv.org/abs/1801.07698
.. [3] Selvaraju et al. (2017). Grad-CAM: Visual Explanations from Deep Networks via
   Gradient-based Localization. https://arxiv.org/abs/1610.02391
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from anomalylab.detectors._on_body import OnBody, Passes
from anomalylab.detectors._registry import register
from anomalylab.errors import ParameterError
from anomalylab.features import Features
from anomalylab.registry import unknown_name
from anomalylab.training import TrainingPlan, losses

if TYPE_CHECKING:
    from torch import nn

    from anomalylab.extractors import Body
    from anomalylab.synthesise.twin import TwinOptions
    from anomalylab.training.versions import Lessons

DISTANCES = ("cosine", "euclidean")

WEIGHT_DECAY = 0.01

LOOKS_LIKE: Mapping[str, tuple[str, ...]] = {
    "line": ("scratch",),
    "brush": ("scratch",),
    "cutpaste": ("patch_swap",),
    "cutpaste_scar": ("patch_swap", "scratch"),
}
"""What is drawn on twins -> planted defects that are much the same."""


@register("metric_learning")
@dataclass(kw_only=True)
class MetricLearning(OnBody):
    """``min_j d(x, e_j)``: how far an embedding ``x`` is from the nearest of the training images.

    ``d`` is one minus the cosine of the angle between two embeddings, or the length of their
    difference. The map is Grad-CAM [3]_ of the distance to that nearest image, beside the mean of
    its own map: the cells that raise the distance.

    Parameters
    ----------
    levels, size, body, weights, frozen, seed, device
        See :class:`~anomalylab.detectors._on_body.OnBody`.
    epochs : int
        Passes over the training images, each with a twin.
    loss : {"arcface", "cosface", "sphereface", "l2_constrained", "center", "conventional"}
        What arranges embeddings; see :mod:`anomalylab.training.losses`.
    margin, scale : float, optional
        Of the loss, where it has them; the published ones if not given.
    distance : {"cosine", "euclidean"}
    twin : str
        What is drawn on twins: ``"line"`` or another registered defect.
    place : {"anywhere", "on-blob", "on-edge"}
        Where: anywhere, on the object, or on an edge.
    length, width : (float, float), optional
        Bounds in pixels of an image whose shorter side is 224; 0 to 45 and 1 to 16 for lines.
    colour : {"any", "grey"}
    contrast : float in (0, 1]
        How opaque it is.
    twin_scale : float
        Factor on its size.
    augment, copies, mixup, head_epochs, rounds
        See :class:`~anomalylab.training.lessons.Lessons`.
    batch_size : int
        Images of a step, beside their twins.
    learning_rate : float
        The highest of one cycle.
    validation : float
        Share of the groups of images that are not learnt from; the weights of the epoch that has
        the smallest loss on them and their twins are kept.
    as_published : bool
        Repeat what is wrong in the code of [1]_; see
        :func:`anomalylab.training.embedding.train_embedding`.

    Attributes
    ----------
    embeddings_ : float32 ndarray of shape (n_images, 512)
        Of the training images, in the order ``order_``.
    means_ : float32 ndarray of shape (n_images, n_channels)
        Means over cells of their last maps, which maps are compared with.
    """

    after_training: ClassVar[frozenset[str]] = OnBody.after_training | {"distance"}
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "tiny": {"body": "tiny", "size": 32, "epochs": 1, "copies": 1, "batch_size": 8},
        "cpu": {},
        "paper": {
            "body": "timm:resnet18",
            "frozen": None,
            "copies": None,
            "head_epochs": 5,
            "epochs": 5,
            "rounds": 2,
        },
    }

    loss: str = "arcface"
    margin: float | None = None
    scale: float | None = None
    distance: str = "cosine"
    twin: str = "line"
    place: str = "anywhere"
    length: tuple[float, float] | None = None
    width: tuple[float, float] | None = None
    colour: str = "any"
    contrast: float = 1.0
    twin_scale: float = 1.0
    augment: bool = True
    copies: int | None = 4
    mixup: float = 0.4
    head_epochs: int = 0
    rounds: int = 1
    batch_size: int = 32
    learning_rate: float = 1e-3
    validation: float = 0.2
    as_published: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.distance not in DISTANCES:
            unknown_name("distance of metric_learning", self.distance, DISTANCES)
        known = losses.OPTIONS.get(self.loss)
        if known is None:
            losses.registry.get(self.loss)  # a plugin's, or unknown
        for name in self.loss_options:
            if known is not None and name not in known:
                having = ", ".join(loss for loss in losses.NAMES if name in losses.OPTIONS[loss])
                raise ParameterError(f"the loss {self.loss} has no {name}; {having} have one")
        self.training_options()

    @property
    def resembles(self) -> tuple[str, ...]:  # type: ignore[override]
        """Planted defects that look like those on twins."""
        return (self.twin, *LOOKS_LIKE.get(self.twin, ()))

    @property
    def loss_options(self) -> dict[str, Any]:
        """Options of the loss that were given."""
        given = {"margin": self.margin, "scale": self.scale}
        return {name: value for name, value in given.items() if value is not None}

    @property
    def twins(self) -> "TwinOptions":
        """How twins are made."""
        from anomalylab.synthesise.twin import TwinOptions

        return TwinOptions(
            kind=self.twin,
            place=self.place,
            length=self.length,
            width=self.width,
            colour=self.colour,
            scale=self.twin_scale,
            contrast=self.contrast,
        )

    @property
    def lessons(self) -> "Lessons":
        """What images are shown, and what learns when."""
        from anomalylab.training.lessons import Lessons

        return Lessons(
            twins=self.twins,
            augment=self.augment,
            copies=self.copies,
            mixup=self.mixup,
            head_epochs=self.head_epochs,
            rounds=self.rounds,
        )

    @property
    def training_plan(self) -> TrainingPlan:
        """How long and how fast is learnt."""
        return TrainingPlan(
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            weight_decay=WEIGHT_DECAY,
            validation=self.validation,
            seed=self.seed,
            device=self.device,
        )

    def training_options(self) -> dict[str, Any]:
        """Return what :func:`~anomalylab.training.embedding.train_embedding` takes of this.

        Body, images, labels, groups and key are left to who calls it.
        """
        return {
            "loss": self.loss,
            "loss_options": self.loss_options,
            "plan": self.training_plan,
            "lessons": self.lessons,
            "as_published": self.as_published,
        }

    def nearest(self, features: Features) -> np.ndarray:
        """Return the row of the training image that each image is nearest to.

        Parameters
        ----------
        features : Features
            As they are scored.

        Returns
        -------
        rows : int ndarray of shape (n_images,)
        """
        from anomalylab.training.embedding import nearest_distance

        network: Any = self._learnt()[0]
        embedded = network.embed(self._seen(self._checked(features)))
        rows: np.ndarray = self.order_[
            nearest_distance(embedded, self.embeddings_, self.distance)[1]
        ]
        return rows

    def _network(self, body: "Body") -> "nn.Module":
        from anomalylab.training.embedding_net import EmbeddingNet

        return EmbeddingNet(
            body,
            loss=self.loss,
            as_published=self.as_published,
            seed=self.seed,
            **self.loss_options,
        )

    def _train(
        self, network: Any, body: "Body", images: np.ndarray, key: Mapping[str, Any]
    ) -> pd.DataFrame:
        from anomalylab.training.embedding import learn

        groups = np.asarray(key["groups"])
        learn(network, images, None, groups, plan=self.training_plan, key=key, lessons=self.lessons)
        self.embeddings_ = network.embed(images)
        self.means_ = network.channel_means(images)
        history: pd.DataFrame = network.history
        return history

    def _judge(
        self, network: Any, body: "Body", images: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        from anomalylab.training.embedding import nearest_distance

        found, rows = nearest_distance(network.embed(images), self.embeddings_, self.distance)
        heat = network.heat(
            images,
            nearest=self.embeddings_[rows],
            reference=self.means_[rows],
            distance=self.distance,
        )
        if self.distance == "euclidean":  # as of half its square, so that heat grows with it
            heat = heat * found[:, None, None].astype(np.float32)
        return found, heat

    def _passes(self, n_images: int) -> Passes:
        n_shown = 2 * n_images * (self.head_epochs + self.rounds * self.epochs)
        n_held = 2 * n_images * (1 + (self.copies or 0))
        n_new = self.n_folds * n_shown if self.copies is None else 0
        return Passes(n_held + n_new, n_held, n_shown)

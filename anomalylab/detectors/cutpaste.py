"""CutPaste: a network learns to tell images from copies with a piece pasted elsewhere.

What it has learnt to see is then modelled by one Gaussian of the normal images.

References
----------
.. [1] Li, Sohn, Yoon & Pfister (2021). CutPaste: Self-Supervised Learning for Anomaly Detection
   and Localization. CVPR. https://arxiv.org/abs/2104.04015
.. [2] Selvaraju et al. (2017). Grad-CAM: Visual Explanations from Deep Networks via
   Gradient-based Localization. https://arxiv.org/abs/1610.02391
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from anomalylab.detectors._on_body import OnBody, Passes
from anomalylab.detectors._registry import register
from anomalylab.detectors.mahalanobis import MAPS, Mahalanobis
from anomalylab.errors import ParameterError
from anomalylab.features import Features
from anomalylab.registry import unknown_name

if TYPE_CHECKING:
    from torch import Tensor, nn

    from anomalylab.extractors import Body
    from anomalylab.training.plan import TrainingPlan

VARIANTS: Mapping[str, tuple[str, ...]] = {
    "3-way": ("cutpaste", "cutpaste_scar"),
    "normal": ("cutpaste",),
    "scar": ("cutpaste_scar",),
}
"""Variant -> defects that are told apart, and from the image itself."""

WEIGHT_DECAY = 3e-5
"""As published."""

LEVEL = "learnt"
"""What the map of the upper part is called as a level of features."""


@register("cutpaste")
@dataclass(kw_only=True)
class CutPaste(OnBody):
    """``sqrt((z - mu)' S^-1 (z - mu))`` of an embedding ``z`` that was trained on pasted copies.

    ``z`` is the mean over cells of the last map of a network that tells normal images from copies
    of them with a rectangle or a thin strip pasted elsewhere [1]_; ``mu`` and ``S`` are its mean
    and covariance, shrunk after Ledoit & Wolf, over the training images.

    Parameters
    ----------
    levels, size, body, weights, frozen, epochs, seed, device
        See :class:`~anomalylab.detectors._on_body.OnBody`.
    variant : {"3-way", "normal", "scar"}
        What images are told from: rectangles (``normal``), thin turned strips (``scar``), or both,
        each a class of its own.
    copies : int, optional
        Copies of an image by each kind, drawn once, from which every epoch takes one. None draws
        new ones all the time, as published, and so takes the lower part of the network each time.
    batch_size : int
        Images of a step, beside their copies.
    steps : int, optional
        Steps of an epoch, each image as often as it takes; each image once if not given.
    learning_rate : float
        The highest; it falls along a cosine.
    validation : float
        Share of the groups of images that are not learnt from; the weights of the epoch that
        tells their copies best are kept.
    map : {"centred", "gradcam"}
        How the distance is spread over cells, see
        :class:`~anomalylab.detectors.mahalanobis.Mahalanobis`: ``centred``, the gradient times the
        map less its mean over normal images, which sums to the distance; ``gradcam``, Grad-CAM
        [2]_, the gradient times the map itself where positive, which says little where the last
        layer of the network is linear, as in lite0, because its values have no zero of their own.

    Attributes
    ----------
    mean_, scale_, factor_ : dict of ndarray
        The Gaussian, as in :class:`~anomalylab.detectors.mahalanobis.Mahalanobis`.
    """

    resembles: ClassVar[tuple[str, ...]] = ("patch_swap",)
    after_training: ClassVar[frozenset[str]] = OnBody.after_training | {"map"}
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "tiny": {"body": "tiny", "size": 32, "epochs": 1, "copies": 1, "batch_size": 8},
        "cpu": {},
        "paper": {
            "body": "timm:resnet18",
            "size": 256,
            "frozen": None,
            "epochs": 256,
            "copies": None,
            "steps": 256,
            "validation": 0.0,
        },
    }

    epochs: int = 10
    variant: str = "3-way"
    copies: int | None = 4
    batch_size: int = 32
    steps: int | None = None
    learning_rate: float = 0.03
    validation: float = 0.1
    map: str = "centred"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.variant not in VARIANTS:
            unknown_name("variant of cutpaste", self.variant, VARIANTS)
        if self.map not in MAPS:
            unknown_name("map of cutpaste", self.map, MAPS)
        counts = {"copies": self.copies, "batch_size": self.batch_size, "steps": self.steps}
        for name, count in counts.items():
            if count is not None and count < 1:
                raise ParameterError(f"{name} must be at least 1, not {count}")

    @property
    def n_classes(self) -> int:
        """Classes that are told apart, the images themselves among them."""
        return 1 + len(VARIANTS[self.variant])

    def _network(self, body: "Body") -> "nn.Module":
        from anomalylab.detectors import _pasted

        return _pasted.network_of(body, self.n_classes, self.seed)

    def _train(
        self, network: Any, body: "Body", images: np.ndarray, key: Mapping[str, Any]
    ) -> pd.DataFrame:
        from anomalylab.detectors._pasted import Pasted, learnt_maps, loss_of_classes
        from anomalylab.training.loop import train

        kinds = VARIANTS[self.variant]
        pasted = Pasted(body, images, key["images"], kinds, self.copies, self.seed)
        rows_of_epoch = np.resize(np.arange(len(images)), self._n_rows(len(images)))

        def loss_of(
            rows: np.ndarray, rng: np.random.Generator, is_training: bool
        ) -> tuple["Tensor", dict[str, float]]:
            maps = pasted.maps(rows_of_epoch[rows], rng)
            return loss_of_classes(network, maps, self.n_classes)

        groups, told = np.asarray(key["groups"])[rows_of_epoch], {**key, "drawn": pasted.digest}
        curve = train(network, loss_of, groups=groups, plan=self._training_plan(), key=told)
        self._model(learnt_maps(network, body, images))
        return curve

    def _training_plan(self) -> "TrainingPlan":
        from anomalylab.training.plan import TrainingPlan

        return TrainingPlan(
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            optimizer="sgd",
            weight_decay=WEIGHT_DECAY,
            schedule="cosine",
            validation=self.validation,
            seed=self.seed,
            device=self.device,
        )

    def _n_rows(self, n_images: int) -> int:
        """Return how many images an epoch takes."""
        return n_images if self.steps is None else self.steps * self.batch_size

    def _model(self, maps: Iterable[np.ndarray]) -> None:
        """Fit the Gaussian to the embeddings of the training images."""
        pooled = [part.mean(axis=(1, 2), dtype=np.float64) for part in maps]
        density = Mahalanobis(map=self.map)
        density.learn({LEVEL: np.concatenate(pooled)})
        self.mean_, self.scale_, self.factor_ = density.mean_, density.scale_, density.factor_

    def _judge(
        self, network: Any, body: "Body", images: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        from anomalylab.detectors._pasted import learnt_maps

        density = Mahalanobis(map=self.map)
        density.mean_, density.scale_, density.factor_ = self.mean_, self.scale_, self.factor_
        scores, score_maps = [], []
        for maps in learnt_maps(network, body, images):
            of_few = Features({LEVEL: maps})
            pooled = {LEVEL: maps.mean(axis=(1, 2), dtype=np.float64)}
            distances, gradients, means = density.distances(pooled)
            scores.append(distances)
            score_maps.append(density.map_of(of_few, gradients, means))
        return np.concatenate(scores), np.concatenate(score_maps)

    def _passes(self, n_images: int) -> Passes:
        n_rows, n_pasted = self.epochs * self._n_rows(n_images), self.n_classes - 1
        n_held = n_images * (1 + n_pasted * (self.copies or 0))
        n_new = self.n_folds * n_rows * n_pasted if self.copies is None else 0
        n_at_once = min(self.batch_size, self._n_rows(n_images)) * self.n_classes
        return Passes(n_held + n_new, n_held, n_rows * self.n_classes, n_at_once)

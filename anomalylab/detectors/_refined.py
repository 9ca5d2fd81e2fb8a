"""Any detector, followed by a network that refines its maps by what the image shows.

References
----------
.. [1] Bae, Lee, Kim (2023). PNI: Industrial Anomaly Detection using Position and Neighborhood
   Information. https://arxiv.org/abs/2211.12634
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from anomalylab.compute.cost import COMPARISONS, Cost
from anomalylab.detectors import _storage
from anomalylab.detectors._base import Detector
from anomalylab.detectors._enough import Shapes
from anomalylab.detectors._learns import Learns
from anomalylab.detectors._masked import Masked
from anomalylab.detectors._options import check_types
from anomalylab.detectors._registry import create, unlisted
from anomalylab.detectors.drawn_copies import (
    KINDS,
    PIXELS,
    Drawn,
    beneath,
    drawn,
    examples_of,
    score_left_out,
    small_images,
    subset_of,
)
from anomalylab.errors import ParameterError
from anomalylab.extractors import Extractor
from anomalylab.features import ON_DEMAND, Features
from anomalylab.registry import unknown_name
from anomalylab.training import chosen_device

if TYPE_CHECKING:
    from anomalylab.training.refinement import Examples, RefinementNet

PRODUCTS = 3.2e3
"""Multiplications of the network for one pixel and one channel at full size, squared."""


@unlisted("refined")
@dataclass(kw_only=True)
class Refined(Masked, Learns):
    """``A~ = A + b f(I, A)``: maps of another detector, refined where drawn defects taught it [1]_.

    ``A`` is the map of the detector, enlarged to ``size``, ``I`` the image, ``f`` a small network
    and ``b`` is ``blend``. It learns from copies of the training images with drawn defects, scored
    by detectors that have not seen the image. No image that is judged is learnt from.

    Parameters
    ----------
    detector : str
        Name of the detector whose maps are refined.
    options : dict
        Its parameters.
    size : int
        Side of refined maps, a multiple of 8.
    width : int
        Of the network, see :class:`~anomalylab.training.refinement.RefinementNet`.
    copies : int
        With a drawn defect, of each training image.
    epochs, learning_rate
        Of the training.
    blend : float in [0, 1]
        Share of the refined map in what is given; 0 gives the maps as they were.
    image_score : {"own", "map"}
        That of the detector, or the largest value of the refined map.
    seed, device

    Attributes
    ----------
    inner_ : dict of ndarray
        What the detector has learnt.
    inner_words_ : list of [str, value]
        Likewise, what is no array.
    of_ : str
        Tells the detector whose maps the network has learnt from.
    """

    name: ClassVar[str] = "refined"
    resembles: ClassVar[tuple[str, ...]] = ("patch_swap", "scratch")

    detector: str
    options: dict[str, Any] = field(default_factory=dict)
    size: int = 112
    width: int = 8
    copies: int = 2
    epochs: int = 12
    learning_rate: float = 3e-3
    blend: float = 0.1
    image_score: str = "own"
    seed: int = 0
    device: str = "auto"

    extractor: ClassVar[Extractor | None] = None
    """What describes images; set by whoever fits, because drawn defects must be described, too."""

    def __post_init__(self) -> None:
        if self.size % 8 or self.size < 16:
            raise ParameterError(f"size must be a multiple of 8 from 16, not {self.size}")
        if not 0 <= self.blend <= 1:
            raise ParameterError(f"blend must lie from 0 to 1, not {self.blend}")
        if self.image_score not in ("own", "map"):
            unknown_name("image_score", self.image_score, ("own", "map"))
        if self.inner().levels == ("band",):
            raise ParameterError(f"{self.detector} looks at images at full size; it is not refined")
        for name in ("width", "copies", "epochs"):
            if getattr(self, name) < 1:
                raise ParameterError(f"{name} must be at least 1, not {getattr(self, name)}")

    @classmethod
    def of(cls, detector: Detector, **options: Any) -> "Refined":
        """Return a refined detector of the parameters of another.

        Raises
        ------
        UnknownNameError, ParameterError
            If there is no such option, or a value is of another type.
        """
        known = [one.name for one in fields(cls) if one.name not in ("detector", "options")]
        for name in options:
            if name not in known:
                unknown_name("option of refine", name, known)
        check_types(cls.name, cls, options)
        return cls(detector=detector.name, options=asdict(detector), **options)  # type: ignore

    def inner(self) -> Detector:
        """Return the detector whose maps are refined, with its parameters alone."""
        options: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in self.options.items()
        }
        detector: Detector = create(self.detector, **options)
        return detector

    @property
    def levels(self) -> tuple[str, ...] | str | None:  # type: ignore[override]
        """Levels of the detector whose maps are refined."""
        return self.inner().levels

    def chosen_levels(self, shapes: Shapes) -> tuple[str, ...]:
        """Return the levels of that detector, and the images themselves."""
        names = self.inner().chosen_levels(_stored(shapes))
        return names if PIXELS in names else (*names, PIXELS)

    def leaves_out(self, n_groups: int) -> str:
        """Return ``"group"``: detectors and networks of a few folds have not seen an image."""
        return "group"

    def check_groups(self, groups: np.ndarray, shapes: Shapes) -> None:
        """Refuse groups of which a fold leaves the detector too few."""
        self.inner().check_folds(groups, _stored(shapes), self.n_folds)

    def check_training(self, features: Features) -> None:
        """Refuse likewise, and what the detector refuses."""
        super().check_training(features)
        self.inner().check_training(features)

    def unfitted(self) -> Self:
        """Return the same parameters, which know what describes images."""
        return replace(self).described_by(self.extractor)

    def described_by(self, extractor: Extractor | None) -> Self:
        """Let it know what describes images; returns itself."""
        self.__dict__["extractor"] = extractor
        return self

    def plan(self, n_images: int, shapes: Shapes) -> Cost:
        """Estimate ``1 + n_folds`` fits of the detector, and as many trainings of the network.

        Raises
        ------
        ParameterError
            As the detector does, or if the device is not there.
        """
        chosen_device(self.device)
        looks_at_pixels = PIXELS in (self.levels or ())
        inner = self.inner().plan(n_images, shapes if looks_at_pixels else _stored(shapes))
        n_passed = n_images * (1 + self.copies)
        products = PRODUCTS * self.width**2 / 64 * self.size**2
        trained = 3 * self.epochs * self.n_folds * n_passed * products / COMPARISONS
        own = n_passed * self.size**2 * 8
        return Cost(inner.bytes + own, (1 + self.n_folds) * inner.seconds + trained)

    def _fit(self, features: Features) -> None:
        self.__dict__.pop("_restored", None)
        inner, copies = self.inner(), self._drawn(features)
        own = features.only(inner.chosen_levels(features.shapes))
        self._left_out = score_left_out(inner, own, copies, self.n_folds)
        self._fitted = inner.fit(own)
        images = small_images(features, self.size)
        examples = examples_of(images, features.group_numbers, copies, self._left_out)
        in_fold = self._left_out.fold[beneath(len(images), copies)]
        self._networks = [
            self._trained(subset_of(examples, in_fold != number))[0]
            for number in range(len(self._left_out.fitted))
        ]
        self._network, history = self._trained(examples)
        self.history_ = history.to_numpy(object).tolist()
        self.weights_ = {k: v.cpu().numpy() for k, v in self._network.state_dict().items()}
        self.inner_, words = _storage.learnt_apart(self._fitted)
        self.inner_words_ = [[name, value] for name, value in words.items()]
        self.of_ = self._digest()
        self.device_ = str(chosen_device(self.device))

    def _drawn(self, features: Features) -> Drawn:
        if self.extractor is None:
            raise ParameterError(
                "defects are drawn into images to learn to refine, so what describes images must "
                "be known; use described_by(extractor)"
            )
        return drawn(features, self.extractor, copies=self.copies, size=self.size, seed=self.seed)

    def _trained(self, examples: "Examples") -> Any:
        from anomalylab.training import TrainingPlan
        from anomalylab.training.refinement import train_refinement

        plan = TrainingPlan(
            epochs=self.epochs,
            batch_size=16,
            learning_rate=self.learning_rate,
            validation=0.15,
            seed=self.seed,
            device=self.device,
        )
        key = {"detector": self.detector, "kinds": list(KINDS)}
        return train_refinement(examples, width=self.width, plan=plan, key=key)

    def _judge(
        self, features: Features, hidden: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        images = small_images(features, self.size)
        if hidden is None:
            inner, network = self._learnt()
            return self._refined(inner, network, features, images)
        own, left_out = self._own_training().group_numbers, self._left_out
        fold_of_group = dict(zip(own, left_out.fold, strict=True))
        folds = np.array([fold_of_group[group] for group in hidden])
        scores = np.empty(len(images))
        maps = np.empty((len(images), self.size, self.size), np.float32)
        for number in np.unique(folds):
            rows = np.flatnonzero(folds == number)
            fitted = left_out.fitted[number], self._networks[number]
            found = self._refined(*fitted, features.subset(rows), images[rows])
            scores[rows], maps[rows] = found
        return scores, maps

    def _refined(
        self, inner: Detector, network: "RefinementNet", features: Features, images: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        from anomalylab.training.refinement import refined_maps

        scores, maps = inner.score(features)
        refined = refined_maps(network, images, maps, blend=self.blend)
        return (scores if self.image_score == "own" else refined.max(axis=(1, 2))), refined

    def _learnt(self) -> tuple[Detector, "RefinementNet"]:
        """Return detector and network; after ``load`` they are set up from what was saved."""
        if hasattr(self, "_network"):
            return self._fitted, self._network
        if "_restored" not in self.__dict__:
            self._restored = self._set_up()
        return self._restored

    def _set_up(self) -> tuple[Detector, "RefinementNet"]:
        import torch

        from anomalylab.training.refinement import RefinementNet

        if self.of_ != self._digest():
            raise ParameterError(
                f"the network that refines maps has learnt from those of another detector than "
                f"this {self.detector}; fit both together"
            )
        inner = self.inner()
        _storage.restore(inner, self.inner_)
        for name, value in self.inner_words_:
            setattr(inner, str(name), value)
        network = RefinementNet(self.width)
        network.load_state_dict({k: torch.from_numpy(v) for k, v in self.weights_.items()})
        return inner, network.to(chosen_device(self.device)).eval()

    def _digest(self) -> str:
        """Return what tells the detector, its parameters and what it has learnt."""
        told = json.dumps([self.detector, self.options], sort_keys=True, default=list)
        digest = hashlib.blake2b(told.encode(), digest_size=16)
        for name, array in sorted(self.inner_.items()):
            digest.update(f"{name} {array.dtype} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def _stored(shapes: Shapes) -> dict[str, tuple[int, ...]]:
    return {name: shape for name, shape in shapes.items() if name not in ON_DEMAND}

"""A network of timm, cut after the last level needed."""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.extractors import _engines, _weights
from anomalylab.extractors._spec import Network, NetworkSpec
from anomalylab.registry import unknown_name
from anomalylab.storage import kept

if TYPE_CHECKING:
    from anomalylab.extractors import _network

IMAGENET_MEAN = (255 * 0.485, 255 * 0.456, 255 * 0.406)
IMAGENET_STD = (255 * 0.229, 255 * 0.224, 255 * 0.225)

log = logging.getLogger(__name__)

MAX_SIDE = 8192
"""Pixels of a side that images may be resized to."""

_SKETCH = "sketch.json"

_FEATURES_VERSION = 1
"""Raised when the same parameters begin to give other features."""


@dataclass(kw_only=True)
class TimmBackbone:
    """Feature maps of a frozen network.

    Subclasses set the class attributes and the defaults of ``levels`` and ``size``.

    Parameters
    ----------
    levels : sequence of str
        Names of feature maps.
    size : int or (height, width)
        Of the images the network sees.
    weights : "pretrained", "random" or path
        Path: a safetensors file or a state dict.
    batch_size : int
        Images at a time. Below 16 it changes no bit of the results; from there on torch uses other
        kernels and they agree to 1e-5.
    engine : {"auto", "torch", "openvino"}
        What runs the network: ``auto`` becomes the fastest that is installed and works here, and
        torch once it shows that this one cannot run the network. The features of any two agree to
        1e-4 of the largest value of a level.
    """

    name: ClassVar[str]
    on_demand: ClassVar[bool] = False

    architecture: ClassVar[str]
    """timm's name, with the exact tag of its training."""

    mean: ClassVar[tuple[float, ...]] = IMAGENET_MEAN
    std: ClassVar[tuple[float, ...]] = IMAGENET_STD
    """Of the three colours, on a scale of 0 to 255."""

    known: ClassVar[Mapping[str, int]]
    """Level -> index of timm's ``forward_intermediates``."""

    options: ClassVar[Mapping[str, Any]] = {}
    """Further arguments of ``forward_intermediates``."""

    multiple: ClassVar[int] = 1
    """Each side of an image must be a multiple of this."""

    fuses: ClassVar[bool] = False
    """Whether every normalisation follows the convolution before it and may be merged with it."""

    levels: Sequence[str]
    size: int | tuple[int, int]
    weights: str = "pretrained"
    batch_size: int = 8
    engine: str = _engines.AUTO

    def __post_init__(self) -> None:
        self.size = _check_size(self.size, self.multiple)
        self.levels = (self.levels,) if isinstance(self.levels, str) else tuple(self.levels)
        if not self.levels:
            raise ParameterError(f"levels must name at least one of {', '.join(self.known)}")
        for level in self.levels:
            if level not in self.known:
                unknown_name(f"level of {self.name}", level, self.known)
        self.levels = tuple(level for level in self.known if level in self.levels)
        if self.batch_size < 1:
            raise ParameterError(f"batch_size must be at least 1, not {self.batch_size}")
        self._may_fall_back = self.engine == _engines.AUTO
        self.engine = _engines.chosen(self.engine)

    @cached_property
    def found_weights(self) -> _weights.Weights:
        """The weights, found and hashed but not read."""
        return _weights.find_weights(self.architecture, self.weights)

    @property
    def fingerprint(self) -> str:
        """Hexadecimal digest of all that features depend on beside image and level.

        It changes with the engine if :meth:`prepare` falls back on torch.
        """
        return self.fingerprint_with(self.engine)

    def fingerprint_with(self, engine: str) -> str:
        """Return the fingerprint that the same network has when another engine runs it."""
        parts = {
            "version": _FEATURES_VERSION,
            "architecture": self.architecture,
            "weights": self.found_weights.digest,
            "mean": self.mean,
            "std": self.std,
            "size": self.size,
            "engine": engine,
        }
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]

    @cached_property
    def spec(self) -> NetworkSpec:
        """What the network is, apart from its weights and its engine."""
        return NetworkSpec(
            architecture=self.architecture,
            levels={level: self.known[level] for level in self.levels},
            size=self.size,  # type: ignore[arg-type]
            mean=self.mean,
            std=self.std,
            options=self.options,
            fuses=self.fuses,
        )

    @cached_property
    def network(self) -> Network:
        """The network, made ready when first needed."""
        if self.engine == "openvino":
            from anomalylab.extractors import _openvino

            key = json.dumps([self.fingerprint, self.spec.levels, self.spec.options])
            try:
                return _openvino.network(key, self._built, self.spec.size)
            except _openvino.ConversionError as error:
                self._fall_back(error)
        from anomalylab.extractors import _network

        return _network.run_by_torch(self._built())

    def _fall_back(self, error: ParameterError) -> None:
        """Leave the network to torch, if the engine was chosen by itself."""
        why = f"openvino cannot run {self.name} ({error})"
        if not self._may_fall_back:
            raise ParameterError(f"{why}; choose the engine auto or torch") from error
        log.warning("%s; torch runs it", why)
        self.engine = "torch"

    def _built(self) -> "_network.Cut":
        """Build the network; this is where timm is imported."""
        from anomalylab.extractors import _network

        return _network.build(self.spec, self.found_weights)

    def prepare(self) -> None:
        """Build the network now, so that several threads may call.

        Raises
        ------
        WeightsError
            If the weights are missing or do not fit.
        ParameterError
            If the engine was named and cannot run the network.
        """
        _ = self.network

    def __call__(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Turn images into levels.

        Parameters
        ----------
        images : uint8 ndarray of shape (n_images, *size, 3)

        Returns
        -------
        levels : dict
            Level -> float32 array of shape (n_images, n_rows, n_cols, n_channels).

        Raises
        ------
        ParameterError
            If the images have another type or shape.
        WeightsError
            If the weights are missing or do not fit.
        """
        if images.dtype != np.uint8 or images.shape[1:] != (*self.size, 3):  # type: ignore[misc]
            raise ParameterError(
                f"{self.name} needs uint8 images of shape (n_images, {self.size[0]}, "  # type: ignore[index]
                f"{self.size[1]}, 3), not {images.dtype} {images.shape}"  # type: ignore[index]
            )
        starts = range(0, len(images), self.batch_size)
        parts = [self.network(images[start : start + self.batch_size]) for start in starts]
        return {
            level: np.concatenate(maps) if len(maps) > 1 else maps[0]
            for level, maps in zip(self.levels, zip(*parts, strict=True), strict=True)
        }

    def shapes(self) -> dict[str, tuple[int, int, int]]:
        """Return rows, columns and channels of each level, without running the network."""
        return self._sketch[0]

    def flops(self) -> float:
        """Return the floating point operations an image takes, of the cut network."""
        return self._sketch[1]

    @cached_property
    def _sketch(self) -> tuple[dict[str, tuple[int, int, int]], float]:
        """Shapes and operations, kept in the cache so that planning loads no network."""
        key = json.dumps(["sketch", _FEATURES_VERSION, version("timm"), asdict(self.spec)])
        folder = kept.recall(key)
        if folder is not None:
            known = json.loads((folder / _SKETCH).read_text(encoding="utf-8"))
            return {name: tuple(shape) for name, shape in known["shapes"]}, known["flops"]
        from anomalylab.extractors import _network

        shapes, flops = _network.sketch(self.spec)
        text = json.dumps({"shapes": list(shapes.items()), "flops": flops})
        kept.keep(key, lambda target: (target / _SKETCH).write_text(text, encoding="utf-8"))
        return shapes, flops

    def parameters(self) -> dict[str, Any]:
        """Return the parameters as JSON values; ``create(name, **parameters)`` builds it again."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values["weights"] = str(self.weights)
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}

    def describe(self) -> dict[str, Any]:
        """Return what a run records of how features were made."""
        return {
            "architecture": self.architecture,
            "weights": self.found_weights.description,
            "weights_digest": self.found_weights.digest,
            "levels": list(self.levels),
            "size": list(self.size),  # type: ignore[arg-type]
            "mean": list(self.mean),
            "std": list(self.std),
            "engine": self.engine,
            "parameters": self.parameters(),
        }

    @classmethod
    def availability(cls) -> str:
        """Say in a few words whether the weights are on this machine."""
        return _weights.installed(cls.architecture)


def _check_size(size: int | Sequence[int], multiple: int) -> tuple[int, int]:
    sides = (size, size) if isinstance(size, int) else tuple(size)
    if len(sides) != 2 or any(int(s) != s or not 16 <= s <= MAX_SIDE for s in sides):
        raise ParameterError(
            f"size must be one side or (height, width) of 16 to {MAX_SIDE} pixels, not {size}"
        )
    if any(side % multiple for side in sides):
        near = tuple(max(1, round(side / multiple)) * multiple for side in sides)
        raise ParameterError(
            f"both sides must be multiples of {multiple}; instead of {size} try {near}"
        )
    return int(sides[0]), int(sides[1])

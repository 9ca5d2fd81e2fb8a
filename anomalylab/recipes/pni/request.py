"""What the recipe is asked to do, and the command that asks for it again."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from anomalylab import detectors
from anomalylab.detectors import Refined
from anomalylab.errors import ParameterError
from anomalylab.images.read import parse_intensity
from anomalylab.recipes.pni.published import PUBLISHED_BLEND
from anomalylab.runs.command_words import words_of_images, words_of_plugins
from anomalylab.runs.detector_choice import DetectorChoice, text_of
from anomalylab.runs.request import DetectRequest, Size, check_seed

DETECTOR = "pni"

VARIANTS = {
    "patchcore": "none",
    "pni": "both",
    "pni-position": "position",
    "pni-neighbourhood": "neighbourhood",
}
"""Variant -> what restricts the memory, ``use`` of the detector."""

ENSEMBLE = "ensemble"

LEVELS = {"lite0": ("block3", "block4")}
"""Backbone -> levels of cells of 8 and 16 pixels, as in the paper; of others, their own choice."""

OF_PRESETS: Mapping[str, Mapping[str, object]] = {
    "tiny": {"coreset": 0.05, "n_kinds": 4},
    "cpu": {"coreset": 0.025, "epochs": 5},
}
"""Parameters of presets here, where cells are four times as many."""

REFINE_OF_TINY: Mapping[str, object] = {"size": 32, "width": 4, "epochs": 1, "copies": 1}
"""Options of the network that refines maps where seconds count and nothing else."""

BLENDS = (PUBLISHED_BLEND, 1.0)
"""Shares of the refined map that are judged: as published, and alone."""


@dataclass(frozen=True, kw_only=True)
class PNIRequest:
    """Everything that decides what the recipe computes.

    Parameters
    ----------
    data : path, optional
        Folder of images or table of their paths; built-in images if not given.
    dataset : str, optional
        Its layout, found out if not given.
    dataset_params : mapping
        Options of the loader.
    group_by : str, optional
        Column of a table whose equal values belong together, see :class:`DetectRequest`.
    categories : tuple of str
        Products to take; all that there are if empty.
    preset : str
        Of the detector ``pni``.
    params : mapping
        Further parameters of it.
    refine : mapping, optional
        Options of the network that refines maps; none is trained if None.
    with_ensemble : bool
        Whether the mean over levels is judged, or over backbones where several are named.
    backbones : tuple of str
        The first describes images for all variants.
    levels : tuple of str, optional
        Levels of the one backbone that are put side by side; those of :data:`LEVELS` if not given.
    size : int or (height, width), optional
    seed : int
    intensity : str
    plugins : tuple of path
        Python files that were imported first.
    """

    data: Path | None = None
    dataset: str | None = None
    dataset_params: Mapping[str, object] = field(default_factory=dict)
    group_by: str | None = None
    categories: tuple[str, ...] = ()
    preset: str = "cpu"
    params: Mapping[str, object] = field(default_factory=dict)
    refine: Mapping[str, object] | None = field(default_factory=dict)
    with_ensemble: bool = False
    backbones: tuple[str, ...] = ("lite0",)
    levels: tuple[str, ...] | None = None
    size: Size | None = None
    seed: int = 0
    intensity: str = "full"
    plugins: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        parse_intensity(self.intensity)
        check_seed(self.seed)
        for name in ("use", "seed"):
            if name in self.params:
                raise ParameterError(
                    f"{name} is set by the recipe itself, and is none of --options"
                )
        if len(set(self.backbones)) < len(self.backbones) or not all(self.backbones):
            raise ParameterError(f"name one backbone or several different ones: {self.backbones}")
        if self.levels and len(self.backbones) > 1:
            raise ParameterError(
                f"levels={','.join(self.levels)} are those of one backbone, and there are several: "
                f"{', '.join(self.backbones)}; name one backbone, or leave levels out"
            )
        self.detector("both")
        self.refined()

    def detector(self, use: str, **params: Any) -> Any:
        """Return the detector with one restriction of its memory, unfitted."""
        usual: dict[str, Any] = {"levels": "all", **OF_PRESETS.get(self.preset, {})}
        given = {**usual, **self.params, "seed": self.seed, "use": use, **params}
        return detectors.create(DETECTOR, preset=self.preset, **given)

    def refined(self) -> Refined | None:
        """Return the settings of the network that refines maps, None if there is to be none."""
        if self.refine is None:
            return None
        usual = REFINE_OF_TINY if self.preset == "tiny" else {}
        return Refined.of(self.detector("both"), **{"seed": self.seed, **usual, **self.refine})

    @property
    def source(self) -> DetectRequest:
        """The images, as other runs name them."""
        is_built_in = self.data is None and self.dataset is None
        return DetectRequest(
            data=self.data,
            dataset="textures" if is_built_in else self.dataset,
            dataset_params=self.dataset_params,
            group_by=self.group_by,
            detectors=(DetectorChoice(name=DETECTOR),),
            backbone=self.backbones[0],
            levels=self.levels or LEVELS.get(self.backbones[0]),
            size=self.size,
            intensity=self.intensity,
            seed=self.seed,
            plugins=self.plugins,
        )

    def with_backbone(self, name: str) -> "PNIRequest":
        """Return the same with one backbone."""
        return replace(self, backbones=(name,))

    def command(self, out: Path) -> str:
        """Return the command that repeats the recipe; folders by their last name only."""
        images = words_of_images(self.data, self.dataset, self.dataset_params, self.group_by)
        words = ["anomalylab", "recipe", "pni", *images]
        for name in self.categories:
            words += ["--category", name]
        words += ["--preset", self.preset]
        words += ["--options", _options(self.params)] if self.params else []
        words += ["--refine", _options(self.refine)] if self.refine else []
        words += ["--no-refine"] if self.refine is None else []
        words += ["--ensemble"] if self.with_ensemble else []
        words += ["--backbone", ",".join(self.backbones)]
        words += ["--levels", ",".join(self.levels)] if self.levels else []
        if self.size:
            both = self.size if isinstance(self.size, tuple) else (self.size,)
            words += ["--size", "x".join(map(str, both))]
        words += ["--seed", str(self.seed)] if self.seed else []
        words += ["--intensity", self.intensity] if self.intensity != "full" else []
        words += words_of_plugins(self.plugins)
        return shlex.join([*words, "-o", f"reports/{out.name}"])


def _options(params: Mapping[str, object]) -> str:
    return ",".join(f"{key}={text_of(value)}" for key, value in params.items())

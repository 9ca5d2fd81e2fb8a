"""What the recipe is asked to do, and the command that asks for it again."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from anomalylab import detectors
from anomalylab.errors import ParameterError
from anomalylab.images.read import parse_intensity
from anomalylab.registry import unknown_name
from anomalylab.runs.command_words import words_of_images, words_of_plugins
from anomalylab.runs.request import DetectorChoice, DetectRequest, check_seed

DETECTOR = "autoencoder"
"""The detector whose parameters and presets the recipe takes."""

PRESETS = ("tiny", "cpu", "seed", "bergmann")

HELD_OUT = 0.1
"""Share of the good images that a preset which holds out none does without, too: tau needs them."""


@dataclass(frozen=True, kw_only=True)
class AutoencoderRequest:
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
    category : str, optional
        Product to take, of a data set that has several.
    preset : {"tiny", "cpu", "seed", "bergmann"}
        Of the detector ``autoencoder``.
    params : mapping
        Further parameters of that detector.
    latents : tuple of int
        Latents that are compared, each by a training of its own with as many steps.
    quantile : float in (0, 1]
        Of the highest residuals of good images held out, that tau is taken from.
    background : float in [0, 1), optional
        Pixels that are connected to the border and differ from its usual colour by at most this
        share of full brightness are no part of the product, and count as given back.
    min_area : int
        Smaller groups of called pixels count as not called.
    seed : int
    intensity : str
        How pixel values are read.
    plugins : tuple of path
        Python files that were imported first.
    """

    data: Path | None = None
    dataset: str | None = None
    dataset_params: Mapping[str, object] = field(default_factory=dict)
    group_by: str | None = None
    category: str | None = None
    preset: str = "cpu"
    params: Mapping[str, object] = field(default_factory=dict)
    latents: tuple[int, ...] = ()
    quantile: float = 0.98
    background: float | None = None
    min_area: int = 1
    seed: int = 0
    intensity: str = "full"
    plugins: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        if self.preset not in PRESETS:
            unknown_name("preset", self.preset, PRESETS)
        parse_intensity(self.intensity)
        check_seed(self.seed)
        if not 0 < self.quantile <= 1:
            raise ParameterError(f"quantile must lie in (0, 1], not {self.quantile}")
        if self.background is not None and not 0 <= self.background < 1:
            raise ParameterError(f"background must lie in [0, 1), not {self.background}")
        if self.min_area < 1:
            raise ParameterError(f"min_area must be at least 1 pixel, not {self.min_area}")
        if len(set(self.latents)) < len(self.latents):
            raise ParameterError(f"name each latent once, not {self.latents}")
        for name in ("seed", "grid", "levels"):
            if name in self.params:
                raise ParameterError(f"{name} is none of --options")

    def main(self) -> Any:
        """Return the detector whose settings the main training takes, unfitted."""
        made = detectors.create(DETECTOR, preset=self.preset, seed=self.seed, **self.params)
        given = "validation" in self.params
        return made if given or made.validation else replace(made, validation=HELD_OUT)

    def of_latents(self) -> list[Any]:
        """Return a detector for each latent that is compared: AE128, or a tiny one for trials."""
        main = self.main()
        name = "tiny" if main.architecture == "tiny" else "AE128"
        size = main.size if name == main.architecture else None
        return [
            replace(main, architecture=name, size=size, latent=latent) for latent in self.latents
        ]

    @property
    def source(self) -> DetectRequest:
        """The images, as other runs name them."""
        is_built_in = self.data is None and self.dataset is None
        return DetectRequest(
            data=self.data,
            dataset="textures" if is_built_in else self.dataset,
            dataset_params=self.dataset_params,
            group_by=self.group_by,
            intensity=self.intensity,
            seed=self.seed,
            plugins=self.plugins,
        )

    def command(self, out: Path) -> str:
        """Return the command that repeats the recipe; folders by their last name only."""
        images = words_of_images(self.data, self.dataset, self.dataset_params, self.group_by)
        words = ["anomalylab", "recipe", "autoencoder", *images]
        words += ["--category", self.category] if self.category else []
        words += ["--preset", self.preset]
        if self.params:
            words += ["--options", str(DetectorChoice(name="", params=self.params))[1:]]
        words += ["--latents", ",".join(map(str, self.latents))] if self.latents else []
        for name, usual in (("quantile", 0.98), ("background", None), ("min_area", 1)):
            if getattr(self, name) != usual:
                words += [f"--{name.replace('_', '-')}", f"{getattr(self, name):g}"]
        words += ["--seed", str(self.seed)] if self.seed else []
        words += ["--intensity", self.intensity] if self.intensity != "full" else []
        words += words_of_plugins(self.plugins)
        return shlex.join([*words, "-o", f"reports/{out.name}"])


def read_latents(text: str) -> tuple[int, ...]:
    """Read latents, ``"16,64,256"``.

    Raises
    ------
    ParameterError
        If they are no whole numbers above 0.
    """
    parts = [part.strip() for part in text.split(",")] if text else []
    if not all(part.isdecimal() and int(part) for part in parts):
        raise ParameterError(f"latents are whole numbers above 0, as 16,64,256, not {text!r}")
    return tuple(int(part) for part in parts)


def read_options(text: str) -> dict[str, object]:
    """Read parameters of the detector, ``"rotation=0,is_flipped=false"``.

    Raises
    ------
    ParameterError
        If one is not written ``name=value``.
    """
    return dict(DetectorChoice.parse(f"{DETECTOR}:{text}").params) if text else {}

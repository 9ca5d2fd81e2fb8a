"""What the recipe is asked to do, and the command that asks for it again."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from anomalylab.errors import ParameterError
from anomalylab.images.read import parse_intensity
from anomalylab.registry import unknown_name
from anomalylab.runs.command_words import words_of_images, words_of_plugins
from anomalylab.runs.request import DetectorChoice, DetectRequest, check_seed

DETECTOR = "metric_learning"
"""The detector whose parameters and presets the recipe takes."""

EXPERIMENTS = ("twins", "classes", "one-defect")

PRESETS = ("tiny", "cpu", "paper")

ALL = "all"


@dataclass(frozen=True, kw_only=True)
class MetricLearningRequest:
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
    also : tuple of path
        Further folders or tables, whose layouts are found out.
    categories : tuple of str
        Products to take; all that there are if empty.
    losses : tuple of str
        All that there are if empty.
    experiment : {"twins", "classes", "one-defect"}
        Normal images against copies with a drawn defect; categories against each other; normal
        images against one type of defect.
    preset : {"tiny", "cpu", "paper"}
        Of the detector ``metric_learning``.
    params : mapping
        Further parameters of that detector.
    as_published : bool
        Whether each training is repeated with the errors of the published code.
    defect : str, optional
        Type of defect that is trained on; the first one by name if not given.
    seeds : tuple of int
        Each gives a training of its own.
    intensity : str
        How pixel values are read.
    plugins : tuple of path
        Python files that were imported first.
    """

    data: Path | None = None
    dataset: str | None = None
    dataset_params: Mapping[str, object] = field(default_factory=dict)
    group_by: str | None = None
    also: tuple[Path, ...] = ()
    categories: tuple[str, ...] = ()
    losses: tuple[str, ...] = ("arcface",)
    experiment: str = "twins"
    preset: str = "cpu"
    params: Mapping[str, object] = field(default_factory=dict)
    as_published: bool = False
    defect: str | None = None
    seeds: tuple[int, ...] = (0,)
    intensity: str = "full"
    plugins: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        for what, name, known in (
            ("experiment", self.experiment, EXPERIMENTS),
            ("preset", self.preset, PRESETS),
        ):
            if name not in known:
                unknown_name(what, name, known)
        parse_intensity(self.intensity)
        for seed in self.seeds:
            check_seed(seed)
        for what, values in (("seed", self.seeds), ("loss", self.losses)):
            if not values or len(set(values)) < len(values):
                raise ParameterError(f"name one {what} or several different ones, not {values}")
        for name in ("loss", "seed", "as_published"):
            if name in self.params:
                raise ParameterError(f"{name} has an option of its own, and is none of --options")
        if self.defect is not None and self.experiment != "one-defect":
            raise ParameterError(
                "a type of defect is trained on in the experiment one-defect, not in "
                f"{self.experiment}"
            )

    def choice(self, loss: str, seed: int, *, is_as_published: bool = False) -> DetectorChoice:
        """Return the detector whose settings a training takes."""
        own = {"loss": loss, "seed": seed, "as_published": is_as_published}
        return DetectorChoice(name=DETECTOR, preset=self.preset, params={**self.params, **own})

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
            seed=self.seeds[0],
            plugins=self.plugins,
        )

    def command(self, out: Path) -> str:
        """Return the command that repeats the recipe; folders by their last name only."""
        images = words_of_images(self.data, self.dataset, self.dataset_params, self.group_by)
        words = ["anomalylab", "recipe", "metric-learning", *images]
        for path in self.also:
            words += ["--also", path.name]
        for name in self.categories:
            words += ["--category", name]
        words += ["--loss", ",".join(self.losses), "--experiment", self.experiment]
        words += ["--preset", self.preset]
        if self.params:
            words += ["--options", str(DetectorChoice(name="", params=self.params))[1:]]
        words += ["--as-published"] if self.as_published else []
        words += ["--defect", self.defect] if self.defect else []
        words += ["--seed", ",".join(map(str, self.seeds))] if self.seeds != (0,) else []
        words += ["--intensity", self.intensity] if self.intensity != "full" else []
        words += words_of_plugins(self.plugins)
        return shlex.join([*words, "-o", f"reports/{out.name}"])


def read_losses(text: str) -> tuple[str, ...]:
    """Read ``all``, or names of losses as ``arcface,cosface``.

    Raises
    ------
    UnknownNameError
        If there is no such loss.
    """
    names = tuple(part.strip() for part in text.split(","))
    known = known_losses()
    if names == (ALL,):
        return known
    for name in names:
        if name not in known:
            unknown_name("loss", name, (*known, ALL))
    return names


def known_losses() -> tuple[str, ...]:
    """Return the losses in the order of the published table, then those of plugins."""
    from anomalylab.training import losses

    return (*losses.NAMES, *(name for name in losses.registry if name not in losses.NAMES))


def read_seeds(text: str) -> tuple[int, ...]:
    """Read seeds, ``"0"`` or ``"0,1,2"``.

    Raises
    ------
    ParameterError
        If they are no whole numbers.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise ParameterError(f"seeds are whole numbers, as 0 or 0,1,2, not {text!r}")
    return tuple(int(part) for part in parts)


def read_options(text: str) -> dict[str, object]:
    """Read parameters of the detector, ``"place=on-blob,length=22+40"``.

    Raises
    ------
    ParameterError
        If one is not written ``name=value``.
    """
    return dict(DetectorChoice.parse(f"{DETECTOR}:{text}").params)

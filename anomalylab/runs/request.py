"""What a run is asked to do, and the command that asks for it again."""

import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from anomalylab.errors import ParameterError
from anomalylab.images.read import parse_intensity
from anomalylab.registry import unknown_name
from anomalylab.runs.command_words import words_of_images, words_of_plugins
from anomalylab.runs.detector_choice import DetectorChoice as DetectorChoice
from anomalylab.runs.detector_choice import text_of
from anomalylab.verdicts.threshold import check_rate

Size = int | tuple[int, int]
"""What images are resized to: the side of a square of that area, or height and width."""


@dataclass(frozen=True, kw_only=True)
class ImageKind:
    """One of several kinds of images in a folder, to be run by itself.

    Parameters
    ----------
    number : int
        From 1, the kind of most images first.
    n_kinds : int
    sample_ids : collection of str
        Its images.
    """

    number: int
    n_kinds: int
    sample_ids: Collection[str]


AUTO = "auto"
"""Asks for the detector that ranks planted defects best."""

MAX_SMOOTHING = 1000.0
"""Pixels of the resized image; beyond, a map is flat."""

NO_GROUPS = "nothing"
"""What images are grouped by where each is to be its own group."""

QUICK = "quick"
SENSITIVITIES = ("none", QUICK, "full")
"""How much is planted to measure what a run would have seen."""

DEFAULT_DETECTORS = (DetectorChoice(name=AUTO),)


@dataclass(frozen=True, kw_only=True)
class DetectRequest:
    """Everything that decides what a run computes.

    Parameters
    ----------
    data : path, optional
        Folder of images, or a table of paths; none for built-in data.
    dataset : str, optional
        Name of the layout; found out from the folder if not given.
    dataset_params : mapping
        Parameters of the loader, e.g. ``{"category": "bottle"}``.
    detectors : tuple of DetectorChoice
        The first one gives the verdict.
    backbone, weights : str
        Extractor and, if not its default, the file of its weights.
    engine : str
        What runs the network; ``auto`` for the fastest that is installed.
    levels : tuple of str, optional
        Levels of the backbone; its default ones if not given.
    size : int or tuple of int, optional
        What images are resized to: height and width, or the side of a square whose area they keep
        in their own shape; that of the backbone if not given.
    sizes : tuple of int or of tuple of int
        Further sizes among which one is chosen, as the detector is.
    intensity, resize : str
        How pixel values are read and images resized.
    smoothing : float
        Standard deviation of the Gaussian that smooths anomaly maps, in resized pixels.
    max_fpr : float
        False-positive rate up to which AU-PRO and AU-IoU integrate.
    max_false_alarms : float, optional
        Share of good images that may lie beyond the threshold that views start from.
    seed : int
        Seed of bootstrap intervals and of whatever a detector draws.
    sensitivity : {"none", "quick", "full"}, optional
        How many defects are planted to measure what would have been seen; if not given, quick
        unless all training images are labelled.
    group_by : str, optional
        Column of the samples whose equal values are left out together, as ``part``; it wins over
        near copies that are found. ``nothing`` takes each image as its own.
    plugins : tuple of path
        Python files that were imported first.
    thorough : bool
        Whether detectors that train a network are among those that one is chosen from.
    refine : mapping, optional
        Options of a network that refines the maps of the detectors; none if not given.
    hide_labels : bool
        Whether the images are taken as if nobody had labelled them; what is known is kept aside.
    image_kind : ImageKind, optional
        The images to take, of those in the folder; all if not given.
    """

    data: Path | None
    dataset: str | None = None
    dataset_params: Mapping[str, object] = field(default_factory=dict)
    detectors: tuple[DetectorChoice, ...] = DEFAULT_DETECTORS
    backbone: str = "lite0"
    weights: str | None = None
    engine: str = "auto"
    levels: tuple[str, ...] | None = None
    size: Size | None = None
    sizes: tuple[Size, ...] = ()
    intensity: str = "full"
    resize: str = "bilinear"
    smoothing: float = 4.0
    max_fpr: float = 0.3
    max_false_alarms: float | None = None
    seed: int = 0
    sensitivity: str | None = None
    group_by: str | None = None
    plugins: tuple[Path, ...] = ()
    thorough: bool = False
    refine: Mapping[str, object] | None = None
    hide_labels: bool = False
    image_kind: ImageKind | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.smoothing <= MAX_SMOOTHING:
            raise ParameterError(
                f"smoothing must be 0 to {MAX_SMOOTHING:g} pixels, not {self.smoothing}"
            )
        check_seed(self.seed)
        parse_intensity(self.intensity)
        if not 0 < self.max_fpr <= 1:
            raise ParameterError(f"max_fpr must lie in (0, 1], not {self.max_fpr}")
        if self.max_false_alarms is not None:
            check_rate(self.max_false_alarms)
        check_sensitivity(self.sensitivity)
        names = [choice.name for choice in self.detectors]
        if AUTO in names and not self.is_auto:
            raise ParameterError(
                f"{AUTO} compares detectors itself and stands alone, without options; it was given "
                f"with {', '.join(choice.label for choice in self.detectors)}"
            )
        if self.sizes and not (self.is_auto and self.size):
            raise ParameterError(
                f"several sizes are compared where the detector is chosen, with --detector {AUTO}"
            )
        if self.thorough and not self.is_auto:
            raise ParameterError(
                f"thorough adds detectors to choose from, so it goes with --detector {AUTO} alone; "
                "name trained ones, as cutpaste, like any other"
            )
        if self.refine is not None and (self.is_auto or self.resize != "bilinear"):
            raise ParameterError(
                "refine follows detectors that are named, as with --detector pni --refine, and "
                "images that are resized bilinearly"
            )
        labels = [choice.label for choice in self.detectors]
        if not labels or len(set(labels)) < len(labels):
            raise ParameterError(f"detectors must be one or more different ones, not {labels}")

    @property
    def is_auto(self) -> bool:
        """Whether the detector is to be chosen on the images themselves."""
        return self.detectors == (DetectorChoice(name=AUTO),)

    def command(self, out: Path) -> str:
        """Return the command that repeats the run; folders by their last name only."""
        images = words_of_images(self.data, self.dataset, self.dataset_params)
        words = ["anomalylab", "run", *images]
        words += ["--hide-labels"] if self.hide_labels else []
        for choice in self.detectors:
            words += ["--detector", choice.shown]
        words += ["--thorough"] if self.thorough else []
        if self.refine is not None:
            options = [f"{key}={text_of(value)}" for key, value in self.refine.items()]
            words += ["--refine", *filter(None, [",".join(options)])]
        words += ["--backbone", self.backbone]
        words += ["--weights", Path(self.weights).name] if self.weights else []
        words += ["--levels", ",".join(self.levels)] if self.levels else []
        sizes = (self.size, *self.sizes) if self.size else ()
        words += ["--size", ",".join(map(_size, sizes))] if sizes else []
        for option in _TOLD_IF_CHOSEN:
            value = getattr(self, option)
            if value != _DEFAULTS[option]:
                words += [f"--{option.replace('_', '-')}", str(value)]
        words += words_of_plugins(self.plugins)
        if self.image_kind:
            words, out = [*words, "--per-cluster"], out.parent
        return shlex.join([*words, "-o", f"reports/{out.name}"])


def check_seed(seed: int) -> None:
    """Refuse a seed that not every generator takes.

    Raises
    ------
    ParameterError
        Unless it lies in [0, 2^32).
    """
    if not 0 <= seed < 2**32:
        raise ParameterError(f"seed must be a whole number from 0 to {2**32 - 1}, not {seed}")


def check_sensitivity(effort: str | None) -> None:
    """Refuse what is no name of how much is planted, nor None, which leaves it to the labels.

    Raises
    ------
    UnknownNameError
        If so.
    """
    if effort not in (None, *SENSITIVITIES):
        unknown_name("value of sensitivity", str(effort), SENSITIVITIES)


_TOLD_IF_CHOSEN = (
    "engine",
    "intensity",
    "resize",
    "smoothing",
    "max_fpr",
    "max_false_alarms",
    "seed",
    "sensitivity",
    "group_by",
)
_DEFAULTS = {f.name: f.default for f in fields(DetectRequest)}


def _size(size: Size) -> str:
    return str(size) if isinstance(size, int) else "x".join(map(str, size))

"""What the recipe is asked to do, and the command that asks for it again."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from anomalylab.compute.window_moments import check_window
from anomalylab.errors import ParameterError
from anomalylab.extractors.band import ORIENTATIONS
from anomalylab.images.read import parse_intensity
from anomalylab.pc_space.histogram import OVERFLOWS, Plane, pairs, planes_of
from anomalylab.registry import unknown_name
from anomalylab.runs.command_words import words_of_images, words_of_plugins
from anomalylab.runs.request import DetectRequest, check_seed, check_sensitivity

SOLVERS = ("exact", "incremental")

LIMIT_PER_PIXEL = 2.4
"""Default half width of a histogram over the side of a window; 60 for 25 pixels, as published."""

BUILT_IN = {"category": "gravel", "n_train_defect": 20}
"""Built-in images where no data are given: a surface, with defective training images."""

PRESETS: dict[str, dict[str, object]] = {
    "original": {
        "orient": "extreme",
        "solver": "incremental",
        "overflow": "drop",
        "density": False,
    }
}
"""What the published analysis did: each image turned so that its most extreme pixel is bright (as
scikit-learn did then), components of batches of one image, counts, and what lies beyond dropped."""


@dataclass(frozen=True, kw_only=True)
class PCSpaceRequest:
    """Everything that decides what the recipe computes.

    The defaults differ from the published analysis where that is arbitrary: components of all
    windows rather than ones that depend on the order of the images; a sign of the colour axis that
    does not hang on one pixel; shares rather than counts, because images differ in size; and
    outermost bins that collect what lies beyond, for that is where defects are.

    Parameters
    ----------
    data : path, optional
        Folder of images; built-in images if not given.
    dataset : str, optional
        Its layout, found out if not given.
    dataset_params : mapping
        Options of the loader.
    group_by : str, optional
        Column of a table whose equal values belong together, see :class:`DetectRequest`.
    windows : tuple of int
        Odd sides of windows in pixels; views show the first one.
    n_components : int
        At least 2; each pair of them is a plane with a histogram.
    bins : int
        Of each axis of a histogram, at least 2.
    limit : float, optional
        Half the width of the histograms of the first window, others in proportion to their sides;
        ``2.4 * window`` if not given.
    overflow : {"clip", "drop"}
        Whether windows beyond are counted in the outermost bins or not at all.
    density : bool
        Histograms as shares of the windows of an image rather than counts.
    solver : {"exact", "incremental"}
        Components of all windows together, or updated image by image in the order of their paths.
        With ``exact``, scores of training images that need no labels are made in the space of the
        images of other groups; with ``incremental``, in a space that was made of them too.
    orient : {"loading", "extreme", "luma"}
        Which end of the colour axis is positive, see :class:`anomalylab.extractors.band.Band`.
    C : float
        Inverse strength of the penalty on the coefficients.
    search : bool
        Choose windows, bins, limit, components and C by cross-validation on the training images.
    intensity : str
        How pixel values are read.
    seed : int
        Of folds, bootstrap and random forest.
    sensitivity : {"none", "quick", "full"}, optional
        How many defects are planted to measure what the residual would have seen; if not given,
        quick unless all training images are labelled.
    plugins : tuple of path
        Python files that were imported first.
    """

    data: Path | None = None
    dataset: str | None = None
    dataset_params: Mapping[str, object] = field(default_factory=dict)
    group_by: str | None = None
    windows: tuple[int, ...] = (25,)
    n_components: int = 2
    bins: int = 10
    limit: float | None = None
    overflow: str = "clip"
    density: bool = True
    solver: str = "exact"
    orient: str = "loading"
    C: float = 1.0
    search: bool = False
    intensity: str = "full"
    seed: int = 0
    sensitivity: str | None = None
    plugins: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        if not self.windows or len(set(self.windows)) < len(self.windows):
            raise ParameterError(f"windows must be one or more different sizes, not {self.windows}")
        for window in self.windows:
            check_window(window)
        n_pixels = min(self.windows) ** 2
        if not 2 <= self.n_components <= n_pixels:
            raise ParameterError(f"n_components must be 2 to {n_pixels}, not {self.n_components}")
        if self.bins < 2:
            raise ParameterError(f"bins must be 2 or more, not {self.bins}")
        if self.limit is not None and not 0 < self.limit < float("inf"):
            raise ParameterError(f"limit must be positive, not {self.limit}")
        if not 0 < self.C < float("inf"):
            raise ParameterError(f"C must be positive, not {self.C}")
        check_seed(self.seed)
        check_sensitivity(self.sensitivity)
        parse_intensity(self.intensity)
        for name, known in _CHOICES.items():
            if getattr(self, name) not in known:
                unknown_name(name, getattr(self, name), known)
        if self.search and self.solver != "exact":
            raise ParameterError("a search needs solver exact, whose sums of windows it adds up")

    @property
    def source(self) -> DetectRequest:
        """The images, as other studies name them."""
        is_built_in = self.data is None and self.dataset in (None, "textures")
        return DetectRequest(
            data=self.data,
            dataset="textures" if is_built_in else self.dataset,
            dataset_params={**(BUILT_IN if is_built_in else {}), **self.dataset_params},
            group_by=self.group_by,
            intensity=self.intensity,
            seed=self.seed,
            sensitivity=self.sensitivity,
            plugins=self.plugins,
        )

    @property
    def limits(self) -> tuple[float, ...]:
        """Half the width of the histograms of each window size."""
        per_pixel = LIMIT_PER_PIXEL if self.limit is None else self.limit / self.windows[0]
        return tuple(per_pixel * window for window in self.windows)

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Pairs of components that span planes."""
        return pairs(self.n_components)

    @property
    def planes(self) -> list[Plane]:
        """All planes, window by window."""
        return list(planes_of(self.windows, self.limits, self.n_components))

    def command(self, out: Path) -> str:
        """Return the command that repeats the recipe; folders by their last name only."""
        images = words_of_images(self.data, self.dataset, self.dataset_params, self.group_by)
        words = ["anomalylab", "recipe", "pc-space", *images]
        if self.windows != _DEFAULTS["windows"]:
            words += ["--window", ",".join(map(str, self.windows))]
        for name, option in _OPTIONS.items():
            if getattr(self, name) != _DEFAULTS[name]:
                words += [option, str(getattr(self, name))]
        words += [] if self.density else ["--counts"]
        words += ["--search"] if self.search else []
        words += words_of_plugins(self.plugins)
        return shlex.join([*words, "-o", f"reports/{out.name}"])


def parse_windows(text: str) -> tuple[int, ...]:
    """Read sides of windows, ``"25"`` or ``"15,25"``.

    Raises
    ------
    ParameterError
        If they are no whole numbers.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise ParameterError(f"windows are odd numbers of pixels, as 25 or 15,25, not {text!r}")
    return tuple(int(part) for part in parts)


_CHOICES = {"overflow": OVERFLOWS, "solver": SOLVERS, "orient": ORIENTATIONS}
_DEFAULTS = {f.name: f.default for f in fields(PCSpaceRequest)}
_OPTIONS = {
    "n_components": "--components",
    "bins": "--bins",
    "limit": "--limit",
    "overflow": "--overflow",
    "solver": "--solver",
    "orient": "--orient",
    "C": "--C",
    "intensity": "--intensity",
    "seed": "--seed",
    "sensitivity": "--sensitivity",
}

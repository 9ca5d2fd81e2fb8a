"""The words of a command that all requests have: which images, and with which plugins."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from anomalylab import detectors
from anomalylab.runs.detector_choice import DetectorChoice, text_of
from anomalylab.runs.info import RunInfo


def words_of_images(
    data: Path | None,
    dataset: str | None,
    params: Mapping[str, object],
    group_by: str | None = None,
) -> list[str]:
    """Return the folder by its last name, its layout, options of the loader, and what groups it.

    Examples
    --------
    >>> words_of_images(Path("/home/me/parts"), "folder", {"normal": ["a", "b"]})
    ['parts', '--dataset', 'folder', '--normal', 'a', '--normal', 'b']
    """
    words = [data.name] if data else []
    words += ["--dataset", dataset] if dataset else []
    for key, given in params.items():
        for value in given if isinstance(given, list) else [given]:
            words += [f"--{key.replace('_', '-')}", text_of(value)]
    return words + (["--group-by", group_by] if group_by else [])


def words_of_plugins(plugins: Iterable[Path]) -> list[str]:
    """Return the option of each plugin, by its last name."""
    return [word for plugin in plugins for word in ("--plugin", plugin.name)]


def run_instead(
    info: RunInfo,
    detector: str,
    preset: str,
    parameters: Mapping[str, Any],
    further: Sequence[str] = (),
) -> str:
    """Return the command that runs a detector, as a recipe had it, on the images of the recipe.

    Parameters
    ----------
    info : RunInfo
        Of the run of the recipe.
    detector, preset : str
    parameters : mapping
        Of the detector; those that differ from the preset are named.
    further : sequence of str
        Options that go behind.
    """
    usual = asdict(detectors.create(detector, preset=preset))
    given = {k: tuple(v) if isinstance(v, list) else v for k, v in parameters.items()}
    params = {k: v for k, v in given.items() if v != usual[k]}
    choice = DetectorChoice(name=detector, preset=preset, params=params)
    words = ["anomalylab", "run", *_images_of(info), "--detector", str(choice), *further]
    words += ["--seed", str(info.seed)] if info.seed else []
    words += ["--intensity", info.intensity] if info.intensity != "full" else []
    return shlex.join([*words, "-o", f"reports/{info.name}_scores"])


def _images_of(info: RunInfo) -> list[str]:
    """Return the words of a recipe's own command that name its images, up to its preset."""
    words = shlex.split(info.command)[3:]
    named = words[: words.index("--preset")] if "--preset" in words else words
    return named or ["--dataset", info.dataset.loader, "--category", info.dataset.category]

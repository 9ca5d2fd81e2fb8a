"""Names in a run that become paths, checked where they are read: the run may be a stranger's."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from anomalylab.errors import RunError
from anomalylab.images.inside import shortened, why_no_name, why_outside

_UPWARDS = re.compile(r"(\.\./)*(\.\.$)?")


def check_detectors(names: Iterable[str], path: Path) -> None:
    """Refuse detectors that could not be the name of a folder in the run.

    Raises
    ------
    RunError
        The message names the file ``path`` and the value, as in all that follows.
    """
    _check(names, why_no_name, path, "detector")


def check_way(way: str | None, path: Path) -> None:
    """Refuse a way from the run to its images that is not relative; it may go up first."""
    below = "" if way is None else _UPWARDS.sub("", way, count=1)
    if below:
        _check([below], why_outside, path, "folder of images")


def check_paths(samples: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return SAMPLES if their images and masks lie below the folder of the images."""
    for column, what in (("image_path", "image"), ("mask_path", "mask")):
        _check(samples[column].dropna().astype(str), why_outside, path, what)
    return samples


def _check(names: Iterable[str], why_not: Callable[[str], str], path: Path, what: str) -> None:
    for name in names:
        reason = why_not(name)
        if reason:
            raise RunError(f"{path} names the {what} {shortened(name)}, but {reason}")

"""Files of one name beside each other: an image and its mask, or one image in two formats."""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from anomalylab.datasets._listing import finding
from anomalylab.errors import ImageError
from anomalylab.images.files import read_values
from anomalylab.progress import counted

_MOST = 0.9  # share of the pixels of a mask that are black or white


@dataclass(frozen=True)
class Beside:
    """Masks found beside their images.

    Parameters
    ----------
    masks : dict
        Path of an image -> path of its mask.
    findings : list of dict
        Files taken for masks, and files of one name of which none is one.
    """

    masks: dict[str, str]
    findings: list[dict]


def masks_beside(root: Path, paths: Sequence[str]) -> Beside:
    """Find masks among files that differ from another in the suffix alone, as 1.jpg and 1.png do.

    Of two such files one is the mask of the other if it alone is of two values, up to the blurred
    edges of what it marks. Only files that have a twin by name are decoded.

    Parameters
    ----------
    root : Path
    paths : sequence of str
        Paths of images relative to ``root``.

    Returns
    -------
    beside : Beside
    """
    by_name = defaultdict(list)
    for path in paths:
        by_name[PurePosixPath(path).with_suffix("")].append(path)
    twins = [files for files in by_name.values() if len(files) > 1]
    every = [path for files in twins for path in files]
    with ThreadPoolExecutor() as pool:
        looked = pool.map(lambda path: _has_two_values(root / path), every)
        found = list(counted(looked, len(every), "reading masks"))
    has_two = dict(zip(every, found, strict=True))
    masks, unclear = {}, []
    for files in twins:
        images = [path for path in files if not has_two[path]]
        if len(files) == 2 and len(images) == 1:
            (masks[images[0]],) = set(files) - set(images)
        else:
            unclear += files
    return Beside(
        masks,
        finding("masks_beside", list(masks.values())) + finding("one_name", unclear),
    )


def _has_two_values(path: Path) -> bool:
    """Tell whether nearly all pixels are of two values; False if the image cannot be read."""
    try:
        values = read_values(path)
    except ImageError:
        return False
    low, high = values.min(axis=(0, 1)), values.max(axis=(0, 1))
    return bool(np.mean((values == low) | (values == high)) >= _MOST)

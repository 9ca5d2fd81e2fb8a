"""From a request to checked samples and their features."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from anomalylab import datasets, extractors
from anomalylab.errors import DatasetError
from anomalylab.extractors import Extractor
from anomalylab.features import ON_DEMAND, Features, ImageLevel
from anomalylab.images.read import read_image
from anomalylab.progress import stage
from anomalylab.registry import unknown_name
from anomalylab.runs.hidden import hide
from anomalylab.runs.request import NO_GROUPS, DetectRequest


@dataclass(frozen=True)
class ImageFiles:
    """Reads images of files as a level; paths and names alone, so that it can be pickled.

    Parameters
    ----------
    paths : tuple of path
    intensity : str
        How pixel values are read.
    level : str
        ``"pixels"`` or ``"band"``.
    """

    paths: tuple[Path, ...]
    intensity: str
    level: str

    def __call__(self, row: int) -> np.ndarray:
        """Return the image of a row: float32 (n_rows, n_cols, n_channels)."""
        image = read_image(self.paths[row], intensity=self.intensity)
        level: np.ndarray = extractors.create(self.level)(image[None])[self.level][0]
        return level


def check_source(request: DetectRequest) -> None:
    """Refuse a request that names no images, or a folder that does not exist.

    Raises
    ------
    DatasetError
        If so.
    UnknownNameError
        If there is no such data set.
    """
    if request.dataset is not None:
        datasets.registry.get(request.dataset)
    if request.data is None and not datasets.registry.brings_images(request.dataset or ""):
        raise DatasetError("give a folder of images, or --dataset textures for the built-in ones")
    if request.data is not None and not request.data.exists():
        raise DatasetError(f"{request.data} does not exist; give a folder of images")


class Loaded(NamedTuple):
    """Images as they were listed.

    Parameters
    ----------
    samples : DataFrame
        Rows of SAMPLES.
    root : Path
        Folder that their paths are relative to.
    hidden : DataFrame or None
        Rows of HIDDEN, if the request hides labels.
    """

    samples: pd.DataFrame
    root: Path
    hidden: pd.DataFrame | None


def load_samples(request: DetectRequest) -> Loaded:
    """List the images of a request, and hide their labels if it says so.

    Raises
    ------
    DatasetError
        If there is no such folder, or no image in it.
    UnknownNameError
        If there is no such column to group by.
    """
    check_source(request)
    with stage("read the folder"):
        name = request.dataset or datasets.detect_layout(Path(request.data or ""))
        samples = datasets.load(name, request.data, **request.dataset_params)
    samples.attrs["loader"] = name
    if request.group_by is not None:
        samples = grouped_by(samples, request.group_by)
    root = Path(samples.attrs.get("root") or request.data or "")
    hidden = None
    if request.hide_labels:
        samples, hidden = hide(samples, root)
    if request.image_kind is None:
        return Loaded(samples, root, hidden)
    ids = request.image_kind.sample_ids
    return Loaded(_only(samples, ids), root, None if hidden is None else _only(hidden, ids))


def _only(table: pd.DataFrame, ids: Collection[str]) -> pd.DataFrame:
    """Return the rows of some images, with what the loader noted."""
    kept = table[table["sample_id"].isin(list(ids))].reset_index(drop=True)
    kept.attrs = table.attrs
    return kept


def grouped_by(samples: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return samples whose groups are the values of a column; an image without one is its own.

    Parameters
    ----------
    samples : DataFrame
        Rows of SAMPLES, perhaps with further columns.
    column : str
        One of them, or ``"nothing"``.

    Raises
    ------
    UnknownNameError
        If there is no such column.
    """
    if column not in samples and column != NO_GROUPS:
        unknown_name("column to group by", column, [*samples.columns, NO_GROUPS])
    named = samples.get(column, pd.Series(None, samples.index, object))
    groups = [
        str(value) if is_named else None
        for value, is_named in zip(named, named.notna(), strict=True)
    ]
    grouped = samples.assign(group=pd.Series(groups, samples.index, object))
    grouped.attrs = {**samples.attrs, "is_grouped": True}
    return grouped


def cell_of(extractor: Extractor) -> int:
    """Return the side of a cell of the finest level, in pixels of the resized image."""
    shapes = extractor.shapes()
    if not shapes or extractor.size is None:
        return 1
    return min(round(extractor.size[0] / n_rows) for n_rows, _, _ in shapes.values())


def network_size_of(extractor: Extractor) -> tuple[int, int]:
    """Return the size that anomaly maps are smoothed at."""
    return extractor.size or (224, 224)


def with_images(
    features: Features, samples: pd.DataFrame, root: Path, *, intensity: str
) -> Features:
    """Add the images themselves as levels that are read on demand: ``pixels`` and ``band``.

    Detectors that are fitted on images name these levels; others never read them.
    """
    paths = tuple(root / path for path in samples["image_path"])
    on_demand = {
        name: ImageLevel(ImageFiles(paths, intensity, name), np.arange(len(paths)))
        for name in ON_DEMAND
        if name not in features.names
    }
    return Features({**features.levels, **on_demand}, groups_of(samples))


def groups_of(samples: pd.DataFrame) -> np.ndarray:
    """Return the number of the group of each image; one that names none is its own group."""
    named = samples["group"]
    return np.asarray(pd.factorize(named.where(named.notna(), samples["sample_id"]))[0])

"""From a request to images at the size of the network, refused early if they cannot be used."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab.compute.memory import refuse_beyond_available
from anomalylab.datasets.check import Finding, check
from anomalylab.errors import DatasetError, ImageError, ParameterError
from anomalylab.images.read import read_image, resize
from anomalylab.progress import counted
from anomalylab.recipes.metric_learning.request import MetricLearningRequest
from anomalylab.recipes.metric_learning.roles import Roles, roles_of
from anomalylab.registry import unknown_name
from anomalylab.runs import near_copies
from anomalylab.runs.inputs import groups_of
from anomalylab.runs.masks import Masks
from anomalylab.runs.pictures import Thumbnails
from anomalylab.runs.request import DetectRequest
from anomalylab.runs.small_pictures import SmallPictures
from anomalylab.studies.material import Listed, listed

Size = tuple[int, int]

CELL = 16
"""Pixels of the resized image that a cell of the last frozen block covers."""


@dataclass(frozen=True)
class Category:
    """The images of one product, read; rows of all parts belong together.

    Parameters
    ----------
    name : str
    samples : DataFrame
        Rows of SAMPLES.
    root : Path
        Folder that their paths are relative to.
    images : uint8 ndarray of shape (n_images, height, width, 3)
    roles : Roles
    shown : Thumbnails
    findings : list of Finding
        Of the check.
    broken : list of dict
        ``path`` and ``reason`` of images that were set aside.
    """

    name: str
    samples: pd.DataFrame
    root: Path
    images: np.ndarray
    roles: Roles
    shown: Thumbnails
    findings: list[Finding]
    broken: list[dict[str, str]]

    @cached_property
    def masks(self) -> Masks:
        """Masks of the images, each read once."""
        return Masks(self.root)

    @cached_property
    def groups(self) -> np.ndarray:
        """Number of the group of each image."""
        return groups_of(self.samples)

    @cached_property
    def labels(self) -> np.ndarray:
        """0 normal, 1 anomalous, NaN unknown: float (n_images,)."""
        known = self.samples["label"].astype("Float64")
        return np.asarray(known.to_numpy(dtype=float, na_value=np.nan))

    @cached_property
    def types(self) -> np.ndarray:
        """Type of defect of each image, ``good``, or empty where nothing is known."""
        named = self.samples["defect_type"].astype(object)
        usual = np.select([self.labels == 0, self.labels == 1], ["good", "defect"], "")
        return np.where(self.labels == 0, "good", named.where(named.notna(), usual))


def categories_of(request: MetricLearningRequest) -> list[Listed]:
    """List the images of a request, each category by itself.

    Paths of several folders are made relative to the folder that holds them all.

    Raises
    ------
    DatasetError
        If there are no images, two folders have a category of one name, or they lie on different
        drives.
    UnknownNameError
        If there is no such category.
    """
    if not request.also:
        return listed(request.source, request.categories)
    sources = [
        request.source,
        *(
            DetectRequest(
                data=path,
                group_by=request.group_by,
                intensity=request.intensity,
                plugins=request.plugins,
            )
            for path in request.also
        ),
    ]
    found = [one for source in sources for one in listed(source, ())]
    names = [one.name for one in found]
    for name in names:
        if names.count(name) > 1:
            raise DatasetError(f"two folders hold a category {name!r}; name their folders apart")
    for name in request.categories:
        if name not in names:
            unknown_name("category", name, names)
    wanted = request.categories or names
    return _below_one_root([one for one in found if one.name in wanted])


def _below_one_root(found: Sequence[Listed]) -> list[Listed]:
    roots = [one.root.resolve() for one in found]
    try:
        common = Path(os.path.commonpath(roots))
    except ValueError as error:
        raise DatasetError("the folders lie on different drives; copy them to one") from error
    return [
        replace(one, samples=_moved(one.samples, root.relative_to(common)), root=common)
        for one, root in zip(found, roots, strict=True)
    ]


def _moved(samples: pd.DataFrame, below: Path) -> pd.DataFrame:
    """Return samples whose paths begin in another folder, and are called by them."""
    attrs = samples.attrs
    way = "" if below == Path() else f"{below.as_posix()}/"
    paths, masks = way + samples["image_path"], samples["mask_path"].astype(object)
    samples = samples.assign(
        sample_id=paths,
        image_path=paths,
        mask_path=masks.map(lambda path: f"{way}{path}", na_action="ignore"),
    )
    samples.attrs = attrs
    return samples


def read_category(one: Listed, size: Size, intensity: str, cell: int = CELL) -> Category:
    """Check the images of a category, read them at the size of the network, and find near copies.

    Parameters
    ----------
    one : Listed
    size : (height, width)
    intensity : str
        How pixel values are read.
    cell : int
        Side, in pixels of the resized image, below which a defect is said to be hard to see.

    Raises
    ------
    DatasetError
        If nothing can be computed.
    ParameterError
        If memory is short.
    """
    height, width = size
    refuse_beyond_available(
        3 * height * width * len(one.samples),
        f"holding {len(one.samples)} images of {one.name}",
        "take fewer categories or a smaller size",
    )
    report = check(one.samples, one.root, size=size, cell=cell, intensity=intensity)
    if not report.is_usable:
        worst = report.findings[0]
        raise DatasetError(f"{worst.message}; {worst.advice}")
    samples, shown = report.with_whole_masks(one.samples), Thumbnails(intensity)
    small = SmallPictures(intensity)
    images, reasons = _read(samples, one.root, size, intensity, (shown, small))
    is_read = np.array([not reason for reason in reasons])
    broken = [
        {"path": str(path), "reason": reason}
        for path, reason in zip(samples["image_path"], reasons, strict=True)
        if reason
    ]
    if not is_read.any():
        raise DatasetError(f"no image of {one.name} can be read: {broken[0]['reason']}")
    kept = samples[is_read].reset_index(drop=True)
    kept.attrs = samples.attrs
    copies = near_copies.find(kept, one.root, small)
    grouped = copies.grouped()
    findings = near_copies.told(report, copies).findings
    return Category(
        one.name, grouped, one.root, images[is_read], roles_of(grouped), shown, findings, broken
    )


def _read(
    samples: pd.DataFrame,
    root: Path,
    size: Size,
    intensity: str,
    watchers: tuple[Thumbnails, SmallPictures],
) -> tuple[np.ndarray, list[str]]:
    """Read all images at one size, and say why one could not be."""
    images = np.zeros((len(samples), *size, 3), np.uint8)

    def read(row: int) -> str:
        try:
            image = read_image(root / samples["image_path"].iloc[row], intensity=intensity)
        except (ImageError, ParameterError) as error:
            return getattr(error, "reason", str(error))
        images[row] = resize(image, size)
        for watcher in watchers:
            watcher.see(str(samples["content_hash"].iloc[row]), image)
        return ""

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = range(len(samples))
        return images, list(counted(pool.map(read, rows), len(rows), "reading images"))

"""The images of a study by category: listed, embedded, and put where workers find them."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from anomalylab import datasets
from anomalylab.datasets.mvtec_ad import categories, is_category
from anomalylab.errors import DatasetError
from anomalylab.extractors import Extractor
from anomalylab.features import Features, ImageLevel
from anomalylab.images.masks import resize_mask
from anomalylab.registry import unknown_name
from anomalylab.runs.inputs import check_source, load_samples, network_size_of
from anomalylab.runs.outcome import Material
from anomalylab.runs.request import DetectRequest
from anomalylab.runs.shape import create_extractor
from anomalylab.storage.shelf import Shelf, read_array
from anomalylab.synthesise.surfaces import SURFACES


@dataclass(frozen=True)
class Listed:
    """The images of one category, before any is embedded.

    Parameters
    ----------
    name : str
    source : DetectRequest
        That asks for this category alone.
    samples : DataFrame
        Rows of SAMPLES.
    root : Path
        Folder that their paths are relative to.
    """

    name: str
    source: DetectRequest
    samples: pd.DataFrame
    root: Path


def listed(source: DetectRequest, wanted: Sequence[str]) -> list[Listed]:
    """List the images of the categories that are wanted, or of all that there are.

    Parameters
    ----------
    source : DetectRequest
    wanted : sequence of str
        Names of categories; empty for all.

    Raises
    ------
    DatasetError
        If there are no images.
    UnknownNameError
        If there is no such category, or no such option of the data set.
    """
    check_source(source)
    loader = source.dataset or datasets.detect_layout(Path(source.data or ""))
    source = replace(source, dataset=loader)
    found = [one for request in _requests(source, loader, wanted) for one in _split(request)]
    known = [one.name for one in found]
    for name in wanted:
        if name not in known:
            unknown_name("category", name, known)
    return [one for one in found if not wanted or one.name in wanted]


def _requests(source: DetectRequest, loader: str, wanted: Sequence[str]) -> Iterator[DetectRequest]:
    """Yield a request for each category that the loader wants named, or one for all."""
    named = _named_categories(source, loader)
    if not named:
        yield source
    for name in named:
        if not wanted or name in wanted:
            params = {**source.dataset_params, "category": name}
            yield replace(source, dataset_params=params)
    for name in wanted:
        if named and name not in named:
            unknown_name("category", name, named)


def _named_categories(source: DetectRequest, loader: str) -> list[str]:
    """Return the categories of a data set that is read one category at a time."""
    if source.data is None:
        return sorted(SURFACES) if loader == "textures" else []
    root = Path(source.data)
    return [] if loader != "mvtec_ad" or is_category(root) else categories(root)


def _split(source: DetectRequest) -> Iterator[Listed]:
    """List the images of a request, each category by itself."""
    samples, root, _ = load_samples(source)
    for name, rows in samples.groupby("category", sort=True):
        of_category = rows.reset_index(drop=True)
        of_category.attrs = samples.attrs
        yield Listed(str(name), source, of_category, root)


@dataclass(frozen=True)
class CategoryFiles:
    """Features and truth of a category on disk; small enough to be sent to any worker.

    Parameters
    ----------
    name : str
    folder : Path
        Of the arrays.
    levels : tuple of str
        Stored levels.
    on_demand : mapping
        Levels that are read from the images.
    digest : str
        Of everything that scores and metrics depend on, beside detector and rows.
    source : DetectRequest
        How images are described, and the detectors that are studied.
    n_masks : int
        Images whose defects are marked and put here; 0 if places are not measured.
    """

    name: str
    folder: Path
    levels: tuple[str, ...]
    on_demand: Mapping[str, ImageLevel] = field(repr=False)
    digest: str
    source: DetectRequest = field(repr=False)
    n_masks: int = 0

    @cached_property
    def extractor(self) -> Extractor:
        """What describes images."""
        return create_extractor(self.source)

    @cached_property
    def features(self) -> Features:
        """Levels of all images of the category, memory-mapped."""
        stored = {name: read_array(self.folder, f"levels/{name}") for name in self.levels}
        return Features({**stored, **self.on_demand}, np.array(read_array(self.folder, "groups")))

    @cached_property
    def labels(self) -> np.ndarray:
        """Label of each image, -1 where none is known: (n_images,)."""
        return np.array(read_array(self.folder, "labels"))

    @cached_property
    def truths(self) -> "Truths":
        """Where the defects of each image are."""
        return Truths(self.folder)


class Truths:
    """Masks of images by row: bool (height, width), kept a bit a pixel.

    Parameters
    ----------
    folder : path
        Where :func:`put_away` wrote them.
    """

    def __init__(self, folder: Path):
        self._sizes = np.array(read_array(folder, "truth/sizes"))
        self._starts = np.array(read_array(folder, "truth/starts"))
        self._bits = read_array(folder, "truth/bits")

    def known(self, rows: np.ndarray) -> np.ndarray:
        """Tell of which images it is known where their defects are: bool (n_rows,)."""
        known: np.ndarray = self._starts[rows] >= 0
        return known

    def sizes(self, rows: np.ndarray) -> list[tuple[int, int]]:
        """Return (height, width) of each mask."""
        return [(int(height), int(width)) for height, width in self._sizes[rows]]

    def masks(self, rows: np.ndarray) -> list[np.ndarray]:
        """Return the mask of each image."""
        return [self._mask(row) for row in rows]

    def _mask(self, row: int) -> np.ndarray:
        height, width = self._sizes[row]
        start, n_pixels = self._starts[row], height * width
        bits = np.array(self._bits[start : start + -(-n_pixels // 8)])
        return np.unpackbits(bits, count=n_pixels).reshape(height, width).view(bool)


def put_away(shelf: Shelf, name: str, material: Material, places: str) -> CategoryFiles:
    """Write the features of a category, and its masks if places are measured, for workers to read.

    Parameters
    ----------
    shelf : Shelf
    name : str
        Of the category.
    material : Material
    places : str
        See :class:`anomalylab.studies.spec.StudyRequest`.
    """
    features, samples = material.features, material.samples
    below = hashlib.blake2b(name.encode(), digest_size=8).hexdigest()
    digest = hashlib.blake2b(digest_size=16)
    digest.update(_described(material, places).encode())
    for level in features.shapes:
        shelf.write(f"{below}/levels/{level}", np.asarray(features.level(level)))
    shelf.write(f"{below}/groups", features.group_numbers)
    labels = samples["label"].astype("Int64").fillna(-1).to_numpy(np.int64)
    shelf.write(f"{below}/labels", labels)
    n_masks = _put_truth(shelf, below, material, places, digest) if places != "none" else 0
    return CategoryFiles(
        name,
        shelf.folder / below,
        tuple(features.shapes),
        {n: level for n, level in features.levels.items() if isinstance(level, ImageLevel)},
        digest.hexdigest(),
        replace(material.request, size=material.extractor.size),
        n_masks,
    )


def _described(material: Material, places: str) -> str:
    """Return what decides scores and metrics, apart from masks, as a text."""
    samples, request = material.samples, material.request
    if samples["content_hash"].isna().any():
        raise DatasetError("images without a content hash cannot be studied; read them anew")
    columns = samples[["content_hash", "label"]].astype(object).where(samples.notna(), None)
    facts = {
        "extractor": material.extractor.fingerprint,
        "intensity": request.intensity,
        "resize": request.resize,
        "images": columns.to_numpy().tolist(),
        "groups": material.features.group_numbers.tolist(),
        "measured": [places, request.smoothing, request.max_fpr] if places != "none" else None,
        "size": network_size_of(material.extractor),
    }
    return json.dumps(facts, default=str)


def _put_truth(shelf: Shelf, below: str, material: Material, places: str, digest: Any) -> int:
    """Write masks of the test images, and count those that mark a defect."""
    samples, network_size = material.samples, network_size_of(material.extractor)
    sizes = np.zeros((len(samples), 2), np.int64)
    starts = np.full(len(samples), -1)
    packed: list[np.ndarray] = []
    n_bytes = n_masks = 0
    for row, sample in enumerate(samples.itertuples()):
        is_marked = isinstance(sample.mask_path, str)
        if sample.split == "train" or (sample.label != 0 and not is_marked):
            continue
        mask = material.masks.truth(sample)
        mask = resize_mask(mask, network_size) if places == "network" else mask
        bits = np.packbits(mask)
        sizes[row], starts[row] = mask.shape, n_bytes
        packed.append(bits)
        n_bytes, n_masks = n_bytes + len(bits), n_masks + bool(mask.any())
        digest.update(bits.tobytes())
    shelf.write(f"{below}/truth/sizes", sizes)
    shelf.write(f"{below}/truth/starts", starts)
    shelf.write(f"{below}/truth/bits", np.concatenate(packed or [np.empty(0, np.uint8)]))
    return n_masks

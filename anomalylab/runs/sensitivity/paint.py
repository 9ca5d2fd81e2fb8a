"""Planted images: painted at full size, and brought to the size that the network sees."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from anomalylab.compute.threads import n_threads
from anomalylab.errors import DatasetError
from anomalylab.images.files import read_bytes, read_header
from anomalylab.images.read import decode_image, hash_of
from anomalylab.images.read import resize as resize_image
from anomalylab.images.room import decoding, needed
from anomalylab.progress import counted
from anomalylab.runs.sensitivity.plan import Plant
from anomalylab.synthesise.planted import Planted, plant
from anomalylab.synthesise.product import product_mask

VERSION = 1
"""Raised whenever the same plan gives other pixels, so that cached features are not taken."""

VIEW = 160
"""Pixels of the sides of a view of a defect."""

_CONTEXT = 4.0
"""Sides of a view at least, in widths of the defect."""


class PaintedImage(NamedTuple):
    """A planted image as the network sees it, and what came out."""

    plant: Plant
    name: str
    """Tells all that the image depends on."""

    image: np.ndarray
    """uint8, at the network's size."""

    measured_width: float
    difference: float
    centre: tuple[int, int]
    box: tuple[int, int, int]
    """Top, left and side of the view."""

    before: np.ndarray
    after: np.ndarray


@dataclass(frozen=True)
class Painter:
    """Paints plants; those of one image together, because decoding costs most.

    Parameters
    ----------
    samples : DataFrame
        Rows of SAMPLES.
    root : path
    intensity, resize : str
    size : (int, int)
        Of the network.
    """

    samples: pd.DataFrame
    root: Path
    intensity: str
    resize: str
    size: tuple[int, int]

    def painted(self, plants: Sequence[Plant]) -> Iterator[list[PaintedImage]]:
        """Yield the planted images of each image; what cannot be planted there is left out."""
        by_image = [list(some) for _, some in groupby(plants, key=lambda plant: plant.row)]
        with ThreadPoolExecutor(n_threads()) as pool:
            yield from counted(pool.map(self._of_one, by_image), len(by_image), "planting")

    def full_size(self, wanted: Plant) -> np.ndarray:
        """Return a planted image at its full size, uint8 (height, width, 3)."""
        with self._decoded(wanted.row) as (image, where, _):
            planted = _plant(image, where, wanted)
        return image if planted is None else planted.image

    def _of_one(self, plants: list[Plant]) -> list[PaintedImage]:
        with self._decoded(plants[0].row) as (image, where, digest):
            done = ((_plant(image, where, wanted), wanted) for wanted in plants)
            return [self._seen(image, p, wanted, digest) for p, wanted in done if p is not None]

    @contextmanager
    def _decoded(self, row: int) -> Iterator[tuple[np.ndarray, np.ndarray | None, str]]:
        """Give the image of a row, where its product is, and the digest of its file."""
        sample = self.samples.iloc[row]
        path = self.root / sample["image_path"]
        content = read_bytes(path)
        if hash_of(content) != sample["content_hash"]:
            raise DatasetError(
                f"{sample['image_path']} has changed since it was embedded; make the run again"
            )
        with decoding.taken(needed(read_header(content, path))):
            image = decode_image(content, path, intensity=self.intensity)
            yield image, product_mask(image), sample["content_hash"]

    def _seen(
        self, image: np.ndarray, planted: Planted, wanted: Plant, digest: str
    ) -> PaintedImage:
        rows, cols = np.nonzero(planted.mask)
        centre = int(rows.mean()), int(cols.mean())
        top, left, side = _box(image.shape[:2], centre, planted)
        view = slice(top, top + side), slice(left, left + side)
        key = [VERSION, digest, self.intensity, self.resize, list(self.size), *astuple(wanted)[1:]]
        return PaintedImage(
            plant=wanted,
            name=hashlib.blake2b(json.dumps(key).encode(), digest_size=16).hexdigest(),
            image=resize_image(planted.image, self.size, method=self.resize),
            measured_width=planted.width,
            difference=planted.difference,
            centre=centre,
            box=(top, left, side),
            before=_shrunk(image[view]),
            after=_shrunk(planted.image[view]),
        )


def _plant(image: np.ndarray, where: np.ndarray | None, wanted: Plant) -> Planted | None:
    if wanted.width > min(image.shape[:2]) / 2:
        return None
    return plant(
        image,
        wanted.kind,
        width=wanted.width,
        contrast=wanted.contrast,
        seed=wanted.seed,
        where=where,
    )


def _box(shape: tuple[int, ...], centre: tuple[int, int], planted: Planted) -> tuple[int, int, int]:
    """Return a square view around a defect that holds all of it, if the image is large enough."""
    rows, cols = (np.flatnonzero(planted.mask.any(axis=axis)) for axis in (1, 0))
    extent = max(np.ptp(rows), np.ptp(cols)) + 1
    side = int(min(max(VIEW / 2, _CONTEXT * planted.width, 1.5 * extent), *shape))
    top, left = (
        int(np.clip(c - side // 2, 0, n - side)) for c, n in zip(centre, shape, strict=True)
    )
    return top, left, side


def _shrunk(view: np.ndarray) -> np.ndarray:
    side = min(VIEW, len(view))
    return resize_image(np.ascontiguousarray(view), (side, side), method="area")

"""Small grey pictures, made while images are decoded for something else, and kept by content."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from anomalylab.compute.near_copies import SIDE
from anomalylab.errors import ImageError, ParameterError
from anomalylab.images.read import read_image
from anomalylab.pictures.small_grey import LEVELS, small_grey
from anomalylab.progress import counting
from anomalylab.runs.kept import kept
from anomalylab.storage.blocks import Arrays, BlockStore

BLOCK = 128
"""Images whose pictures are kept together."""

Small = tuple[np.ndarray, float]


Seen = Callable[[str, np.ndarray], None]


class Sees(Protocol):
    """What looks at images that are decoded for something else."""

    def see(self, content_hash: str, image: np.ndarray) -> None:
        """Look at an image, uint8 (height, width, 3)."""


def seen_by(*watchers: Sees) -> Seen:
    """Return a function that lets each of some watchers see an image."""

    def see(content_hash: str, image: np.ndarray) -> None:
        for watcher in watchers:
            watcher.see(content_hash, image)

    return see


class SmallPictures:
    """Makes small grey pictures; those of images that were seen before come from the cache.

    Parameters
    ----------
    intensity : str
        How images are read.
    """

    def __init__(self, intensity: str):
        self.intensity = intensity
        self._made: dict[str, Small] = {}

    def see(self, content_hash: str, image: np.ndarray) -> None:
        """Make the picture of an image, uint8 (height, width, 3), that is decoded anyway."""
        self._made[content_hash] = small_grey(image)

    def of(self, samples: pd.DataFrame, root: Path) -> tuple[np.ndarray, np.ndarray]:
        """Return the pictures of the samples.

        Parameters
        ----------
        samples : DataFrame
            Rows of SAMPLES.
        root : Path
            Folder that their paths are relative to.

        Returns
        -------
        pictures : float32 ndarray of shape (n_images, SIDE, SIDE)
        own : float ndarray of shape (n_images,)
            See :func:`anomalylab.pictures.small_grey.small_grey`; NaN for an image that cannot be
            read.
        """
        store = BlockStore("small grey pictures")
        blocks = []
        with counting(len(samples), "drawing small pictures") as advance:
            for start in range(0, len(samples), BLOCK):
                block = samples.iloc[start : start + BLOCK]
                make = partial(self._made_of, block, root)
                blocks.append(kept(store, block, self.intensity, make, _is_whole))
                advance(len(block))
        levels = np.concatenate([block["levels"] for block in blocks])
        return levels.astype(np.float32) / LEVELS, np.concatenate([b["own"] for b in blocks])

    def _made_of(self, samples: pd.DataFrame, root: Path) -> Arrays:
        with ThreadPoolExecutor() as pool:
            made = pool.map(
                lambda row: self._picture(root / row.image_path, row.content_hash),
                samples.itertuples(),
            )
            pictures, own = zip(*made, strict=True)
        levels = np.rint(np.stack(pictures) * LEVELS).astype(np.uint16)
        return {"levels": levels, "own": np.array(own)}

    def _picture(self, path: Path, content_hash: str | None) -> Small:
        made = self._made.get(str(content_hash))
        if made is not None:
            return made
        try:
            return small_grey(read_image(path, intensity=self.intensity))
        except (ImageError, ParameterError):  # told where it matters
            return np.zeros((SIDE, SIDE), np.float32), np.nan


def _is_whole(arrays: Arrays) -> bool:
    return bool(np.isfinite(arrays["own"]).all())

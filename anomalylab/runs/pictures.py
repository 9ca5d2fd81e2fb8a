"""Thumbnails of a run, made while images are decoded for something else, and kept by content."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from anomalylab.errors import ImageError
from anomalylab.images.read import read_image
from anomalylab.pictures.thumbnails import contour_of, thumbnail
from anomalylab.progress import counting
from anomalylab.runs.kept import kept
from anomalylab.runs.masks import Masks
from anomalylab.storage.blocks import Arrays, BlockStore

BLOCK = 32
"""Images whose thumbnails are kept together."""

Picture = tuple[bytes, int, int]
"""WebP, width, height."""


class Thumbnails:
    """Makes THUMBNAILS; those of images that were shown before come from the cache.

    Parameters
    ----------
    intensity : str
        How images are read.
    """

    def __init__(self, intensity: str):
        self.intensity = intensity
        self._made: dict[str, Picture] = {}

    def see(self, content_hash: str, image: np.ndarray) -> None:
        """Make the thumbnail of an image, uint8 (height, width, 3), that is decoded anyway."""
        self._made[content_hash] = thumbnail(image)[:3]

    def table(self, samples: pd.DataFrame, masks: Masks) -> pd.DataFrame:
        """Return THUMBNAILS of the samples, outlines drawn from their masks.

        Parameters
        ----------
        samples : DataFrame
            Rows of SAMPLES with their content hashes.
        masks : Masks
            Theirs; images lie in the same folder.
        """
        store, rows = BlockStore("thumbnails"), []
        with ThreadPoolExecutor() as pool, counting(len(samples), "drawing thumbnails") as advance:
            for block in _blocks(samples):
                pictures = self._block(block, masks.root, store, pool)
                marked = pool.map(lambda row: _mask(masks, row), block.itertuples())
                for row, picture, mask in zip(block.itertuples(), pictures, marked, strict=True):
                    contour = contour_of(mask, picture[:0:-1])
                    rows.append((row.sample_id, *picture, contour))
                    advance(1)
        table = pd.DataFrame(rows, columns=["sample_id", "image", "width", "height", "contour"])
        return table.astype({"contour": "string"})

    def _block(
        self, samples: pd.DataFrame, root: Path, store: BlockStore, pool: ThreadPoolExecutor
    ) -> list[Picture]:
        def make() -> list[Picture]:
            return list(pool.map(lambda row: self._picture(root, row), samples.itertuples()))

        return kept_pictures(store, "thumbnails of 192 px", samples, self.intensity, make)

    def _picture(self, root: Path, row: Any) -> Picture:
        made = self._made.get(str(row.content_hash))
        if made is None:
            image = read_image(root / row.image_path, intensity=self.intensity)
            made = thumbnail(image)[:3]
        return made


def kept_pictures(
    store: BlockStore,
    what: str,
    samples: pd.DataFrame,
    intensity: str,
    make: Callable[[], list[Picture]],
) -> list[Picture]:
    """Return pictures of the samples from a store, or make them and keep them there.

    They are kept only if all content hashes are known and every picture holds something.
    """
    how = f"{what}\n{intensity}"
    return _unpacked(kept(store, samples, how, lambda: _packed(make()), _is_whole))


def _blocks(samples: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for start in range(0, len(samples), BLOCK):
        yield samples.iloc[start : start + BLOCK]


def _mask(masks: Masks, row: Any) -> np.ndarray | None:
    """Return the mask of an image, None if it has none, a broken one or one of another size."""
    if pd.isna(row.mask_path):
        return None
    try:
        mask = masks.at_own_size(row.mask_path)
    except ImageError:
        return None
    return mask if mask.shape == (row.height, row.width) else None


def _is_whole(arrays: Arrays) -> bool:
    return bool((arrays["sizes"][:, 0] > 0).all())


def _packed(pictures: list[Picture]) -> Arrays:
    sizes = np.array([(len(webp), width, height) for webp, width, height in pictures], np.int64)
    content = np.frombuffer(b"".join(webp for webp, _, _ in pictures), np.uint8)
    return {"sizes": sizes, "content": content}


def _unpacked(arrays: Arrays) -> list[Picture]:
    ends = np.cumsum(arrays["sizes"][:, 0])
    content = arrays["content"].tobytes()
    return [
        (content[end - length : end], int(width), int(height))
        for (length, width, height), end in zip(arrays["sizes"], ends, strict=True)
    ]

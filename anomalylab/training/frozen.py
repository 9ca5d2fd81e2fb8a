"""What the frozen part of a network makes of images: computed once an image, kept by content."""

import hashlib
import json
import math
from collections.abc import Iterator

import numpy as np
import torch

from anomalylab.compute.threads import in_pieces
from anomalylab.errors import ParameterError, StorageError
from anomalylab.extractors import Body
from anomalylab.progress import counting
from anomalylab.storage.cache import IN_MEMORY, FeatureStore, feature_store

BATCH = 8
"""Images that a thread computes at a time: so few that the maps of an image are the same to the
last bit whatever it is computed together with, and by how many threads."""

SHARD = 64
"""Images stored together."""

_LEVEL = "lower"


class LowerFeatures:
    """Maps of the lower part of a body, found again by the content of the image.

    The maps are those that the whole body would compute on its way, in float32, so that the
    gradients of the upper part are the same.

    Parameters
    ----------
    body : Body
    """

    def __init__(self, body: Body):
        self.body = body
        self.store: FeatureStore = feature_store(json.dumps(["lower", body.digest]))

    def of(self, images: np.ndarray, *, keep: bool = True) -> np.ndarray:
        """Return the maps of images.

        Parameters
        ----------
        images : uint8 ndarray of shape (n_images, height, width, 3)
            At the size of the body; may be memory-mapped.
        keep : bool
            Look for the maps in the cache, and keep there what is not found. Not worth it for
            images that are seen once.

        Returns
        -------
        maps : float32 ndarray of shape (n_images, n_rows, n_cols, n_channels)
            Beyond 1 GiB a read-only memory map of a file in the cache, if they are kept.

        Raises
        ------
        ParameterError
            If the images have another type or size.
        StorageError
            If the cache cannot be written or is too small; known before anything is computed.
        """
        if images.dtype != np.uint8 or images.shape[1:] != (*self.body.size, 3):
            raise ParameterError(
                f"the body needs uint8 images of shape (n_images, {self.body.size[0]}, "
                f"{self.body.size[1]}, 3), not {images.dtype} {images.shape}"
            )
        n_bytes = 4 * len(images) * math.prod(self.body.shape)
        only_colours = self.body.frozen is None and n_bytes <= IN_MEMORY
        if not len(images) or not keep or only_colours:
            return self._computed(images)
        return self._kept(images)

    def _kept(self, images: np.ndarray) -> np.ndarray:
        names = [_content(image) for image in images]
        places = self.store.find(names, [_LEVEL])
        missing = {name: row for row, name in enumerate(names) if name not in places}
        if missing:
            self.store.check_writable(4 * len(missing) * math.prod(self.body.shape))
            with counting(len(missing), "frozen layers") as advance:
                for some in _cut(list(missing), SHARD):
                    maps = self._computed(images[[missing[name] for name in some]])
                    self.store.write(some, {_LEVEL: maps})
                    advance(len(some))
            places |= self.store.find(missing, [_LEVEL])
        if any(name not in places for name in names):
            raise StorageError(
                f"maps vanished from {self.store.folder} while they were written; try again"
            )
        return self.store.gather([places[name] for name in names], [_LEVEL], IN_MEMORY)[_LEVEL]

    def _computed(self, images: np.ndarray) -> np.ndarray:
        maps = np.empty((len(images), *self.body.shape), np.float32)
        device = next(self.body.lower.buffers()).device

        def compute(start: int) -> None:
            some = torch.from_numpy(
                np.require(images[start : start + BATCH], requirements=["C", "W"])
            ).to(device)
            with torch.inference_mode():
                maps[start : start + BATCH] = self.body.lower(some).cpu().numpy()

        in_pieces(compute, range(0, len(images), BATCH))
        return maps


def _content(image: np.ndarray) -> str:
    return hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=16).hexdigest()


def _cut(names: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]

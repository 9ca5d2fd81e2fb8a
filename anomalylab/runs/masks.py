"""The defect masks of a run, each read once for all that measures and draws by it."""

from pathlib import Path
from typing import Any

import numpy as np

from anomalylab.images.masks import read_mask, resize_mask


class Masks:
    """Reads masks and keeps them, a bit a pixel: 100 kB for 900 x 900.

    Parameters
    ----------
    root : path
        Folder that mask paths are relative to.
    """

    def __init__(self, root: Path):
        self.root = root
        self._read: dict[str, tuple[tuple[int, int], np.ndarray]] = {}

    def at_own_size(self, path: str) -> np.ndarray:
        """Return a mask as it is stored: bool (height, width).

        Raises
        ------
        ImageError
            If the file cannot be used.
        """
        if path not in self._read:
            mask = read_mask(self.root / path)
            self._read[path] = mask.shape, np.packbits(mask)
        (height, width), bits = self._read[path]
        return np.unpackbits(bits, count=height * width).reshape(height, width).view(bool)

    def truth(self, row: Any) -> np.ndarray:
        """Return the pixels of the defect of a row of SAMPLES, at the size of its image.

        None are where no mask is named.
        """
        size = row.height, row.width
        if not isinstance(row.mask_path, str):
            return np.zeros(size, bool)
        return resize_mask(self.at_own_size(row.mask_path), size)

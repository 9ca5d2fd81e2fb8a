"""Defects planted in images that nothing learnt from, for what no labelled image tells."""

from typing import NamedTuple

import numpy as np

from anomalylab.progress import counted
from anomalylab.synthesise.planted import MIN_WIDTH, plant, usual_width

CONTRAST = 0.5
MAX_IMAGES = 40
TRIES = 4
"""Places where a kind is tried before the next one is."""


class PlantedImages(NamedTuple):
    """Images with a defect each.

    Parameters
    ----------
    rows : int ndarray of shape (n_images,)
        Of the images that were taken.
    images : uint8 ndarray of shape (n_images, height, width, 3)
    masks : bool ndarray of shape (n_images, height, width)
    """

    rows: np.ndarray
    images: np.ndarray
    masks: np.ndarray


def planted(images: np.ndarray, kinds: tuple[str, ...]) -> PlantedImages:
    """Plant a defect of usual width in each of at most 40 images, the kinds in turn.

    Parameters
    ----------
    images : uint8 ndarray of shape (n_images, height, width, 3)
    kinds : tuple of str
        Registered defects.

    Returns
    -------
    planted : PlantedImages
        Images that no defect fits into are left out.
    """
    step = max(1, -(-len(images) // MAX_IMAGES))
    rows, changed, masks = [], [], []
    for number, row in enumerate(counted(range(0, len(images), step), loop="planting")):
        found = _with_one(images[row], kinds, number)
        if found is not None:
            rows.append(row)
            changed.append(found[0])
            masks.append(found[1])
    shape = images.shape[1:3]
    return PlantedImages(
        np.array(rows, int),
        np.array(changed, np.uint8).reshape(-1, *shape, 3),
        np.array(masks, bool).reshape(-1, *shape),
    )


def _with_one(
    image: np.ndarray, kinds: tuple[str, ...], number: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return an image with a defect and its mask; None if there is no room for one."""
    short, n_tries = min(image.shape[:2]), TRIES * len(kinds)
    for turn in range(n_tries):
        kind = kinds[(number + turn // TRIES) % len(kinds)]
        width = min(max(float(MIN_WIDTH), usual_width(kind) * short), short / 2)
        seed = n_tries * number + turn
        found = plant(image, kind, width=width, contrast=CONTRAST, seed=seed)
        if found is not None:
            return found.image, found.mask
    return None

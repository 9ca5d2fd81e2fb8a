"""Without labelled test images: is a defect that was planted told from the untouched image?

No kind is planted that twins are made of: nothing is judged by what it was trained on.
"""

from typing import NamedTuple

import numpy as np

from anomalylab.synthesise.planted import MIN_WIDTH, plant, usual_width

KINDS = ("scratch", "spot", "stain")
CONTRAST = 0.5
MAX_IMAGES = 40
TRIES = 4
"""Places where each kind is tried before an image is left out."""


class PlantedImages(NamedTuple):
    """Untouched images and the same ones with a defect.

    Parameters
    ----------
    rows : int ndarray of shape (n_images,)
        Of the images that were taken.
    images : uint8 ndarray of shape (n_images, height, width, 3)
        With a defect each.
    """

    rows: np.ndarray
    images: np.ndarray


def planted(images: np.ndarray, *, trained_on: str = "") -> PlantedImages:
    """Plant a defect in each of at most 40 images, one kind after the other.

    Parameters
    ----------
    images : uint8 ndarray of shape (n_images, height, width, 3)
    trained_on : str
        Kind of defect that twins were made of, which is not planted.

    Returns
    -------
    planted : PlantedImages
        Images that a defect does not fit into are left out.
    """
    kinds = [kind for kind in KINDS if kind != trained_on]
    step = max(1, -(-len(images) // MAX_IMAGES))
    rows, changed = [], []
    for number, row in enumerate(range(0, len(images), step)):
        for turn in range(TRIES * len(kinds)):
            found = _with(
                images[row], kinds[(number + turn) % len(kinds)], TRIES * len(kinds) * number + turn
            )
            if found is not None:
                rows.append(row)
                changed.append(found)
                break
    none = np.zeros((0, *images.shape[1:]), np.uint8)
    return PlantedImages(np.array(rows, int), np.stack(changed) if changed else none)


def _with(image: np.ndarray, kind: str, seed: int) -> np.ndarray | None:
    """Return an image with a defect of usual width; None if there is no room for it."""
    short = min(image.shape[:2])
    width = min(max(float(MIN_WIDTH), usual_width(kind) * short), short / 2)
    found = plant(image, kind, width=width, contrast=CONTRAST, seed=seed)
    return None if found is None else found.image

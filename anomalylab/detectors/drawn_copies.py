"""Copies of training images with drawn defects, and what a detector makes of them left out."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from anomalylab import synthesise
from anomalylab.compute.threads import in_pieces
from anomalylab.detectors._base import Detector
from anomalylab.detectors._refits import dealt
from anomalylab.detectors._seen_images import seen_images
from anomalylab.extractors import Extractor, extract_made
from anomalylab.features import Features, ImageLevel
from anomalylab.images.read import resize
from anomalylab.progress import counted
from anomalylab.synthesise.product import product_mask

if TYPE_CHECKING:
    from anomalylab.training.refinement import Examples

KINDS = ("cutpaste", "cutpaste_scar", "draem", "brush")
"""Kinds of defects that are drawn in turn, as the paper has them."""

PIXELS = "pixels"

SCALES = (0.3, 1.2)
"""Bounds of the size of a defect beside its usual one, drawn evenly."""

CONTRASTS = (0.3, 1.0)
"""Bounds of its contrast."""


class Drawn(NamedTuple):
    """Copies with a defect each."""

    features: Features
    originals: np.ndarray
    """Row of the image that each was made of, int of shape (n_copies,)."""

    images: np.ndarray
    """uint8 (n_copies, size, size, 3)."""

    masks: np.ndarray
    """bool (n_copies, size, size)."""


class LeftOut(NamedTuple):
    """What detectors that were fitted without an image make of it and of its copies."""

    fitted: list[Detector]
    """One a fold."""

    fold: np.ndarray
    """Fold that each image is left out in, int of shape (n_images,)."""

    maps: np.ndarray
    """Of the images, float32 (n_images, n_rows, n_cols)."""

    of_copies: np.ndarray
    """Of their copies, float32 (n_copies, n_rows, n_cols)."""


@dataclass(frozen=True)
class _AsShares:
    """Reads painted images as shares of 0 to 1, as the level of pixels holds images."""

    images: Sequence[np.ndarray]

    def __call__(self, row: int) -> np.ndarray:
        return self.images[row].astype(np.float32) / 255


def drawn(features: Features, extractor: Extractor, *, copies: int, size: int, seed: int) -> Drawn:
    """Draw defects into copies of images, and describe them as the images are described.

    Parameters
    ----------
    features : Features
        With the images themselves as the level ``pixels``.
    extractor : Extractor
        What the other levels were made with.
    copies : int
        Of each image.
    size : int
        Side of the images and masks that are returned.
    seed : int
    """
    network_size = extractor.size or (224, 224)
    images = seen_images(PIXELS, features.images(PIXELS), network_size)
    originals = np.repeat(np.arange(len(images)), copies)
    digests = [hashlib.blake2b(image.data, digest_size=12).hexdigest() for image in images]

    def paint(number: int) -> tuple[np.ndarray, np.ndarray]:
        row, copy = divmod(number, copies)
        words = int(digests[row], 16) % 2**63
        return _painted(images[row], np.random.default_rng([seed, words, copy]), copy + words)

    painted = in_pieces(paint, range(len(originals)))
    names = [f"refined 1 {digests[n // copies]} {n % copies} {seed}" for n in range(len(painted))]
    pictures = [image for image, _ in painted]
    described = extract_made(names, pictures.__getitem__, extractor)
    pixels = ImageLevel(_AsShares(pictures), np.arange(len(pictures)))
    return Drawn(
        Features({**described.levels, PIXELS: pixels}),
        originals,
        np.stack([resize(image, (size, size)) for image in pictures]),
        np.stack([_small(mask, size) for _, mask in painted]),
    )


def small_images(features: Features, size: int) -> np.ndarray:
    """Return the images themselves, uint8 (n_images, size, size, 3)."""
    return seen_images(PIXELS, features.images(PIXELS), (size, size))


def _painted(
    image: np.ndarray, rng: np.random.Generator, number: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return a copy with a defect and its mask; kinds take turns."""
    defect = synthesise.registry.get(KINDS[number % len(KINDS)])
    scale, contrast = rng.uniform(*SCALES), rng.uniform(*CONTRASTS)
    painted, mask = defect(image, rng, contrast, where=product_mask(image), scale=scale)
    return np.ascontiguousarray(painted), mask


def _small(mask: np.ndarray, size: int) -> np.ndarray:
    """Return a mask at another size: what is half covered or more."""
    return np.asarray(resize(mask.astype(np.uint8) * 255, (size, size), method="area") >= 128)


def score_left_out(detector: Detector, features: Features, copies: Drawn, n_folds: int) -> LeftOut:
    """Score images and their copies by fits to other groups of images.

    Parameters
    ----------
    detector : Detector
        Its parameters are used.
    features : Features
    copies : Drawn
    n_folds : int
        Parts that groups are dealt into.
    """
    detector.check_folds(features.group_numbers, features.shapes, n_folds)
    parts = dealt(features.group_numbers, n_folds)
    fold = np.empty(len(features), np.int64)
    fitted: list[Detector] = []
    maps: dict[int, np.ndarray] = {}
    of_copies: dict[int, np.ndarray] = {}
    for number, outside in enumerate(counted(parts, loop="refits")):
        fold[outside] = number
        one = detector.unfitted().fit(features.subset(np.flatnonzero(~outside)))
        rows = np.flatnonzero(outside)
        maps |= dict(zip(rows, one.score_map(features.subset(rows)), strict=True))
        made = np.flatnonzero(outside[copies.originals])
        if len(made):
            scored = one.score_map(copies.features.subset(made))
            of_copies |= dict(zip(made, scored, strict=True))
        fitted.append(one)
    of_images = np.stack([maps[row] for row in range(len(features))])
    nothing = np.empty((0, *of_images.shape[1:]), np.float32)
    in_order = [of_copies[row] for row in range(len(copies.originals))]
    return LeftOut(fitted, fold, of_images, np.stack(in_order) if in_order else nothing)


def beneath(n_images: int, copies: Drawn) -> np.ndarray:
    """Return the image that each example is, or was made of: copies, then images."""
    return np.concatenate([copies.originals, np.arange(n_images)])


def examples_of(
    images: np.ndarray, groups: np.ndarray, copies: Drawn, left_out: LeftOut
) -> "Examples":
    """Return copies and images, each with its map and mask."""
    from anomalylab.training.refinement import Examples

    bare = np.zeros(images.shape[:3], bool)
    return Examples(
        np.concatenate([copies.images, images]),
        np.concatenate([left_out.of_copies, left_out.maps]).astype(np.float32),
        np.concatenate([copies.masks, bare]),
        groups[beneath(len(images), copies)],
    )


def subset_of(examples: "Examples", kept: np.ndarray) -> "Examples":
    """Return the examples that are kept, bool of shape (n,)."""
    return type(examples)(*(part[kept] for part in examples))

"""Which mask belongs to which image: by name and folder, never by position."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import PurePosixPath

from anomalylab.datasets._listing import finding

MASK_ENDING = re.compile(r"_(mask|gt|label)$", re.IGNORECASE)
"""What data sets add to the stem of an image to name its mask."""


@dataclass(frozen=True)
class Matches:
    """Masks by image, and what has no counterpart.

    Parameters
    ----------
    masks : dict
        Path of an image -> path of its mask.
    findings : list of dict
        Masks that fit no image, or several.
    """

    masks: dict[str, str]
    findings: list[dict]


def match_masks(images: Sequence[str], masks: Mapping[str, str]) -> Matches:
    """Match masks with images by stem.

    A mask is called as its image, or has ``_mask``, ``_gt`` or ``_label`` behind. It lies in a
    folder that ends as the image's does; of several such images, the one that shares the most
    leading folders is meant.

    Parameters
    ----------
    images : sequence of str
        Paths in POSIX form.
    masks : mapping
        Path of a mask -> the part of its folder that the image's folder ends with, perhaps ``""``.

    Returns
    -------
    matches : Matches
    """
    by_stem = defaultdict(list)
    for image in images:
        by_stem[PurePosixPath(image).stem].append(image)
    found: dict[str, str] = {}
    orphans, ambiguous = [], []
    for mask, folder in sorted(masks.items()):
        candidates = _candidates(PurePosixPath(mask), PurePosixPath(folder), by_stem)
        if not candidates:
            orphans.append(mask)
        elif len(candidates) > 1 or candidates[0] in found:
            ambiguous.append(mask)
        else:
            found[candidates[0]] = mask
    return Matches(
        found, finding("masks_without_image", orphans) + finding("ambiguous_masks", ambiguous)
    )


def _candidates(
    mask: PurePosixPath, folder: PurePosixPath, by_stem: Mapping[str, list[str]]
) -> list[str]:
    """Return the images that a mask may belong to; one, if all is well."""
    tail = folder.parts
    for stem in (mask.stem, MASK_ENDING.sub("", mask.stem)):
        images = [
            image
            for image in by_stem.get(stem, [])
            if PurePosixPath(image).parent.parts[-len(tail) :] == tail or not tail
        ]
        if images:
            shared = [_n_shared(mask, PurePosixPath(image)) for image in images]
            return [i for i, n in zip(images, shared, strict=True) if n == max(shared)]
    return []


def _n_shared(one: PurePosixPath, other: PurePosixPath) -> int:
    """Count the leading folders that two paths have in common."""
    pairs = zip(one.parent.parts, other.parent.parts, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

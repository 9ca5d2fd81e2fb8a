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
        Path of an image -> path of its mask, a file or a folder of files.
    findings : list of dict
        Masks that fit no image, or several.
    """

    masks: dict[str, str]
    findings: list[dict]


def match_masks(images: Sequence[str], masks: Mapping[str, str]) -> Matches:
    """Match masks with images by stem.

    A mask is called as its image, or has ``_mask``, ``_gt`` or ``_label`` behind. It lies in a
    folder that ends as the image's does; of several such images, the one that shares the most
    leading folders is meant. Where a mask fits no image but its folder does, as in MVTec LOCO AD,
    the files of that folder are one mask.

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
        whole, candidates = _mask_and_images(mask, folder, by_stem)
        if not candidates:
            orphans.append(mask)
        elif len(candidates) > 1 or found.get(candidates[0], whole) != whole:
            ambiguous.append(mask)
        else:
            found[candidates[0]] = whole
    return Matches(
        found, finding("masks_without_image", orphans) + finding("ambiguous_masks", ambiguous)
    )


def _mask_and_images(
    mask: str, folder: str, by_stem: Mapping[str, list[str]]
) -> tuple[str, list[str]]:
    """Return a mask, or the folder that it is a part of, and the images that it may belong to."""
    path, inside = PurePosixPath(mask), PurePosixPath(folder)
    candidates = _candidates(path, path.stem, inside, by_stem)
    if candidates or not inside.parts:
        return mask, candidates
    whole = path.parent
    return whole.as_posix(), _candidates(whole, whole.name, inside.parent, by_stem)


def _candidates(
    mask: PurePosixPath, name: str, folder: PurePosixPath, by_stem: Mapping[str, list[str]]
) -> list[str]:
    """Return the images that a mask may belong to; one, if all is well."""
    tail = _parts(folder)
    for stem in (name, MASK_ENDING.sub("", name)):
        images = [
            image
            for image in by_stem.get(stem, [])
            if not tail or _parts(PurePosixPath(image).parent)[-len(tail) :] == tail
        ]
        if images:
            shared = [_n_shared(mask, PurePosixPath(image)) for image in images]
            return [i for i, n in zip(images, shared, strict=True) if n == max(shared)]
    return []


def _parts(folder: PurePosixPath) -> tuple[str, ...]:
    """Return the names of a folder and those around it, whatever their case."""
    return tuple(part.casefold() for part in folder.parts)


def _n_shared(one: PurePosixPath, other: PurePosixPath) -> int:
    """Count the leading folders that two paths have in common."""
    pairs = zip(one.parent.parts, other.parent.parts, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

"""Images to learn from in many versions: as they are, changed a little, and with a defect.

A version depends on its image, its number and the seed alone, so that what the frozen part of a
network makes of it is computed once for all trainings.
"""

import hashlib
from functools import cached_property

import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.extractors import Body
from anomalylab.storage.spacious import spacious
from anomalylab.synthesise.twin import twin
from anomalylab.training.augment import augmented
from anomalylab.training.frozen import LowerFeatures
from anomalylab.training.lessons import Lessons

PLAIN = 0
"""The version that is not changed: training images are embedded, and epochs compared, with it."""

N_AFRESH = 2**31
"""Versions that are drawn from where none is kept."""

AT_ONCE = 128
"""Images, each with its twin, that are made together."""


class Versions:
    """What the frozen part of a network makes of versions of images.

    Parameters
    ----------
    body : Body
    images : uint8 ndarray of shape (n_images, height, width, 3)
    lessons : Lessons
    with_twins : bool
        Whether every image has a twin.
    seed : int
    """

    def __init__(
        self, body: Body, images: np.ndarray, lessons: Lessons, *, with_twins: bool, seed: int
    ):
        self.lower, self.shape = LowerFeatures(body), body.shape
        self.images, self.lessons, self.n_each = images, lessons, 2 if with_twins else 1
        self._seeds = [(seed, _number_of(image)) for image in images]

    @cached_property
    def _kept(self) -> np.ndarray:
        """Maps of all versions that are kept, float32 (n_versions, n_images, 1 or 2, ...).

        On disk where they are large.

        Not before they are asked for: a training that was finished before asks for none.
        """
        n_kept, n_images = 1 + (self.lessons.copies or 0), len(self.images)
        kept = spacious((n_kept, n_images, self.n_each, *self.shape))
        for number in range(n_kept):
            for start in range(0, n_images, AT_ONCE):
                rows = np.arange(start, min(start + AT_ONCE, n_images))
                kept[number, rows] = self._computed([(row, number) for row in rows.tolist()])
        return kept

    def maps(self, rows: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """Return maps of some images, then, if there are twins, of the twin of each.

        Parameters
        ----------
        rows : int ndarray of shape (n_rows,)
        rng : Generator, optional
            Draws which version; the images as they are, and one twin of each, if not given.

        Returns
        -------
        maps : float32 ndarray of shape (n_rows, ...) or (2 n_rows, ...)
        """
        if rng is None:
            found = self._kept[PLAIN, rows]
        elif self.lessons.copies is None:
            numbers = rng.integers(1, N_AFRESH, size=len(rows)).tolist()
            found = self._computed(list(zip(rows.tolist(), numbers, strict=True)), keep=False)
        else:
            found = self._kept[rng.integers(1, len(self._kept), size=len(rows)), rows]
        maps: np.ndarray = found.swapaxes(0, 1).reshape(-1, *self.shape)
        return maps

    def shown(self, row: int, number: int) -> list[np.ndarray]:
        """Return a version of an image, and its twin if there are twins, as uint8 images."""
        seed, images = (*self._seeds[row], number), [self.images[row]]
        if self.n_each == 2:
            try:
                images.append(twin(images[0], self.lessons.twins, seed)[0])
            except ParameterError as error:
                raise ParameterError(f"image {row} of those to learn from: {error}") from error
        if not self.lessons.augment or number == PLAIN:
            return images
        rng = np.random.default_rng((*seed, 1))
        return [augmented(image, rng) for image in images]

    def _computed(self, wanted: list[tuple[int, int]], *, keep: bool = True) -> np.ndarray:
        """Return maps of versions of images, of shape (n_wanted, 1 or 2, ...)."""
        shown = np.stack([image for one in wanted for image in self.shown(*one)])
        return self.lower.of(shown, keep=keep).reshape(len(wanted), self.n_each, *self.shape)


def _number_of(image: np.ndarray) -> int:
    return int.from_bytes(hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=6).digest())

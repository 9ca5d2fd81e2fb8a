"""What a trained network leaves of images that it has not seen."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from anomalylab import synthesise
from anomalylab.images.masks import resize_mask
from anomalylab.recipes.autoencoder.info import known_as
from anomalylab.recipes.autoencoder.product import Cleaning
from anomalylab.recipes.autoencoder.trained import Good, Trained, resized
from anomalylab.recipes.metric_learning.inputs import Category
from anomalylab.recipes.planted import PlantedImages, planted

ALL = "all"
GOOD = "good"


@dataclass(frozen=True)
class Material:
    """The images of a category at the size of one network.

    Parameters
    ----------
    good : Good
        To learn from.
    cleaning : Cleaning
    test : uint8 ndarray of shape (n_test, height, width, 3)
    samples : DataFrame
        Rows of SAMPLES of the test images.
    types : object ndarray of shape (n_test,)
        Type of defect, ``good``, or empty where nothing is known.
    masks : bool ndarray of shape (n_test, height, width)
    has_truth : bool ndarray of shape (n_test,)
        Whether it is known which pixels are defective: of good images, and of those with a mask.
    train_samples : DataFrame
        Rows of SAMPLES of the images to learn from.
    """

    good: Good
    cleaning: Cleaning
    test: np.ndarray
    samples: pd.DataFrame
    types: np.ndarray
    masks: np.ndarray
    has_truth: np.ndarray
    train_samples: pd.DataFrame

    def rows_of(self, name: str) -> np.ndarray:
        """Return the test images of a type whose truth is known; ``all`` are of any, good too."""
        is_of = self.types != "" if name == ALL else self.types == name
        return np.flatnonzero(is_of & self.has_truth)

    @property
    def known_as(self) -> str:
        """What the images to learn from are called: good, if all are labelled so."""
        labels = self.train_samples["label"]
        return known_as(int(labels.isna().sum()), len(labels))

    @property
    def defects(self) -> list[str]:
        """Types of defects of test images with masks, by name."""
        return sorted({str(name) for name in self.types[self.has_truth]} - {"", GOOD})


def material_of(
    category: Category, size: tuple[int, int], background: float | None, min_area: int
) -> Material:
    """Bring the images and masks of a category to the size of a network."""
    train, test = category.roles.train, category.roles.test
    good = Good(resized(category.images[train], size), category.groups[train])
    samples = category.samples.iloc[test].reset_index(drop=True)
    types = category.types[test]
    masks = np.zeros((len(test), *size), bool)
    for row, sample in enumerate(samples.itertuples()):
        if types[row] != GOOD and isinstance(sample.mask_path, str):
            masks[row] = resize_mask(category.masks.truth(sample), size)
    return Material(
        good,
        Cleaning(good.images, background, min_area),
        resized(category.images[test], size),
        samples,
        types,
        masks,
        (types == GOOD) | masks.any(axis=(1, 2)),
        category.samples.iloc[train].reset_index(drop=True),
    )


class Judged(NamedTuple):
    """What one network leaves.

    Parameters
    ----------
    trained : Trained
    test, held_out, planted : float32 ndarray of shape (n_images, height, width)
        Of test images, of good images held out, and of these with a defect planted in them.
    held_out_rows : int ndarray
        Of the images to learn from.
    plants : PlantedImages
        Rows are those of ``held_out``.
    """

    trained: Trained
    test: np.ndarray
    held_out: np.ndarray
    planted: np.ndarray
    held_out_rows: np.ndarray
    plants: PlantedImages

    @property
    def highest(self) -> float:
        """The highest residual of all; a little above 0 where nothing is left."""
        parts = [part.max() for part in (self.test, self.held_out, self.planted) if part.size]
        return max(float(max(parts, default=0.0)), 1e-6)


def judge(trained: Trained, material: Material) -> Judged:
    """Let a network give back test images, good ones held out, and these with planted defects."""
    rows = material.good.held_out(trained.detector)
    held_out = material.good.images[rows]
    plants = planted(held_out, synthesise.usual())
    test, left, with_defect = (
        trained.maps(images, material.cleaning)
        for images in (material.test, held_out, plants.images)
    )
    return Judged(trained, test, left, with_defect, rows, plants)

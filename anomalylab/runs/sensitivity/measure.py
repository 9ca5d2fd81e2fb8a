"""Score planted images as the run scores images: by fits that never saw the image beneath."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from anomalylab import extractors
from anomalylab.detectors import Detector, Learns, Masked
from anomalylab.errors import DatasetError
from anomalylab.extractors import Extractor
from anomalylab.features import ON_DEMAND, Features, ImageLevel
from anomalylab.progress import counted
from anomalylab.runs.sensitivity.paint import PaintedImage, Painter
from anomalylab.runs.sensitivity.plan import Plant

MAX_FOLDS = 5
LEFT_OUT = 0.05
"""A fit leaves out so large a share of the training images, or a fifth of those planted in."""


@dataclass(frozen=True)
class PlantedImages:
    """Planted images with their features; rows of all parts belong together.

    Parameters
    ----------
    painted : list of PaintedImage
    features : Features
    """

    painted: list[PaintedImage]
    features: Features

    @property
    def rows(self) -> np.ndarray:
        """Row of the samples that each was made of."""
        return np.array([painted.plant.row for painted in self.painted], int)

    def subset(self, places: np.ndarray) -> "PlantedImages":
        """Return those of some places, in that order."""
        return PlantedImages([self.painted[i] for i in places], self.features.subset(places))


class PlantedScores(NamedTuple):
    """What one detector makes of planted images, in their order."""

    scores: np.ndarray
    before: np.ndarray
    """Of the images beneath, by the same fits."""

    maps: np.ndarray
    """float32 (n_planted, n_rows, n_cols); of no cells where only scores were asked for."""

    def subset(self, places: np.ndarray) -> "PlantedScores":
        """Return those of some places, in that order."""
        return PlantedScores(*(part[places] for part in self))


@dataclass(frozen=True)
class _Repainted:
    """Reads planted images at full size, as a level of images."""

    painter: Painter
    plants: tuple[Plant, ...]
    level: str
    extractor: Extractor

    def __call__(self, row: int) -> np.ndarray:
        image = self.painter.full_size(self.plants[row])
        level: np.ndarray = self.extractor(image[None])[self.level][0]
        return level


def plant_and_embed(
    painter: Painter, plants: Sequence[Plant], extractor: Extractor
) -> PlantedImages:
    """Paint what is planned and embed it; features are kept in the cache.

    Levels that are the images themselves are painted again whenever they are read.

    Raises
    ------
    DatasetError
        If no defect fits into the images.
    """
    painted = [image for images in painter.painted(plants) for image in images]
    if not painted:
        raise DatasetError(
            f"none of the {len(plants)} planned defects fits into these images; plant narrower ones"
        )
    stored: Mapping[str, np.ndarray | ImageLevel] = {}
    makers = {name: extractors.create(name) for name in ON_DEMAND}
    if extractor.on_demand:
        makers |= dict.fromkeys(extractor.levels, extractor)
    else:
        names = [image.name for image in painted]
        stored = extractors.extract_made(names, lambda i: painted[i].image, extractor).levels
    done = tuple(image.plant for image in painted)
    on_demand = {
        name: ImageLevel(_Repainted(painter, done, name, maker), np.arange(len(done)))
        for name, maker in makers.items()
        if name not in stored
    }
    return PlantedImages(painted, Features({**stored, **on_demand}))


def score_planted(
    detector: Detector,
    features: Features,
    training: np.ndarray,
    planted: PlantedImages,
    *,
    with_maps: bool = True,
) -> PlantedScores:
    """Score planted images, and the images beneath, as if these and their groups were not there.

    A detector that can hide training images is fitted once; others are fitted to all but some. One
    that is trained leaves out the folds that its training images are left out in, so that their
    trainings serve here, too.

    Parameters
    ----------
    detector : Detector
        Its parameters are used; it stays as it is.
    features : Features
        Of all samples.
    training : int ndarray
        Rows that the run fits on.
    planted : PlantedImages
    with_maps : bool
        Where maps are not needed, memories search few cells.
    """
    if not isinstance(detector, Masked):

        def refit(kept: np.ndarray) -> Detector:
            return detector.unfitted().fit(features.subset(kept))

        outside = None
        if isinstance(detector, Learns):
            outside = detector.folds(features.subset(training))
        return score_by_fits(refit, features, training, planted, outside)
    fitted = detector.unfitted().fit(features.subset(training))
    originals = place_of(training, planted.rows)
    if with_maps:
        scores, maps, before = fitted.score_copies(planted.features, originals)
        return PlantedScores(scores, before, maps)
    image_scores, before = fitted.image_scores_of_copies(planted.features, originals)
    return PlantedScores(image_scores, before, np.empty((len(before), 0, 0), np.float32))


def place_of(training: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the place of each row among the training rows, which hold it."""
    order = np.argsort(training)
    return np.asarray(order[np.searchsorted(training, rows, sorter=order)])


def score_by_fits(
    fit: Callable[[np.ndarray], Detector],
    features: Features,
    training: np.ndarray,
    planted: PlantedImages,
    outside: Sequence[np.ndarray] | None = None,
) -> PlantedScores:
    """Score planted images, and the images beneath, by fits to some of the others.

    Parameters
    ----------
    fit : callable
        Rows of ``training`` to fit on -> a fitted detector.
    features, training, planted
        As in :func:`score_planted`.
    outside : sequence of bool ndarray of shape (n_training,), optional
        Which training images each fit leaves out; about as many as are planted in if not given.
    """
    rows = planted.rows
    folds = _folds(features.group_numbers, training, np.unique(rows), outside)
    scores, before = np.empty(len(rows)), np.empty(len(rows))
    maps: dict[int, np.ndarray] = {}
    for fold, kept in counted(folds, loop="refits"):
        fitted = fit(kept)
        inside = np.flatnonzero(np.isin(rows, fold))
        scores[inside], of_planted = fitted.score(planted.features.subset(inside))
        maps |= dict(zip(inside, of_planted, strict=True))
        of_bases: Mapping[int, float] = dict(
            zip(fold, fitted.image_scores(features.subset(fold)), strict=True)
        )
        before[inside] = [of_bases[row] for row in rows[inside]]
    return PlantedScores(scores, before, np.stack([maps[i] for i in range(len(rows))]))


def _folds(
    groups: np.ndarray,
    training: np.ndarray,
    beneath: np.ndarray,
    outside: Sequence[np.ndarray] | None,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return rows that are planted in, and rows to fit on that hold none of their groups."""
    if outside is not None:
        parts = [(np.intersect1d(beneath, training[out]), training[~out]) for out in outside]
        return [(fold, kept) for fold, kept in parts if len(fold)]
    n_folds = int(np.clip(np.ceil(len(beneath) / (LEFT_OUT * len(training))), 1, MAX_FOLDS))
    folds = np.array_split(beneath, min(n_folds, len(beneath)))
    return [(fold, training[~np.isin(groups[training], groups[fold])]) for fold in folds]


def planted_table(
    label: str,
    planted: PlantedImages,
    sample_ids: np.ndarray,
    scored: PlantedScores,
    threshold: float,
) -> pd.DataFrame:
    """Return rows of PLANTED of one detector.

    Parameters
    ----------
    label : str
        The detector's.
    planted : PlantedImages
    sample_ids : ndarray of str
        Of all samples.
    scored : PlantedScores
    threshold : float
        On image scores, the default of the run.
    """
    plants = [image.plant for image in planted.painted]
    return pd.DataFrame(
        {
            "detector": label,
            "plant": np.arange(len(plants)),
            "sample_id": sample_ids[planted.rows],
            "defect": [plant.kind for plant in plants],
            "width": [plant.width for plant in plants],
            "contrast": [plant.contrast for plant in plants],
            "measured_width": [image.measured_width for image in planted.painted],
            "difference": [image.difference for image in planted.painted],
            "row": [image.centre[0] for image in planted.painted],
            "col": [image.centre[1] for image in planted.painted],
            "score_before": scored.before,
            "score": scored.scores,
            "is_found": (scored.scores >= threshold) & (scored.before < threshold),
        }
    )

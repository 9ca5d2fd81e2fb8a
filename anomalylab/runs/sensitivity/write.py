"""Measure what the detectors of a run would have seen, and write it into the run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab.detectors import Detector
from anomalylab.errors import DatasetError
from anomalylab.extractors import Extractor
from anomalylab.features import Features
from anomalylab.runs.sensitivity.measure import (
    PlantedImages,
    plant_and_embed,
    planted_table,
    score_planted,
)
from anomalylab.runs.sensitivity.paint import Painter
from anomalylab.runs.sensitivity.plan import MAX_BASES, MIN_IMAGES, Wish, plan
from anomalylab.runs.sensitivity.shown import chosen, maps_of_views, pictures
from anomalylab.runs.timing import Timings
from anomalylab.runs.writing import RunWriter
from anomalylab.verdicts.sensitivity import sensitivity

MAPS = "planted"
"""Folder of a run that holds the maps of the views, one file a detector."""


@dataclass(frozen=True)
class Beneath:
    """The images that defects are planted in copies of; rows of all parts belong together.

    Parameters
    ----------
    samples : DataFrame
        Rows of SAMPLES.
    root : path
    features : Features
        Of all samples.
    training : int ndarray
        Rows that detectors are fitted on.
    extractor : Extractor
    intensity, resize : str
    smoothing : float
    """

    samples: pd.DataFrame
    root: Path
    features: Features
    training: np.ndarray
    extractor: Extractor
    intensity: str
    resize: str
    smoothing: float


def bases(beneath: Beneath, is_below: np.ndarray, *, seed: int) -> np.ndarray:
    """Draw the images to plant in, of training images that no detector calls unusual themselves.

    Parameters
    ----------
    beneath : Beneath
    is_below : bool ndarray of shape (n_training,)
        Whether a training image, left out, scores below the threshold.
    seed : int

    Raises
    ------
    DatasetError
        If there are too few images to set any aside.
    """
    usable = beneath.training[is_below]
    n_groups = len(np.unique(beneath.features.group_numbers[usable]))
    if n_groups < MIN_IMAGES:
        raise DatasetError(
            f"{n_groups} different images can be set aside to plant defects in, and at least "
            f"{MIN_IMAGES} are needed; what would have been seen is left out"
        )
    return np.sort(np.random.default_rng(seed).permutation(usable)[:MAX_BASES])


def write_sensitivity(
    writer: RunWriter,
    beneath: Beneath,
    chosen_detectors: Mapping[str, Detector],
    thresholds: Mapping[str, float],
    is_below: np.ndarray,
    wish: Wish,
    timings: Timings,
    *,
    seed: int,
) -> pd.DataFrame:
    """Plant, embed, score and write PLANTED, SENSITIVITY, PLANTED_PICTURES and the maps.

    Parameters
    ----------
    writer : RunWriter
    beneath : Beneath
    chosen_detectors : mapping
        Label -> detector; the first one chooses what is shown.
    thresholds : mapping
        Label -> default threshold on image scores.
    is_below : bool ndarray of shape (n_training,)
        See :func:`bases`.
    wish : Wish
    timings : Timings
    seed : int

    Returns
    -------
    table : DataFrame
        Rows of SENSITIVITY.

    Raises
    ------
    DatasetError
        If there are too few images.
    """
    rows = bases(beneath, is_below, seed=seed)
    with timings.step("plant defects", len(rows)):
        plants = plan(rows, beneath.samples, wish, seed=seed)
        size = beneath.extractor.size or (224, 224)
        painter = Painter(beneath.samples, beneath.root, beneath.intensity, beneath.resize, size)
        planted = plant_and_embed(painter, plants, beneath.extractor)
    tables, shown = [], np.array([], int)
    for label, detector in chosen_detectors.items():
        with timings.step(f"{label}: sensitivity", len(plants)):
            table, maps = _of_detector(label, detector, beneath, planted, thresholds[label])
            shown = shown if len(shown) else chosen(table)
            _write_maps(writer, label, beneath, planted, shown, maps)
        tables.append(table)
    writer.table("planted", pd.concat(tables, ignore_index=True))
    writer.table("planted_pictures", pictures(planted, shown))
    found = sensitivity(pd.concat(tables, ignore_index=True))
    writer.table("sensitivity", found)
    return found


def _of_detector(
    label: str, detector: Detector, beneath: Beneath, planted: PlantedImages, threshold: float
) -> tuple[pd.DataFrame, np.ndarray]:
    scores, before, maps = score_planted(detector, beneath.features, beneath.training, planted)
    ids = beneath.samples["sample_id"].to_numpy()
    return planted_table(label, planted, ids, scores, before, threshold), maps


def _write_maps(
    writer: RunWriter,
    label: str,
    beneath: Beneath,
    planted: PlantedImages,
    shown: np.ndarray,
    score_maps: np.ndarray,
) -> None:
    sizes = beneath.samples[["height", "width"]].to_numpy(int)
    display = {"smoothing": beneath.smoothing, "network_size": beneath.extractor.size or (224, 224)}
    with writer.place(MAPS) as folder:
        folder.mkdir(exist_ok=True)
    writer.array(f"{MAPS}/{label}.npy", maps_of_views(planted, shown, score_maps, sizes, display))

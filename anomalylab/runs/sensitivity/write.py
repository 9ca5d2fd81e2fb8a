"""Measure what the detectors of a run would have seen, and write it into the run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab.errors import DatasetError
from anomalylab.extractors import Extractor
from anomalylab.features import Features
from anomalylab.runs.inputs import network_size_of
from anomalylab.runs.sensitivity.measure import (
    PlantedImages,
    PlantedScores,
    plant_and_embed,
    planted_table,
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

    @property
    def size(self) -> tuple[int, int]:
        """What images are resized to."""
        return network_size_of(self.extractor)


def bases(beneath: Beneath, usable: np.ndarray, *, seed: int) -> np.ndarray:
    """Draw the images to plant in, at most :data:`MAX_BASES`.

    Parameters
    ----------
    beneath : Beneath
    usable : int ndarray
        Training rows that may be planted in.
    seed : int

    Returns
    -------
    rows : int ndarray
        Rising.

    Raises
    ------
    DatasetError
        If there are too few images to set any aside.
    """
    n_groups = len(np.unique(beneath.features.group_numbers[usable]))
    if n_groups < MIN_IMAGES:
        raise DatasetError(
            f"{n_groups} different images can be set aside to plant defects in, and at least "
            f"{MIN_IMAGES} are needed; what would have been seen is left out"
        )
    return np.sort(np.random.default_rng(seed).permutation(usable)[:MAX_BASES])


def planted_in(
    beneath: Beneath,
    rows: np.ndarray,
    wish: Wish,
    timings: Timings,
    *,
    seed: int,
    step: str = "plant defects",
) -> PlantedImages:
    """Plan, paint and embed defects in copies of the images of some rows."""
    with timings.step(step, len(rows)):
        plants = plan(rows, beneath.samples, wish, seed=seed)
        painter = Painter(
            beneath.samples, beneath.root, beneath.intensity, beneath.resize, beneath.size
        )
        return plant_and_embed(painter, plants, beneath.extractor)


def write_sensitivity(
    writer: RunWriter,
    beneath: Beneath,
    planted: PlantedImages,
    scored: Mapping[str, PlantedScores],
    thresholds: Mapping[str, float],
) -> pd.DataFrame:
    """Write PLANTED, SENSITIVITY, PLANTED_PICTURES and the maps of the views.

    Parameters
    ----------
    writer : RunWriter
    beneath : Beneath
    planted : PlantedImages
    scored : mapping
        Detector -> what it makes of them; the first one chooses what is shown.
    thresholds : mapping
        Detector -> default threshold on image scores.

    Returns
    -------
    table : DataFrame
        Rows of SENSITIVITY.
    """
    ids = beneath.samples["sample_id"].to_numpy()
    tables = [
        planted_table(label, planted, ids, scores, thresholds[label])
        for label, scores in scored.items()
    ]
    shown = chosen(tables[0])
    for label, scores in scored.items():
        _write_maps(writer, label, beneath, planted, shown, scores.maps)
    together = pd.concat(tables, ignore_index=True)
    writer.table("planted", together)
    writer.table("planted_pictures", pictures(planted, shown))
    found = sensitivity(together)
    writer.table("sensitivity", found)
    return found


def _write_maps(
    writer: RunWriter,
    label: str,
    beneath: Beneath,
    planted: PlantedImages,
    shown: np.ndarray,
    score_maps: np.ndarray,
) -> None:
    sizes = beneath.samples[["height", "width"]].to_numpy(int)
    display = {"smoothing": beneath.smoothing, "network_size": beneath.size}
    with writer.place(MAPS) as folder:
        folder.mkdir(exist_ok=True)
    writer.array(f"{MAPS}/{label}.npy", maps_of_views(planted, shown, score_maps, sizes, display))

"""Measure what the detectors of a run would have seen, and write it into the run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from anomalylab.datasets.check import Finding
from anomalylab.detectors import Detector
from anomalylab.errors import DatasetError
from anomalylab.extractors import Extractor
from anomalylab.features import Features
from anomalylab.runs.inputs import network_size_of
from anomalylab.runs.sensitivity.measure import (
    PlantedImages,
    PlantedScores,
    plant_and_embed,
    planted_table,
    score_planted,
)
from anomalylab.runs.sensitivity.paint import Painter
from anomalylab.runs.sensitivity.plan import EFFORTS, MAX_BASES, MIN_IMAGES, Wish, plan
from anomalylab.runs.sensitivity.shown import chosen, maps_of_views, pictures
from anomalylab.runs.timing import Timings
from anomalylab.runs.writing import RunWriter
from anomalylab.schema.planted import SENSITIVITY
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
    map_size : (int, int), optional
        Where maps are smoothed at another size than that of the network.
    """

    samples: pd.DataFrame
    root: Path
    features: Features
    training: np.ndarray
    extractor: Extractor
    intensity: str
    resize: str
    smoothing: float
    map_size: tuple[int, int] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """What images are resized to for the network, and maps are smoothed at."""
        return self.map_size or network_size_of(self.extractor)


class Measured(NamedTuple):
    """What was planted in which images, and what each detector makes of it."""

    beneath: Beneath
    planted: PlantedImages
    scored: Mapping[str, PlantedScores]
    """Label -> scores, of the detector of the verdict first."""


class Instrument(NamedTuple):
    """What planted defects are measured with."""

    beneath: Beneath
    scorers: Mapping[str, Callable[[PlantedImages], PlantedScores]]
    """Label of a detector -> how it scores planted images, by fits that never saw these."""

    @classmethod
    def of_detectors(cls, beneath: Beneath, detectors: Mapping[str, Detector]) -> "Instrument":
        """Return one whose detectors are fitted anew, without the images that are planted in."""
        images = beneath.features, beneath.training
        return cls(
            beneath, {name: partial(score_planted, d, *images) for name, d in detectors.items()}
        )

    def measure(self, usable: np.ndarray, wish: Wish, timings: Timings, *, seed: int) -> Measured:
        """Plant defects in some of the usable training rows, and score them.

        Raises
        ------
        DatasetError
            If there are too few images to set any aside, or no defect fits into them.
        """
        rows = bases(self.beneath, usable, seed=seed)
        planted = planted_in(self.beneath, rows, wish, timings, seed=seed)
        scored = {}
        for label, score in self.scorers.items():
            with timings.step(f"{label}: sensitivity", len(planted.painted)):
                scored[label] = score(planted)
        return Measured(self.beneath, planted, scored)


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


def write_if_measured(
    writer: RunWriter,
    effort: str,
    measure: Callable[[], Measured],
    thresholds: Mapping[str, float],
) -> tuple[pd.DataFrame, list[Finding]]:
    """Measure and write what would have been seen if that is asked; say why where it cannot be.

    Parameters
    ----------
    writer : RunWriter
    effort : {"none", "quick", "full"}
    measure : callable
    thresholds : mapping
        Detector -> default threshold on image scores.

    Returns
    -------
    table : DataFrame
        Rows of SENSITIVITY, none if it was not measured.
    findings : list of Finding
    """
    nothing = pd.DataFrame(columns=list(SENSITIVITY.columns))
    if effort not in EFFORTS:
        return nothing, []
    try:
        return write_sensitivity(writer, measure(), thresholds), []
    except DatasetError as error:
        return nothing, [Finding("note", "nothing_planted", str(error), "")]


def write_sensitivity(
    writer: RunWriter, measured: Measured, thresholds: Mapping[str, float]
) -> pd.DataFrame:
    """Write PLANTED, SENSITIVITY, PLANTED_PICTURES and the maps of the views.

    Parameters
    ----------
    writer : RunWriter
    measured : Measured
        Its first detector chooses what is shown.
    thresholds : mapping
        Detector -> default threshold on image scores.

    Returns
    -------
    table : DataFrame
        Rows of SENSITIVITY.
    """
    beneath, planted, scored = measured
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

"""Fit one detector of a run, judge images, decide, measure: what it adds to the tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab.detectors import Detector
from anomalylab.extractors import Extractor
from anomalylab.features import Features
from anomalylab.runs import roles
from anomalylab.runs.decide import Decision, decide
from anomalylab.runs.inputs import network_size_of
from anomalylab.runs.judge import DetectorScores, judge
from anomalylab.runs.looks import looks
from anomalylab.runs.masks import Masks
from anomalylab.runs.measure import image_metrics, pixel_metrics
from anomalylab.runs.pictures import Thumbnails
from anomalylab.runs.request import DetectRequest
from anomalylab.runs.shown import nearest_normal
from anomalylab.runs.timing import Timings
from anomalylab.runs.writing import RunWriter


@dataclass(frozen=True)
class Material:
    """What every detector of a run works on; rows of all parts belong together."""

    request: DetectRequest
    root: Path
    extractor: Extractor
    samples: pd.DataFrame
    features: Features
    training: np.ndarray
    query: np.ndarray
    shown: Thumbnails

    @cached_property
    def masks(self) -> Masks:
        """Masks of the images, each read once."""
        return Masks(self.root)

    @property
    def queries(self) -> pd.DataFrame:
        """The judged samples, in the order of their score maps."""
        return self.samples.iloc[self.query].reset_index(drop=True)


@dataclass(frozen=True)
class Outcome:
    """What one detector adds to the tables of a run."""

    scores: pd.DataFrame
    neighbours: pd.DataFrame
    looks: pd.DataFrame
    metrics: pd.DataFrame
    curves: pd.DataFrame
    decision: Decision
    is_below: np.ndarray
    """Whether each training image, left out, scores below the threshold."""


def check_training(material: Material, chosen: Mapping[str, Detector]) -> None:
    """Refuse training images that a detector cannot be fitted on, before any is.

    Raises
    ------
    ParameterError
        If so, also once groups of near copies are left out.
    """
    training = material.features.subset(material.training)
    for detector in chosen.values():
        detector.check_training(training)


def outcome_of(
    writer: RunWriter, label: str, detector: Detector, material: Material, timings: Timings
) -> Outcome:
    """Fit, judge, decide and measure; writes score maps and the detector.

    Parameters
    ----------
    writer : RunWriter
    label : str
        The detector's in the run.
    detector : Detector
        Unfitted.
    material : Material
    timings : Timings
    """
    request, n_images = material.request, len(material.samples)
    network_size = network_size_of(material.extractor)
    with timings.step(f"{label}: fit and score", n_images):
        judged = judge(
            detector,
            material.features,
            training=material.training,
            query=material.query,
            spare=roles.spare_rows(material.samples),
            network_size=network_size,
            smoothing=request.smoothing,
        )
    with timings.step(f"{label}: decide", n_images):
        rows = (material.training, material.query)
        rate = request.max_false_alarms
        decision = decide(label, judged, material.samples, *rows, max_false_alarms=rate)
    labels, scores = material.queries["label"], judged.query_scores
    with timings.step(f"{label}: measure", len(material.query)):
        of_images = image_metrics(label, labels, scores, decision.threshold, seed=request.seed)
        of_pixels = pixel_metrics(
            label,
            material.queries,
            material.masks,
            judged.query_maps,
            network_size=network_size,
            smoothing=request.smoothing,
            max_fpr=request.max_fpr,
        )
    with timings.step(f"{label}: nearest normal images", len(material.query)):
        is_below = judged.training_scores < decision.threshold
        neighbours = nearest_normal(
            material.features, judged.query_maps, material.query, material.training[is_below]
        )
    with timings.step(f"{label}: compare looks", len(material.query)):
        alike = _looks(label, material, judged, decision.threshold)
    writer.score_maps(label, judged.query_maps)
    writer.detector(label, detector.save)
    return Outcome(
        decision.scores,
        _neighbours(label, neighbours, material),
        alike,
        _both(of_images[0], of_pixels[0]),
        _both(of_images[1], of_pixels[1]),
        decision,
        is_below,
    )


def _looks(
    label: str, material: Material, judged: DetectorScores, threshold: float
) -> pd.DataFrame:
    of_images = material.features, material.samples, material.query
    return looks(label, *of_images, judged.query_scores, judged.query_maps, threshold)


def _neighbours(label: str, found: pd.DataFrame, material: Material) -> pd.DataFrame:
    ids = material.samples["sample_id"].to_numpy()
    table = found.assign(
        detector=label,
        sample_id=ids[material.query],
        neighbour_id=ids[found["neighbour"].to_numpy()],
    )
    return table[table["neighbour"] >= 0].drop(columns="neighbour")


def _both(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    tables = [table for table in (first, second) if len(table)]
    return pd.concat(tables, ignore_index=True) if tables else first

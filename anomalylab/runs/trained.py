"""What a run tells of detectors that train a network of their own."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from anomalylab.datasets.check import Finding
from anomalylab.detectors import Detector, Learns, OnBody
from anomalylab.features import Features
from anomalylab.number_words import listed
from anomalylab.runs.course import TrainingInfo, best_epoch
from anomalylab.runs.info import DetectorInfo
from anomalylab.runs.writing import RunWriter

TABLE = "training"


def detector_info(detector: Detector, features: Features) -> DetectorInfo:
    """Return what a run records of a fitted detector; of files, the name alone."""
    params: dict[str, Any] = asdict(detector)  # type: ignore[call-overload]
    if isinstance(detector, OnBody):
        params["weights"] = Path(detector.weights).name
    return DetectorInfo(
        name=detector.name,
        params=params,
        levels=list(detector.chosen_levels(features.shapes)),
        training=_training(detector) if isinstance(detector, Learns) else None,
    )


def _training(detector: Learns) -> TrainingInfo | None:
    curve = detector.training_curve()
    if curve.empty:
        return None
    weights, digest = detector.began_from()
    return TrainingInfo(
        device=detector.device_,
        weights=weights,
        weights_digest=digest,
        epochs=int(curve["epoch"].max()),
        best_epoch=best_epoch(curve),
        n_trainings=1 + detector.n_folds,
    )


def write_training(writer: RunWriter, chosen: Mapping[str, Detector]) -> None:
    """Write the curves of the trained detectors of a run, label -> detector, if it has any."""
    curves = [
        detector.training_curve().assign(detector=label)
        for label, detector in chosen.items()
        if isinstance(detector, Learns)
    ]
    if curves:
        writer.table(TABLE, pd.concat(curves, ignore_index=True))


def taught(chosen: Mapping[str, Detector]) -> list[Finding]:
    """Say which planted defects look like those that detectors were trained on."""
    return [
        Finding(
            "note",
            "taught",
            f"{label} was trained on drawn defects that planted ones look like "
            f"({listed([kind.replace('_', ' ') for kind in detector.resembles])}): how well it "
            "finds these says little of others",
            "look at what it finds of the other kinds",
        )
        for label, detector in chosen.items()
        if isinstance(detector, Learns) and detector.resembles
    ]

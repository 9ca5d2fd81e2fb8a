"""Measure what a finished run would have seen, with the defects that a person wishes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab import detectors, extractors
from anomalylab.errors import DatasetError, RunError
from anomalylab.runs.describe import broken_records
from anomalylab.runs.folder import Run
from anomalylab.runs.info import VerdictInfo
from anomalylab.runs.inputs import with_images
from anomalylab.runs.kinds import resolve
from anomalylab.runs.limits import training_rows
from anomalylab.runs.network import network_of
from anomalylab.runs.originals import Originals
from anomalylab.runs.refined import describe_by
from anomalylab.runs.sensitivity.plan import Wish
from anomalylab.runs.sensitivity.words import with_sensitivity
from anomalylab.runs.sensitivity.write import Beneath, Instrument, write_sensitivity
from anomalylab.runs.timing import Timings
from anomalylab.runs.writing import amending


def measure_again(
    folder: Path, wish: Wish, *, data: Path | None = None, weights: str | None = None
) -> Run:
    """Plant defects in copies of the images of a finished run, and write what is found into it.

    Parameters
    ----------
    folder : path
        The run folder; its earlier sensitivity is replaced, all else stays.
    wish : Wish
    data : path, optional
        Where the images are now, if they were moved.
    weights : str, optional
        File of the network's weights, if the run was made with one.

    Raises
    ------
    RunError
        If the folder holds no run of images, or is damaged.
    DatasetError
        If images are gone or changed, or too few.
    WeightsError
        If the network at hand is not the one of the run.
    """
    base = Run(folder)
    if base.info.scored_with is not None:
        raise RunError(
            f"{folder} holds new images that {base.info.scored_with.run!r} has scored; measure "
            "that run"
        )
    if base.kind.sensitivity is None:
        raise RunError(f"{folder} holds {base.kind.holds}; nothing can be planted in its images")
    base.check()
    instrument: Instrument = resolve(base.kind.sensitivity)(base, data, weights)
    labels = list(instrument.scorers)
    known = {name: training_rows(base, name)["score"].to_numpy(float) for name in labels}
    limits = {label: base.threshold(label) for label in labels}
    is_below = np.all([known[name] < limits[name] for name in labels], axis=0)
    usable = instrument.beneath.training[is_below]
    measured = instrument.measure(usable, wish, Timings(), seed=base.info.seed)
    with amending(base) as writer:
        table = write_sensitivity(writer, measured, limits)
        writer.info(replace(base.info, verdicts=_verdicts(base, table, labels)))
    return Run(folder)


def instrument_of_detectors(base: Run, data: Path | None, weights: str | None) -> Instrument:
    """Return what a run of detectors measures planted defects with: its own, fitted anew."""
    fitted = {name: detectors.load(base.folder / "detectors" / name) for name in base.detectors}
    beneath = _beneath(base, data, weights)
    describe_by(fitted.values(), beneath.extractor)
    return Instrument.of_detectors(beneath, fitted)


def listed_again(base: Run) -> pd.DataFrame:
    """Return the samples of a run with the files that they were read from."""
    files = base.samples["image_path"].map(lambda name: base.files_of_images.get(name, name))
    return base.samples.assign(image_path=files)


def refuse_broken(base: Run, broken: Sequence[Mapping[str, str]]) -> None:
    """Refuse images that cannot be read as they were.

    Parameters
    ----------
    base : Run
    broken : sequence of mapping
        ``sample_id`` and ``reason`` of each.

    Raises
    ------
    DatasetError
        If there is one.
    """
    if broken:
        raise DatasetError(
            f"{len(broken)} of {len(base.samples)} images of the run cannot be read as they were, "
            f"first {broken[0]['sample_id']}: {broken[0]['reason']}; make the run again"
        )


def training_places(base: Run) -> np.ndarray:
    """Return the rows of its samples that a run was fitted on, in the order of the fit."""
    place = {name: row for row, name in enumerate(base.samples["sample_id"])}
    return np.array([place[name] for name in base.info.training_ids])


def _beneath(base: Run, data: Path | None, weights: str | None) -> Beneath:
    detect, root = base.detect, Originals(base, data).root
    extractor, listed = network_of(base, weights), listed_again(base)
    extraction = extractors.extract(
        listed, root, extractor, intensity=base.info.intensity, resize=detect.resize
    )
    refuse_broken(base, broken_records(extraction.broken))
    return Beneath(
        samples=extraction.samples,
        root=root,
        features=with_images(
            extraction.features, extraction.samples, root, intensity=base.info.intensity
        ),
        training=training_places(base),
        extractor=extractor,
        intensity=base.info.intensity,
        resize=detect.resize,
        smoothing=detect.smoothing,
    )


def _verdicts(base: Run, table: pd.DataFrame, labels: Sequence[str]) -> dict[str, VerdictInfo]:
    verdicts, n_images = base.info.verdicts, len(base.queries)
    return verdicts | {
        label: with_sensitivity(verdicts[label], table[table["detector"] == label], n_images)
        for label in labels
    }

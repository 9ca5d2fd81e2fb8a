"""Measure what a finished run would have seen, with the defects that a person wishes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab import detectors, extractors
from anomalylab.errors import DatasetError, RunError
from anomalylab.runs.folder import Run
from anomalylab.runs.info import VerdictInfo
from anomalylab.runs.inputs import with_images
from anomalylab.runs.limits import training_rows
from anomalylab.runs.network import network_of
from anomalylab.runs.originals import Originals
from anomalylab.runs.sensitivity.measure import score_planted
from anomalylab.runs.sensitivity.plan import Wish
from anomalylab.runs.sensitivity.words import with_sensitivity
from anomalylab.runs.sensitivity.write import Beneath, bases, planted_in, write_sensitivity
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
        If the folder holds no run of detectors that were fitted, or is damaged.
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
    base.check()
    beneath, timings = _beneath(base, data, weights), Timings()
    seed, labels = base.info.seed, base.detectors
    limits = {label: base.threshold(label) for label in labels}
    known = {name: training_rows(base, name)["score"].to_numpy(float) for name in labels}
    is_below = np.all([known[name] < limits[name] for name in labels], axis=0)
    rows = bases(beneath, beneath.training[is_below], seed=seed)
    planted = planted_in(beneath, rows, wish, timings, seed=seed)
    scored = {}
    for label in labels:
        detector = detectors.load(base.folder / "detectors" / label).unfitted()
        with timings.step(f"{label}: sensitivity", len(planted.painted)):
            scored[label] = score_planted(detector, beneath.features, beneath.training, planted)
    with amending(base) as writer:
        table = write_sensitivity(writer, beneath, planted, scored, limits)
        writer.info(replace(base.info, verdicts=_verdicts(base, table)))
    return Run(folder)


def _beneath(base: Run, data: Path | None, weights: str | None) -> Beneath:
    detect, root = base.detect, Originals(base, data).root
    extractor = network_of(base, weights)
    files = base.samples["image_path"].map(lambda name: base.files_of_images.get(name, name))
    listed = base.samples.assign(image_path=files)
    extraction = extractors.extract(
        listed, root, extractor, intensity=base.info.intensity, resize=detect.resize
    )
    if len(extraction.broken):
        first = extraction.broken.iloc[0]
        raise DatasetError(
            f"{len(extraction.broken)} of {len(base.samples)} images of the run cannot be read as "
            f"they were, first {first['sample_id']}: {first['reason']}; make the run again"
        )
    place = {name: row for row, name in enumerate(base.samples["sample_id"])}
    return Beneath(
        samples=extraction.samples,
        root=root,
        features=with_images(
            extraction.features, extraction.samples, root, intensity=base.info.intensity
        ),
        training=np.array([place[name] for name in base.info.training_ids]),
        extractor=extractor,
        intensity=base.info.intensity,
        resize=detect.resize,
        smoothing=detect.smoothing,
    )


def _verdicts(base: Run, table: pd.DataFrame) -> dict[str, VerdictInfo]:
    n_images = len(base.queries)
    return {
        label: with_sensitivity(verdict, table[table["detector"] == label], n_images)
        for label, verdict in base.info.verdicts.items()
    }

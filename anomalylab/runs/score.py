"""Apply a finished run to new images: the same network, the same fits, the same thresholds."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab import detectors, extractors
from anomalylab.datasets.check import Finding
from anomalylab.detectors import Detector
from anomalylab.extractors import Extraction, Extractor
from anomalylab.features import Features
from anomalylab.localise import map_max
from anomalylab.runs import recognised
from anomalylab.runs.describe import broken_records, finding_info
from anomalylab.runs.detect import TRAINING_FEATURES
from anomalylab.runs.enlarged import write_enlarged
from anomalylab.runs.folder import Run
from anomalylab.runs.info import ExtractorInfo, VerdictInfo
from anomalylab.runs.inputs import cell_of, network_size_of, with_images
from anomalylab.runs.limits import (
    FITTED,
    SCORED,
    Good,
    Limits,
    asked_options,
    calibration_finding,
    check_asked,
    limits_of_good,
    limits_of_run,
    refuse_known,
    training_rows,
)
from anomalylab.runs.looks import looks
from anomalylab.runs.masks import Masks
from anomalylab.runs.network import network_of
from anomalylab.runs.new_images import NewImages, check_brightness, checked, list_new
from anomalylab.runs.pictures import Thumbnails
from anomalylab.runs.planned import check_scoring
from anomalylab.runs.scored import (
    as_training,
    check_scored,
    finished,
    judge_new,
    scored_info,
    write_scores,
)
from anomalylab.runs.sensitivity.carried import carry_over
from anomalylab.runs.shown import embedding
from anomalylab.runs.suspects import write_suspects
from anomalylab.runs.timing import Timings
from anomalylab.runs.writing import RunWriter, writing


@dataclass(frozen=True)
class _Asked:
    """Rate of false alarms to start from, and features of good new images; None if not given."""

    rate: float | None
    good: Features | None


@dataclass(frozen=True)
class _Judged:
    """What one detector says of the new images, and what it holds them against."""

    table: pd.DataFrame
    looks: pd.DataFrame
    words: VerdictInfo
    findings: list[Finding]
    limits: Limits


def score(
    folder: Path,
    data: Path,
    out: Path,
    *,
    weights: str | None = None,
    engine: str | None = None,
    max_false_alarms: float | None = None,
    calibrate_on: Path | None = None,
    replace: bool = False,
) -> Run:
    """Score new images with the detectors of a finished run; nothing is fitted.

    Parameters
    ----------
    folder : path
        The run folder.
    data : path
        Folder of new images, or table of their paths.
    out : path
        Where to write; a run folder again, with ``scores.csv`` beside its tables.
    weights : str, optional
        File of the network's weights, if the run was made with one.
    engine : str, optional
        What runs the network; that of the run if it is installed, else the fastest there is.
    max_false_alarms : float in (0, 1), optional
        Share of good images that may lie beyond the threshold that views start from.
    calibrate_on : path, optional
        Folder of good new images, or table of their paths, whose ranks give the thresholds.
    replace : bool
        Whether what is written may replace a run, or scores of other images.

    Returns
    -------
    run : Run
        Its verdict says how many lie beyond the training images, and how many by chance; its
        findings, how the new images differ from those of the run, and which were among them.

    Raises
    ------
    RunError
        If the folder holds no run.
    WeightsError
        If the network at hand is not the one of the run.
    DatasetError
        If there is no image, or values that cannot be used.
    ParameterError
        If memory is short, so few images cannot promise the rate, or good images are among those
        to be scored or that the run was fitted on.
    """
    base = finished(Path(folder), Path(out))
    extractor = network_of(base, weights, engine)
    new, timings = list_new(Path(data)), Timings()
    good = None if calibrate_on is None else list_new(Path(calibrate_on))
    check_asked(base, new, good, max_false_alarms)
    may_replace = partial(check_scored, base, new, Path(out), replace)
    may_replace()
    check_scoring(base, len(new.samples), extractor)
    with timings.step("check images", len(new.samples)):
        findings = checked(new, base, size=network_size_of(extractor), cell=cell_of(extractor))
    with timings.step("embed images", len(new.samples)):
        extraction = _embedded(new, base, extractor)
    asked = _Asked(max_false_alarms, _calibration(good, extraction, base, extractor))
    twins = recognised.by_features(base, _training_features(base), extraction.features.pooled())
    findings += recognised.findings(base, extraction.samples, twins)
    with writing(out, may_replace) as writer:
        judged = {}
        for label in base.detectors:
            with timings.step(f"{label}: score", len(extraction.samples)):
                judged[label] = _score_one(base, label, extraction, extractor, twins, asked, writer)
            findings += judged[label].findings
        findings += _tables(base, writer, judged, extraction, twins, new.root, timings)
        if good is not None:
            findings.append(calibration_finding(judged[base.detectors[0]].limits, good))
        info = scored_info(
            base,
            carry_over(base, writer, {k: (one.words, one.limits) for k, one in judged.items()}),
            extraction.samples,
            broken_records(extraction.broken),
            new,
            Path(out),
            findings=[finding_info(finding) for finding in findings],
            options=asked_options(max_false_alarms, good),
        )
        part = dataclasses.replace(base.detect, extractor=_ran(base, extractor))
        writer.info(dataclasses.replace(info, part=part))
        write_suspects(writer.folder)
        write_enlarged(writer, new.root)
    return Run(out)


def _embedded(new: NewImages, base: Run, extractor: Extractor) -> Extraction:
    """Return what the network, or the images themselves, give a detector of the run."""
    intensity = base.info.intensity
    extraction = extractors.extract(
        new.samples, new.root, extractor, intensity=intensity, resize=base.detect.resize
    )
    features = with_images(extraction.features, extraction.samples, new.root, intensity=intensity)
    return extraction._replace(features=features)


def _ran(base: Run, extractor: Extractor) -> ExtractorInfo:
    """Return what is recorded of the network, with the engine that ran it now."""
    name = base.detect.extractor.name
    return ExtractorInfo(name=name, fingerprint=extractor.fingerprint, **extractor.describe())


def _calibration(
    good: NewImages | None, extraction: Extraction, base: Run, extractor: Extractor
) -> Features | None:
    """Return the features of good new images, none of which may be known or to be scored."""
    if good is None:
        return None
    embedded = _embedded(good, base, extractor)
    kept = dataclasses.replace(good, samples=embedded.samples)
    pooled, names = embedded.features.pooled(), extraction.samples["sample_id"].tolist()
    twins = recognised.by_features(base, _training_features(base), pooled)
    refuse_known(kept, twins.notna(), FITTED)
    twins = recognised.same_features(names, extraction.features.pooled(), pooled)
    refuse_known(kept, twins.notna(), SCORED)
    return embedded.features


def _limits(
    base: Run, label: str, detector: Detector, extractor: Extractor, asked: _Asked
) -> Limits:
    if asked.good is None:
        return limits_of_run(base, label, asked.rate)
    scores, maps = detector.score(asked.good)
    highest = map_max(maps, network_size_of(extractor), smoothing=base.detect.smoothing)
    return limits_of_good(label, Good(scores, highest), asked.rate)


def _score_one(
    base: Run,
    label: str,
    extraction: Extraction,
    extractor: Extractor,
    twins: pd.Series,
    asked: _Asked,
    writer: RunWriter,
) -> _Judged:
    detector = detectors.load(base.folder / "detectors" / label)
    limits = _limits(base, label, detector, extractor, asked)
    scores, maps = detector.score(extraction.features)
    scores, maps = recognised.as_left_out(base, label, twins, scores, maps)
    writer.score_maps(label, maps)
    highest = map_max(maps, network_size_of(extractor), smoothing=base.detect.smoothing)
    new, samples = np.arange(len(scores)), extraction.samples
    alike = looks(label, extraction.features, samples, new, scores, maps, limits.default.value)
    table, words, findings = judge_new(base, label, samples, scores, highest, twins, limits)
    return _Judged(table, alike, words, findings, limits)


def _tables(
    base: Run,
    writer: RunWriter,
    judged: Mapping[str, _Judged],
    extraction: Extraction,
    twins: pd.Series,
    root: Path,
    timings: Timings,
) -> list[Finding]:
    """Write the tables; return what the thumbnails tell."""
    samples, features = extraction.samples, extraction.features
    queries = pd.concat([one.table for one in judged.values()], ignore_index=True)
    limits = {label: one.limits for label, one in judged.items()}
    alike = [one.looks for one in judged.values()]
    writer.table("looks", pd.concat(alike, ignore_index=True))
    write_scores(base, writer, queries, samples, base.info.training_ids, twins, limits)
    neighbours = _neighbours(base, features, samples)
    shown = base.table("thumbnails")
    shown = as_training(shown[shown["sample_id"].isin(neighbours["neighbour_id"])])
    writer.table("neighbours", as_training(neighbours, "neighbour_id"))
    writer.table("embedding", embedding(features, samples["sample_id"]))
    with timings.step("draw thumbnails", len(samples)):
        new = Thumbnails(base.info.intensity).table(samples, Masks(root))
    writer.table("thumbnails", pd.concat([new, shown], ignore_index=True))
    writer.table("timings", timings.table())
    return check_brightness(base, new)


def _training_features(base: Run) -> np.ndarray:
    """Return the pooled features of the training images, in their order."""
    return base.files.array(TRAINING_FEATURES, len(base.info.training_ids), None)


def _neighbours(base: Run, features: Features, samples: pd.DataFrame) -> pd.DataFrame:
    """Return the trusted training image nearest to each new one, by pooled features.

    Only images that the run keeps a picture of can be shown, and the folder it was made from need
    not be at hand.
    """
    pooled = _training_features(base)
    new = features.pooled()
    ids = np.array(base.info.training_ids)
    is_pictured = np.isin(ids, base.table("thumbnails")["sample_id"].to_numpy(str))
    tables = []
    for label in base.detectors:
        is_trusted = training_rows(base, label)["score"].to_numpy(float) < base.threshold(label)
        bank, names = pooled[is_trusted & is_pictured], ids[is_trusted & is_pictured]
        nearest = [int(np.linalg.norm(bank - row, axis=1).argmin()) for row in new]
        table = pd.DataFrame({"detector": label, "sample_id": samples["sample_id"]})
        gaps = dict.fromkeys(("row", "col", "neighbour_row", "neighbour_col"), np.nan)
        tables.append(table.assign(neighbour_id=names[nearest], **gaps))
    return pd.concat(tables, ignore_index=True)

"""A run: a folder of images in, a folder of tables, maps and fitted detectors out."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab import detectors, extractors
from anomalylab.datasets.check import Report
from anomalylab.detectors import Detector
from anomalylab.errors import ParameterError
from anomalylab.extractors import Extractor
from anomalylab.features import Features
from anomalylab.progress import stage
from anomalylab.runs import roles
from anomalylab.runs.decide import Decision, decide
from anomalylab.runs.describe import broken_records, run_info
from anomalylab.runs.enlarged import write_enlarged
from anomalylab.runs.folder import Run
from anomalylab.runs.info import DetectInfo, DetectorInfo, ExtractorInfo, RunInfo
from anomalylab.runs.inputs import check_source, checked, load_samples, network_size_of, with_images
from anomalylab.runs.judge import judge
from anomalylab.runs.masks import Masks
from anomalylab.runs.measure import image_metrics, pixel_metrics
from anomalylab.runs.pictures import Thumbnails
from anomalylab.runs.planned import bytes_of_maps, check_costs
from anomalylab.runs.recall import write_recall
from anomalylab.runs.replaced import check_replaced
from anomalylab.runs.request import DetectorChoice, DetectRequest
from anomalylab.runs.shown import embedding, nearest_normal
from anomalylab.runs.suspects import write_suspects
from anomalylab.runs.timing import Timings
from anomalylab.runs.writing import RunWriter, check_output, writing

TRAINING_FEATURES = "training_pooled.npy"
"""Pooled features of the training images, kept so that new images find their nearest one."""


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


def run(request: DetectRequest, out: Path, *, replace: bool = False) -> Run:
    """Embed, fit, score, measure and write a run folder.

    Whatever is wrong with the request, the data or the output folder is said before the long
    work starts. Features are kept in the cache, so that an interrupted run goes on where it was.

    Parameters
    ----------
    request : DetectRequest
    out : path
        The run folder; it appears whole or not at all.
    replace : bool
        Whether it may replace a run of other images, or of another kind.

    Raises
    ------
    AnomalyLabError
        One of its kinds, for whatever the user can mend.
    """
    out = Path(out)
    check_source(request)
    check_output(out)
    chosen = {choice.label: _create(choice, request) for choice in request.detectors}
    extractor = create_extractor(request)
    if extractor.on_demand:
        raise ParameterError(
            f"{request.backbone} is no network; keep the backbone lite0: detectors such as "
            "window_pca look at the images themselves whatever the backbone"
        )
    samples, root, hidden = load_samples(request)
    roles.check_roles(samples)
    may_replace = partial(check_replaced, out, samples, root, kind="detect", replace=replace)
    may_replace()
    check_output(out, bytes_of_maps(samples, extractor, chosen))
    with stage("load the network"):
        check_costs(samples, extractor, chosen)
    timings, shown = Timings(), Thumbnails(request.intensity)
    with timings.step("check images", len(samples)):
        report = checked(samples, root, extractor, request)
    samples = report.with_whole_masks(samples)
    with timings.step("embed images", len(samples)):
        extraction = extractors.extract(
            samples,
            root,
            extractor,
            intensity=request.intensity,
            resize=request.resize,
            seen=shown.see,
        )
    samples = extraction.samples
    roles.check_roles(samples)
    features = with_images(extraction.features, samples, root, intensity=request.intensity)
    training, query = roles.training_rows(samples), roles.query_rows(samples)
    material = Material(request, root, extractor, samples, features, training, query, shown)
    with writing(out, may_replace) as writer:
        writer.hide(hidden)
        decisions = {
            label: _detector(writer, label, detector, material, timings)
            for label, detector in chosen.items()
        }
        _tables(writer, decisions, material, timings)
        broken = broken_records(extraction.broken)
        writer.info(_info(material, chosen, decisions, report, broken, out))
        write_recall(writer)
        write_suspects(writer.folder)
        write_enlarged(writer, root)
    return Run(out)


def create_extractor(request: DetectRequest) -> Extractor:
    """Build the extractor of a request, with its own defaults for what is not given."""
    given = {name: getattr(request, name) for name in ("levels", "size", "weights")}
    if request.engine != extractors.AUTO:
        given["engine"] = request.engine
    return extractors.create(
        request.backbone, **{name: value for name, value in given.items() if value is not None}
    )


def _create(choice: DetectorChoice, request: DetectRequest) -> Detector:
    cls = detectors.registry.get(choice.name)
    has_seed = any(field.name == "seed" for field in fields(cls))  # type: ignore[arg-type]
    seed = {"seed": request.seed} if has_seed else {}
    detector: Detector = detectors.create(
        choice.name, preset=choice.preset, **{**seed, **choice.params}
    )
    return detector


@dataclass(frozen=True)
class _Outcome:
    """What one detector adds to the tables of a run."""

    scores: pd.DataFrame
    neighbours: pd.DataFrame
    metrics: pd.DataFrame
    curves: pd.DataFrame
    decision: Decision


def _detector(
    writer: RunWriter, label: str, detector: Detector, material: Material, timings: Timings
) -> _Outcome:
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
        decision = decide(label, judged, material.samples, material.training, material.query)
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
        is_trusted = judged.training_scores < decision.threshold
        neighbours = nearest_normal(
            material.features, judged.query_maps, material.query, material.training[is_trusted]
        )
    writer.score_maps(label, judged.query_maps)
    writer.detector(label, detector.save)
    return _Outcome(
        decision.scores,
        _neighbours(label, neighbours, material),
        _both(of_images[0], of_pixels[0]),
        _both(of_images[1], of_pixels[1]),
        decision,
    )


def _neighbours(label: str, found: pd.DataFrame, material: Material) -> pd.DataFrame:
    ids = material.samples["sample_id"].to_numpy()
    table = found.assign(
        detector=label,
        sample_id=ids[material.query],
        neighbour_id=ids[found["neighbour"].to_numpy()],
    )
    return table[table["neighbour"] >= 0].drop(columns="neighbour")


def _tables(
    writer: RunWriter, outcomes: Mapping[str, _Outcome], material: Material, timings: Timings
) -> None:
    for name in ("scores", "neighbours", "metrics", "curves"):
        tables = [getattr(outcome, name) for outcome in outcomes.values()]
        writer.table(name, pd.concat(tables, ignore_index=True))
    thresholds = [outcome.decision.thresholds for outcome in outcomes.values()]
    writer.table("thresholds", pd.concat(thresholds, ignore_index=True))
    writer.table("samples", material.samples)
    with timings.step("draw thumbnails", len(material.samples)):
        shown = set(material.queries["sample_id"])
        for outcome in outcomes.values():
            shown |= set(outcome.neighbours["neighbour_id"])
        samples = material.samples[material.samples["sample_id"].isin(shown)]
        writer.table("thumbnails", material.shown.table(samples, material.masks))
    with timings.step("embed in two dimensions", len(material.samples)):
        writer.table("embedding", embedding(material.features, material.samples["sample_id"]))
    pooled = material.features.subset(material.training).pooled()
    writer.array(TRAINING_FEATURES, pooled)
    writer.table("timings", timings.table())


def _info(
    material: Material,
    chosen: Mapping[str, Detector],
    outcomes: Mapping[str, _Outcome],
    report: Report,
    broken: list[dict[str, str]],
    out: Path,
) -> RunInfo:
    request, extractor = material.request, material.extractor
    described = extractor.describe()
    part = DetectInfo(
        extractor=ExtractorInfo(
            name=request.backbone, fingerprint=extractor.fingerprint, **described
        ),
        detectors={
            label: DetectorInfo(
                name=detector.name,
                params=asdict(detector),  # type: ignore[call-overload]
                levels=list(detector.chosen_levels(material.features.shapes)),
            )
            for label, detector in chosen.items()
        },
        smoothing=request.smoothing,
        resize=request.resize,
    )
    return run_info(
        "detect",
        part,
        out=out,
        request=request,
        command=request.command(out),
        samples=material.samples,
        root=material.root,
        verdicts={label: outcome.decision.verdict for label, outcome in outcomes.items()},
        findings=report.findings,
        broken=broken,
        max_fpr=request.max_fpr,
    )


def _both(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    tables = [table for table in (first, second) if len(table)]
    return pd.concat(tables, ignore_index=True) if tables else first

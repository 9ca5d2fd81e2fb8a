"""A run: a folder of images in, a folder of tables, maps and fitted detectors out."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from anomalylab.datasets.check import SHRINKS_MUCH, Finding
from anomalylab.detectors import Detector
from anomalylab.extractors import Extractor
from anomalylab.progress import stage
from anomalylab.runs import image_kinds, refined, roles
from anomalylab.runs.candidates import candidates_of, without_trained
from anomalylab.runs.describe import run_info
from anomalylab.runs.embedded import at_size, check_backbone, embedded
from anomalylab.runs.enlarged import write_enlarged
from anomalylab.runs.folder import Run
from anomalylab.runs.info import (
    DetectInfo,
    ExtractorInfo,
    ImageKindInfo,
    RunInfo,
    VerdictInfo,
)
from anomalylab.runs.inputs import check_source, load_samples
from anomalylab.runs.outcome import Material, Outcome, check_training, outcome_of
from anomalylab.runs.planned import affordable, bytes_of_maps, check_costs
from anomalylab.runs.recall import write_recall
from anomalylab.runs.replaced import check_replaced
from anomalylab.runs.request import DetectRequest
from anomalylab.runs.sensitivity.of_run import add_sensitivity, take
from anomalylab.runs.sensitivity.words import is_measured_in
from anomalylab.runs.shape import create_extractors
from anomalylab.runs.shown import embedding
from anomalylab.runs.suspects import write_suspects
from anomalylab.runs.timing import Timings
from anomalylab.runs.trained import detector_info, taught, write_training
from anomalylab.runs.writing import RunWriter, check_output, writing

TRAINING_FEATURES = "training_pooled.npy"
"""Pooled features of the training images, kept so that new images find their nearest one."""


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
    candidates_of(request)
    check_backbone(request)
    samples, root, hidden = load_samples(request)
    at_sizes = create_extractors(request, samples)
    roles.check_roles(samples, request.max_false_alarms)
    may_replace = partial(check_replaced, out, samples, root, kind="detect", replace=replace)
    may_replace()
    check_output(out, bytes_of_maps(samples, at_sizes[-1], candidates_of(request)))
    with stage("load the network"):
        candidates = [_affordable(request, samples, extractor) for extractor in at_sizes]
        candidates[1:] = [without_trained(some) for some in candidates[1:]]
    timings = Timings()
    material, report, broken = embedded(request, samples, root, at_sizes[0], timings)
    with timings.step("find kinds of images", len(material.training)):
        kinds = image_kinds.find(material)
    materials = [material, *(at_size(material, other, timings) for other in at_sizes[1:])]
    with writing(out, may_replace) as writer:
        writer.hide(hidden)
        material, chosen, choice, found = take(materials, candidates, timings)
        refined.describe_by(chosen.values(), material.extractor)
        check_training(material, chosen)
        decisions = {
            label: outcome_of(writer, label, detector, material, timings)
            for label, detector in chosen.items()
        }
        verdicts, unseen = add_sensitivity(writer, material, chosen, decisions, choice, timings)
        if choice is not None:
            writer.table("choice", choice.table)
        if kinds.is_mixed:
            writer.table("kinds", kinds.table())
        write_training(writer, chosen)
        _tables(writer, decisions, material, timings, kinds.typical())
        known = _still_true(report.findings, verdicts)
        learnt = taught(chosen) if _is_measured(verdicts) else []
        learnt += refined.told(chosen)
        findings = [*kinds.findings(), *known, *found, *unseen, *learnt]
        writer.info(_info(material, chosen, kinds.told(verdicts), findings, broken, out))
        write_recall(writer)
        write_suspects(writer.folder)
        write_enlarged(writer, root)
    return Run(out)


def _affordable(
    request: DetectRequest, samples: pd.DataFrame, extractor: Extractor
) -> dict[str, Detector]:
    """Return the detectors of a request, of candidates those that memory has room for."""
    candidates = candidates_of(request)
    if request.is_auto:
        candidates = affordable(samples, extractor, candidates)
    check_costs(samples, extractor, candidates)
    return candidates


def _still_true(findings: Iterable[Finding], verdicts: Mapping[str, VerdictInfo]) -> list[Finding]:
    """Leave out the warning that is guessed from the size of cells where it was measured."""
    is_measured = _is_measured(verdicts)
    return [one for one in findings if not (is_measured and one.what == SHRINKS_MUCH)]


def _is_measured(verdicts: Mapping[str, VerdictInfo]) -> bool:
    """Tell whether defects were planted to measure what would have been seen."""
    return any(is_measured_in(verdict) for verdict in verdicts.values())


def _tables(
    writer: RunWriter,
    outcomes: Mapping[str, Outcome],
    material: Material,
    timings: Timings,
    further: Iterable[str],
) -> None:
    """Write the tables of a run; ``further`` images are shown beside those that are judged."""
    for name in ("scores", "neighbours", "looks", "metrics", "curves"):
        tables = [getattr(outcome, name) for outcome in outcomes.values()]
        writer.table(name, pd.concat(tables, ignore_index=True))
    thresholds = [outcome.decision.thresholds for outcome in outcomes.values()]
    writer.table("thresholds", pd.concat(thresholds, ignore_index=True))
    writer.table("samples", material.samples)
    with timings.step("draw thumbnails", len(material.samples)):
        shown = {*material.queries["sample_id"], *further}
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
    verdicts: Mapping[str, VerdictInfo],
    findings: Sequence[Finding],
    broken: list[dict[str, str]],
    out: Path,
) -> RunInfo:
    request, extractor, kind = material.request, material.extractor, material.request.image_kind
    described = extractor.describe()
    part = DetectInfo(
        extractor=ExtractorInfo(
            name=request.backbone, fingerprint=extractor.fingerprint, **described
        ),
        detectors={
            label: detector_info(detector, material.features) for label, detector in chosen.items()
        },
        smoothing=request.smoothing,
        resize=request.resize,
        image_kind=(ImageKindInfo(number=kind.number, n_kinds=kind.n_kinds) if kind else None),
    )
    return run_info(
        "detect",
        part,
        out=out,
        request=request,
        command=request.command(out),
        samples=material.samples,
        root=material.root,
        verdicts=verdicts,
        findings=findings,
        broken=broken,
        max_fpr=request.max_fpr,
    )

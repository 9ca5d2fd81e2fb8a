"""The recipe from top to bottom: images in, four variants judged with and without refinement."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab.datasets.check import Finding
from anomalylab.errors import ParameterError
from anomalylab.recipes.pni import told
from anomalylab.recipes.pni.findings import findings_of
from anomalylab.recipes.pni.info import PNIInfo
from anomalylab.recipes.pni.refining import Refinement, refine
from anomalylab.recipes.pni.request import DETECTOR, PNIRequest
from anomalylab.recipes.pni.tables import TrialTables
from anomalylab.recipes.pni.trials import Finished, Images, copies_of, trials_of
from anomalylab.recipes.unlabelled import taken_to_be_good
from anomalylab.runs.describe import run_info
from anomalylab.runs.embedded import at_size, check_backbone, embedded
from anomalylab.runs.folder import Run
from anomalylab.runs.info import RunInfo
from anomalylab.runs.outcome import Material, check_training
from anomalylab.runs.planned import check_costs
from anomalylab.runs.shape import create_extractor
from anomalylab.runs.timing import Timings
from anomalylab.runs.writing import RunWriter, check_output, writing
from anomalylab.studies.material import Listed, listed
from anomalylab.studies.unchanged import check_unchanged

Judged = list[tuple[Images, list[Finished]]]


class Times(Timings):
    """Times of steps, those of reading a category called after it."""

    def __init__(self) -> None:
        super().__init__()
        self._of_categories: list[pd.DataFrame] = []

    def add(self, category: str, timings: Timings) -> None:
        """Take over the steps of a category."""
        table = timings.table()
        self._of_categories.append(table.assign(step=f"{category}: " + table["step"]))

    def table(self) -> pd.DataFrame:
        """Return one row a step."""
        return pd.concat([*self._of_categories, super().table()], ignore_index=True)


def run(request: PNIRequest, out: Path, *, replace: bool = False) -> Run:
    """Judge images by PatchCore and PNI, with and without refined maps, and write a run folder.

    Whatever is wrong with the request, the data or the output folder is said before the long work
    starts. Trainings go on where they were and finished trials are kept in the cache, so that a
    recipe that was stopped or killed is simply given again, with the same numbers.

    Parameters
    ----------
    request : PNIRequest
    out : path
        The run folder; it appears whole or not at all.
    replace : bool
        Whether it may replace a run of other images, or of another kind.

    Returns
    -------
    run : Run

    Raises
    ------
    AnomalyLabError
        One of its kinds, for whatever the user can mend.
    """
    out, timings = Path(out), Times()
    check_output(out)
    for name in request.backbones:
        check_backbone(request.with_backbone(name).source)
    categories = listed(request.source, request.categories)
    check_unchanged(out, categories, replace=replace, kind="pni")
    for one in categories:
        _check(request, one)
    findings: list[Finding] = []
    broken: list[dict[str, str]] = []
    of_categories = [read(request, one, timings, findings, broken) for one in categories]
    if all(images.refusal for images in of_categories):
        raise ParameterError(of_categories[0].refusal)
    judged: Judged = []
    for images in of_categories:
        with timings.step(f"{images.name}: fit and score", len(images.material.samples)):
            judged.append((images, list(trials_of(request, images))))
    own = [trial for _, trials in judged for trial in trials if trial.trial.variant == DETECTOR]
    if all(trial.reason for trial in own):
        raise ParameterError(own[0].reason)
    tables, maps = _tables(request, judged, timings)
    with writing(out) as writer:
        names = _write(writer, judged, tables, maps, timings)
        findings = _with_told(request, judged, tables, findings)
        writer.info(_info(request, judged, tables, findings, broken, names, out))
    return Run(out)


def _check(request: PNIRequest, one: Listed) -> None:
    """Refuse a category of too few images, or for which memory is short."""
    source = replace(one.source, backbone=request.backbones[0])
    detector = request.refined() or request.detector("both")
    check_costs(one.samples, create_extractor(source, one.samples), {DETECTOR: detector})


def read(
    request: PNIRequest,
    one: Listed,
    timings: Times,
    findings: list[Finding],
    broken: list[dict[str, str]],
) -> Images:
    """Describe the images of a category by each backbone, and draw defects into copies."""
    source = replace(one.source, backbone=request.backbones[0])
    extractor = create_extractor(source, one.samples)
    own = Timings()
    material, report, aside = embedded(source, one.samples, one.root, extractor, own)
    timings.add(one.name, own)
    others = []
    for name in request.backbones[1:]:
        levels = request.with_backbone(name).source.levels
        described = replace(source, backbone=name, levels=levels)
        other, own = create_extractor(described, one.samples), Timings()
        others.append(at_size(material, other, own))
        timings.add(f"{one.name}, {name}", own)
    findings += report.findings
    labels = material.samples["label"].iloc[material.training].to_numpy(float, na_value=np.nan)
    findings += taken_to_be_good(labels)
    broken += aside
    refusal = _refusal(request, material)
    with timings.step(f"{one.name}: draw defects", len(material.training)):
        copies = None if refusal else copies_of(request, material)
    return Images(one.name, [material, *others], copies, refusal)


def _refusal(request: PNIRequest, material: Material) -> str:
    """Say why a category cannot be fitted on, now that near copies are known; or nothing."""
    try:
        check_training(material, {DETECTOR: request.refined() or request.detector("both")})
    except ParameterError as error:
        return str(error)
    return ""


def _tables(
    request: PNIRequest, judged: Judged, timings: Timings
) -> tuple[dict[str, pd.DataFrame], dict[str, np.ndarray]]:
    """Refine and measure; return tables, and refined maps by name."""
    collected, maps = TrialTables(), {}
    for images, trials in judged:
        n_images = len(images.material.query)
        for finished in trials:
            label = f"{images.name}: {finished.trial.variant}"
            with timings.step(f"{label}, refine", n_images):
                refinement = _refinement(request, judged, images, finished)
            with timings.step(f"{label}, measure", n_images):
                collected.add(images, finished, refinement)
            if refinement is not None:
                maps[_map_name(finished, "-refined")] = refinement.maps[1.0]
        with timings.step(f"{images.name}: compare", n_images):
            collected.compare(images, request.seed)
    return collected.tables(), maps


def _refinement(
    request: PNIRequest, judged: Judged, images: Images, finished: Finished
) -> Refinement | None:
    settings, variant = request.refined(), finished.trial.variant
    is_drawn = images.copies is not None and bool(len(finished.arrays.get("copies", ())))
    if settings is None or not is_drawn:
        return None
    others = [
        (other, trial)
        for other, trials in judged
        for trial in trials
        if other is not images and trial.trial.variant == variant and not trial.reason
    ]
    return refine(settings, (images, finished), others)


def _map_name(finished: Finished, ending: str = "") -> str:
    return f"{finished.trial.category}-{finished.trial.variant}{ending}"


def _write(
    writer: RunWriter,
    judged: Judged,
    tables: Mapping[str, pd.DataFrame],
    maps: Mapping[str, np.ndarray],
    timings: Timings,
) -> list[str]:
    """Write tables, thumbnails and the maps of judged images; return the names of the maps."""
    named = set(tables["pni_listed"]["memory_id"])
    small = [_thumbnails(images.material, named) for images, _ in judged]
    samples = pd.concat([images.material.samples for images, _ in judged], ignore_index=True)
    samples.attrs = {}
    writer.table("samples", samples)
    writer.table("thumbnails", pd.concat(small, ignore_index=True))
    for name, table in tables.items():
        writer.table(name, table)
    writer.table("timings", timings.table())
    plain = {
        _map_name(one): one.arrays["maps"] for _, trials in judged for one in trials if one.arrays
    }
    for name, made in {**plain, **maps}.items():
        writer.score_maps(name, made)
    return [*plain, *maps]


def _thumbnails(material: Material, named: set[str]) -> pd.DataFrame:
    """Draw small copies of judged images, and of training images that are named beside them."""
    samples = material.samples
    is_shown = samples["sample_id"].isin(named).to_numpy(copy=True)
    is_shown[material.query] = True
    return material.shown.table(samples[is_shown].reset_index(drop=True), material.masks)


def _with_told(
    request: PNIRequest,
    judged: Judged,
    tables: Mapping[str, pd.DataFrame],
    findings: Sequence[Finding],
) -> list[Finding]:
    described = judged[0][0].material.extractor.describe()
    is_random = "random" in str(described.get("weights", "")).lower()
    of_trials = findings_of(
        tables["pni_fits"], is_random, _words_of(described), request.detector("both").fallback
    )
    return [*of_trials, *findings]


def _info(
    request: PNIRequest,
    judged: Judged,
    tables: Mapping[str, pd.DataFrame],
    findings: Sequence[Finding],
    broken: list[dict[str, str]],
    names: list[str],
    out: Path,
) -> RunInfo:
    material: Material = judged[0][0].material
    detector = request.detector("both")
    samples = pd.concat([images.material.samples for images, _ in judged], ignore_index=True)
    samples.attrs = material.samples.attrs
    parameters = {k: v for k, v in asdict(detector).items() if k not in ("use", "device")}
    refined = request.refined()
    part = PNIInfo(
        categories=[images.name for images, _ in judged],
        variants=list(tables["pni_fits"]["variant"].unique()),
        preset=request.preset,
        parameters=parameters,
        chosen=sorted(request.params),
        refine=None if refined is None else _of_network(asdict(refined)),
        backbones=list(request.backbones),
        network=_words_of(material.extractor.describe()),
        size=material.extractor.size or (224, 224),
        smoothing=material.request.smoothing,
        maps=names,
    )
    return run_info(
        "pni",
        part,
        out=out,
        request=request.source,
        command=request.command(out),
        samples=samples,
        root=material.root,
        verdicts=told.verdicts(
            tables["pni_values"],
            tables["pni_gains"],
            is_one_memory=not (detector.is_edge_kept and detector.margin),
        ),
        findings=findings,
        broken=broken,
        max_fpr=material.request.max_fpr,
    )


def _words_of(described: Mapping[str, object]) -> str:
    """Return a network and its weights in words."""
    parts = [str(described.get(name, "")) for name in ("architecture", "weights")]
    return ", ".join(filter(None, parts))


def _of_network(settings: Mapping[str, object]) -> dict[str, object]:
    """Return the settings of the refinement, without those of the detector."""
    return {k: v for k, v in settings.items() if k not in ("detector", "options", "device")}

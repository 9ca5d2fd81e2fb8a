"""A study: images in, a run folder of tidy tables out."""

from pathlib import Path

from anomalylab.extractors import Extractor
from anomalylab.features import ON_DEMAND
from anomalylab.registry import unknown_name
from anomalylab.runs.embedded import check_backbone, embedded
from anomalylab.runs.folder import Run
from anomalylab.runs.inputs import network_size_of
from anomalylab.runs.shape import create_extractor
from anomalylab.runs.timing import Timings
from anomalylab.runs.writing import check_output, writing
from anomalylab.storage.shelf import Shelf
from anomalylab.studies.category import Work, study
from anomalylab.studies.check import check_category, checked
from anomalylab.studies.crew import Crew, processes
from anomalylab.studies.described import Done, describe
from anomalylab.studies.embedding import embed_on
from anomalylab.studies.healed_images import healed_images
from anomalylab.studies.material import Listed, put_away
from anomalylab.studies.measured import Places
from anomalylab.studies.polluted import findings_of
from anomalylab.studies.spec import StudyRequest
from anomalylab.studies.synthetic import as_told, findings_as_told
from anomalylab.studies.unchanged import check_unchanged
from anomalylab.studies.worker import detectors_of, forget_pools


def run(
    request: StudyRequest, out: Path, *, replace: bool = False, crew: Crew | None = None
) -> Run:
    """Pollute, refine, fit, score and measure as a study asks, and write a run folder.

    Whatever is wrong with the request, the data or the output folder is said before the long work
    starts. Each result is kept in the cache as it is done, so that a study that was stopped or
    killed goes on where it was, with the same numbers for any number of workers.

    Parameters
    ----------
    request : StudyRequest
    out : path
        The run folder; it appears whole or not at all.
    replace : bool
        Whether it may replace a run of other images, or of another kind.
    crew : Crew, optional
        Who works; this process alone if not given.

    Raises
    ------
    AnomalyLabError
        One of its kinds, for whatever the user can mend.
    """
    out = Path(out)
    check_output(out)
    check_backbone(request.source)
    plan = checked(request)
    extractors = [_extractor(request, category) for category in plan.categories]
    check_unchanged(out, plan.categories, replace=replace)
    done = Done(plan)
    with crew or Crew(processes(1)) as workers:
        for category, extractor in zip(plan.categories, extractors, strict=True):
            _study(request, category, extractor, workers, done)
    tables = done.tables()
    with writing(out) as writer:
        for name, table in tables.items():
            writer.table(name, table)
        writer.info(describe(request, extractors, done, tables, out))
    return Run(out)


def _extractor(request: StudyRequest, category: Listed) -> Extractor:
    """Build the network of a category, and refuse detectors that ask for levels it has not.

    Raises
    ------
    UnknownNameError
        If so.
    """
    extractor = create_extractor(category.source, category.samples)
    known = [*extractor.levels, *ON_DEMAND]
    for label, detector in detectors_of(request).items():
        for level in detector.chosen_levels(extractor.shapes()):
            if level not in known:
                unknown_name(f"level of {label}", level, known)
    return extractor


def _study(
    request: StudyRequest, category: Listed, extractor: Extractor, crew: Crew, done: Done
) -> None:
    """Compute all cells of a category."""
    timings = Timings()
    if crew.embeds:
        with timings.step("embed images on the cluster", len(category.samples)):
            embed_on(crew, category, extractor)
    material, report, broken = embedded(
        category.source, category.samples, category.root, extractor, timings
    )
    samples, n_images = material.samples, len(material.samples)
    detectors = detectors_of(request)
    pollution = check_category(request, samples, detectors)
    shelf = Shelf(
        sum(level.nbytes for level in map(material.features.level, material.features.shapes))
    )
    files = put_away(shelf, category.name, material, request.places)
    places = None
    if request.places != "none" and files.n_masks:
        size = network_size_of(extractor)
        places = Places(request.source.smoothing, request.source.max_fpr, size)
    try:
        with timings.step("cells", n_images):
            cells = list(study(Work(request, files, pollution, places), crew))
            done.of_cells.add(cells, samples["sample_id"].to_numpy(object), files.labels)
    finally:
        forget_pools()
    with timings.step("draw thumbnails", n_images):
        done.thumbnails.append(material.shown.table(samples, material.masks))
        done.healed.append(healed_images(cells, files, samples, done.thumbnails[-1]))
    done.samples.append(as_told(samples))
    resembling = findings_of(request.polluted_by, samples)
    done.findings += findings_as_told([*resembling, *report.findings], samples)
    done.broken += broken
    table = timings.table()
    done.timings.append(table.assign(step=f"{category.name}: " + table["step"]))

"""The recipe from top to bottom: images in, networks trained and judged, a run folder out."""

from pathlib import Path
from typing import Any

from anomalylab.compute.memory import refuse_beyond_available
from anomalylab.errors import DatasetError
from anomalylab.recipes.autoencoder.course import Course
from anomalylab.recipes.autoencoder.described import describe, part_of
from anomalylab.recipes.autoencoder.judged import Judged, judge, material_of
from anomalylab.recipes.autoencoder.request import AutoencoderRequest
from anomalylab.recipes.autoencoder.tables import Tables
from anomalylab.recipes.autoencoder.told import NAME
from anomalylab.recipes.autoencoder.trained import train
from anomalylab.recipes.metric_learning.inputs import Category, read_category
from anomalylab.runs.folder import Run
from anomalylab.runs.timing import Timings
from anomalylab.runs.writing import check_output, writing
from anomalylab.studies.material import Listed, listed
from anomalylab.studies.unchanged import check_unchanged


def run(request: AutoencoderRequest, out: Path, *, replace: bool = False) -> Run:
    """Train auto-encoders as a request asks, judge images by them, and write a run folder.

    Whatever is wrong with the request, the data or the output folder is said before the long work
    starts. Trainings go on where they were and finished ones are found again, so that a recipe that
    was stopped or killed is simply given again, with the same numbers.

    Parameters
    ----------
    request : AutoencoderRequest
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
    out, timings, tables = Path(out), Timings(), Tables(request.quantile)
    check_output(out)
    main, compared = request.main(), request.of_latents()
    one = _category(request)
    check_unchanged(out, [one], replace=replace, kind=NAME)
    for detector in (main, *compared):
        refuse_beyond_available(
            detector.plan(len(one.samples), {}).bytes,
            f"training on {detector.n_images} images and copies of {one.name}",
            "take a smaller architecture, or fewer with --options n_images",
        )
    with timings.step("read images", len(one.samples)):
        category = read_category(one, main.seen_size, request.intensity, cell=1)
    judged = _trained(request, category, main, tables, timings, is_main=True)
    for detector in compared:
        if (detector.architecture, detector.built().latent) != judged.trained.key:
            _trained(request, category, detector, tables, timings, is_main=False)
    with timings.step("draw thumbnails", len(category.samples)):
        thumbnails = category.shown.table(category.samples, category.masks)
    part = part_of(request, category, judged)
    with writing(out) as writer:
        samples = category.samples.copy(deep=False)
        samples.attrs = {}  # what a loader noted would be written, too
        writer.table("samples", samples)
        writer.table("thumbnails", thumbnails)
        writer.table("timings", timings.table())
        for name, table in tables.tables().items():
            writer.table(name, table)
        writer.info(describe(request, category, part, tables.tables(), out))
    return Run(out)


def _category(request: AutoencoderRequest) -> Listed:
    """Return the images of the category that is named, or of the only one."""
    found = listed(request.source, (request.category,) if request.category else ())
    if len(found) > 1 and request.data is not None:
        names = ", ".join(one.name for one in found)
        raise DatasetError(f"there are several categories; name one with --category: {names}")
    return found[0]


def _trained(
    request: AutoencoderRequest,
    category: Category,
    detector: Any,
    tables: Tables,
    timings: Timings,
    *,
    is_main: bool,
) -> Judged:
    """Train and judge, and add what came of it."""
    material = material_of(category, detector.seen_size, request.background, request.min_area)
    course = Course(material, detector)
    architecture, latent = detector.architecture, detector.built().latent
    name = f"{architecture}, latent {latent}"
    with timings.step(f"{name}: train", len(material.good.images)):
        trained = train(detector, material.good, course.after_epoch if is_main else None)
    with timings.step(f"{name}: judge", len(material.test)):
        judged = judge(trained, material)
        tables.add(judged, material, is_main=is_main)
    if is_main:
        tables.put("autoencoder_f1_course", course.table())
    return judged

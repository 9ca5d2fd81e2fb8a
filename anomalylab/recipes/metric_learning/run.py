"""The recipe from top to bottom: images in, networks trained and judged, a run folder out."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from anomalylab.errors import DatasetError, ParameterError
from anomalylab.recipes.metric_learning.described import Done, describe
from anomalylab.recipes.metric_learning.inputs import Category, categories_of, read_category
from anomalylab.recipes.metric_learning.request import MetricLearningRequest
from anomalylab.recipes.metric_learning.trials import Setting, settings_of, trials_of
from anomalylab.runs.folder import Run
from anomalylab.runs.writing import check_output, writing
from anomalylab.studies.material import Listed
from anomalylab.studies.unchanged import check_unchanged
from anomalylab.training import chosen_device


def run(request: MetricLearningRequest, out: Path, *, replace: bool = False) -> Run:
    """Train networks as a request asks, judge images by them, and write a run folder.

    Whatever is wrong with the request, the data or the output folder is said before the long work
    starts. Trainings go on where they were and finished trials are kept in the cache, so that a
    recipe that was stopped or killed is simply given again, with the same numbers.

    Parameters
    ----------
    request : MetricLearningRequest
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
    out = Path(out)
    check_output(out)
    settings = settings_of(request)
    for setting in settings:
        _ = setting.detector  # refuses options that it has not
    chosen_device(settings[0].detector.device)
    settings[0].body()  # refuses weights that are not there
    listed = categories_of(request)
    _check_experiment(request, listed)
    check_unchanged(out, listed, replace=replace, kind="metric_learning")
    done = Done(request)
    for categories in _read(request, listed, settings[0], done):
        _train(request, settings, categories, done)
    if len(done.left_out) == len(listed):
        raise ParameterError(next(iter(done.left_out.values())))
    tables = done.tables()
    with writing(out) as writer:
        for name, table in tables.items():
            writer.table(name, table)
        writer.info(describe(done, settings[0], tables, listed[0].root, out))
    return Run(out)


def _check_experiment(request: MetricLearningRequest, listed: Sequence[Listed]) -> None:
    """Refuse classes of one category before any image is read.

    Raises
    ------
    DatasetError
        If so.
    """
    if request.experiment == "classes" and len(listed) < 2:
        raise DatasetError(
            f"the experiment classes tells categories apart and is given one, {listed[0].name}; "
            "name a folder that holds several, further folders with --also, or a table with a "
            "column category"
        )


def _read(
    request: MetricLearningRequest, listed: Sequence[Listed], setting: Setting, done: Done
) -> Iterator[list[Category]]:
    """Yield the categories that networks are trained on together, as they are needed."""
    together: list[Category] = []
    for one in listed:
        try:
            with done.timings.step(f"{one.name}: read images", len(one.samples)):
                together.append(read_category(one, setting.detector.seen_size, request.intensity))
        except (DatasetError, ParameterError) as error:
            if len(listed) == 1:
                raise
            done.left_out[one.name] = str(error)
            continue
        if request.experiment != "classes":
            yield together
            together = []
    if together:
        yield together


def _train(
    request: MetricLearningRequest,
    settings: Sequence[Setting],
    categories: Sequence[Category],
    done: Done,
) -> None:
    """Train and judge, and add what came of it."""
    names = ", ".join(category.name for category in categories)
    n_images = sum(len(category.samples) for category in categories)
    with done.timings.step(f"{names}: train and judge", n_images):
        trials = list(trials_of(request, settings, categories))
    for category in categories:
        own = [finished for finished in trials if finished.trial.category == category.name]
        done.add(category, own)

"""What has been done, category by category, and what a run says of itself."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pandas as pd

from anomalylab.datasets.check import Finding
from anomalylab.extractors import Body
from anomalylab.number_words import listed, plural
from anomalylab.pictures.map_ramp import ramp_for
from anomalylab.recipes.metric_learning.fell_apart import fell_apart
from anomalylab.recipes.metric_learning.found import Found
from anomalylab.recipes.metric_learning.info import MetricLearningInfo
from anomalylab.recipes.metric_learning.inputs import Category
from anomalylab.recipes.metric_learning.request import MetricLearningRequest
from anomalylab.recipes.metric_learning.tables import TrialTables
from anomalylab.recipes.metric_learning.told import verdicts
from anomalylab.recipes.metric_learning.trials import Finished, Setting
from anomalylab.recipes.metric_learning.values import TWIN_OPTIONS, variant_of
from anomalylab.runs.describe import run_info
from anomalylab.runs.info import RunInfo
from anomalylab.runs.timing import Timings

OF_TRIALS = ("loss", "seed", "as_published", "levels", "device")
"""Parameters of the detector that differ from trial to trial, or decide nothing."""


@dataclass
class Done:
    """What has been computed so far.

    Parameters
    ----------
    request : MetricLearningRequest
    timings : Timings
    """

    request: MetricLearningRequest
    timings: Timings = field(default_factory=Timings)
    samples: list[pd.DataFrame] = field(default_factory=list)
    thumbnails: list[pd.DataFrame] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    broken: list[dict[str, str]] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    held_out: dict[str, int] = field(default_factory=dict)
    defects: dict[str, str] = field(default_factory=dict)
    of_trials: TrialTables = field(init=False)

    def __post_init__(self) -> None:
        self.of_trials = TrialTables(variant_of(self.request.params))

    def add(self, category: Category, trials: Sequence[Finished]) -> None:
        """Add what came of a category; one of which every trial failed has its reason."""
        with self.timings.step(f"{category.name}: draw thumbnails", len(category.samples)):
            small = category.shown.table(category.samples, category.masks)
        ramp = ramp_for(small["image"].tolist())
        for finished in trials:
            self.of_trials.add(finished, category, small, ramp)
        reasons = [finished.reason for finished in trials if finished.reason]
        if len(reasons) == len(trials):
            self.left_out[category.name] = reasons[0]
        lesson = trials[0].lesson
        if lesson is not None and category.name in lesson.extra:
            self.defects[category.name] = lesson.names[1]
        self.samples.append(category.samples)
        self.thumbnails.append(small)
        self.findings += category.findings
        self.broken += category.broken
        if category.roles.n_held_out:
            self.held_out[category.name] = category.roles.n_held_out

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables of the run."""
        samples = pd.concat(self.samples, ignore_index=True)
        samples.attrs = {}  # what a loader noted would be written, too
        return {
            "samples": samples,
            "thumbnails": pd.concat(self.thumbnails, ignore_index=True),
            "timings": self.timings.table(),
            **self.of_trials.tables(),
        }


def describe(
    done: Done, setting: Setting, tables: Mapping[str, pd.DataFrame], root: Path, out: Path
) -> RunInfo:
    """Return what ``run.json`` holds.

    Parameters
    ----------
    done : Done
    setting : Setting
        One of those that networks were trained with.
    tables : mapping
        What ``done.tables()`` returned.
    root : path
        Folder that paths of images are relative to.
    out : path
        The run folder.
    """
    samples = tables["samples"].copy(deep=False)
    samples.attrs = done.samples[0].attrs
    body = setting.body()
    part = _part(done, setting, body, tables)
    return run_info(
        "metric_learning",
        part,
        out=out,
        request=done.request.source,
        command=done.request.command(out),
        samples=samples,
        root=root,
        verdicts=verdicts(Found(tables, part)),
        findings=[
            *findings_of(done, part, body),
            *fell_apart(tables["metric_trainings"], tables["metric_curves"]),
            *done.findings,
        ],
        broken=done.broken,
        max_fpr=done.request.source.max_fpr,
    )


def _part(
    done: Done, setting: Setting, body: Body, tables: Mapping[str, pd.DataFrame]
) -> MetricLearningInfo:
    request, trainings = done.request, tables["metric_trainings"]
    detector = setting.detector
    parameters = {k: v for k, v in asdict(detector).items() if k not in OF_TRIALS}
    return MetricLearningInfo(
        experiment=request.experiment,
        losses=list(request.losses),
        categories=[str(name) for name in trainings["category"].unique()],
        left_out=done.left_out,
        seeds=list(request.seeds),
        with_published=request.as_published,
        preset=request.preset,
        parameters=parameters,
        chosen=sorted(request.params),
        body=body.description,
        body_digest=body.digest,
        size=detector.seen_size,
        distance=detector.distance,
        defects=done.defects,
        held_out=done.held_out,
        n_trials=len(trainings),
        n_failed=int((trainings["status"] == "failed").sum()),
    )


def findings_of(done: Done, part: MetricLearningInfo, body: Body) -> list[Finding]:
    """Say what flatters, what failed, and what figures are worth nothing."""
    found = []
    if body.is_random:
        found.append(
            Finding(
                "warning",
                "random_weights",
                f"the network began from {body.description}: what it finds says nothing of the "
                "method",
                "take the preset cpu",
            )
        )
    tuned = [name for name in part.chosen if name in TWIN_OPTIONS]
    if tuned:
        found.append(
            Finding(
                "warning",
                "twins_chosen",
                f"how twins look was chosen ({listed(tuned)}): if that was done by looking at test "
                "images, their AUROC is too good",
                "choose by looking at other defects than those that are judged",
            )
        )
    if part.held_out:
        words = listed([f"{n} of {name}" for name, n in part.held_out.items()])
        found.append(
            Finding(
                "note",
                "held_out",
                f"no good test images are given: a third of the good training images is judged "
                f"instead, and not trained on ({words})",
            )
        )
    unread = [name for name in part.left_out if name not in part.categories]
    found += [
        Finding("warning", "category_left_out", f"{name} is left out: {part.left_out[name]}")
        for name in unread
    ]
    if part.n_failed:
        reasons = done.of_trials.tables()["metric_trainings"]["reason"]
        first = next(reason for reason in reasons if reason)
        message = (
            f"{plural(part.n_failed, 'training')} of {part.n_trials} could not be judged: {first}"
        )
        found.append(Finding("warning", "failed_trials", message, n=part.n_failed))
    return found

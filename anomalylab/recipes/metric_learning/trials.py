"""The trials of a request: each is trained, judged and kept, or found again."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from anomalylab import detectors, extractors
from anomalylab.errors import AnomalyLabError, StorageError, TrainingStopped
from anomalylab.progress import stage
from anomalylab.recipes.metric_learning.inputs import Category
from anomalylab.recipes.metric_learning.judged import judge, packed_curve
from anomalylab.recipes.metric_learning.lessons import Lesson, classes, one_defect, twins
from anomalylab.recipes.metric_learning.request import MetricLearningRequest
from anomalylab.runs.request import DetectorChoice
from anomalylab.storage.blocks import Arrays, BlockStore
from anomalylab.studies.code import fingerprint

KIND = "metric learning"
"""What finished trials are filed under in the cache."""

DECIDING = (
    "compute",
    "extractors",
    *(f"recipes/metric_learning/{name}.py" for name in ("distances", "judged", "lessons")),
    *(f"recipes/metric_learning/{name}.py" for name in ("roles", "shown")),
    "recipes/planted.py",
    "synthesise",
    "training",
)
"""Rooms and modules whose code decides what a trial comes to."""


class Trial(NamedTuple):
    """What tells one trial from all others: the key of its tables, in its order."""

    category: str
    experiment: str
    loss: str
    is_as_published: bool
    seed: int


class Finished(NamedTuple):
    """A trial and what came of it.

    Parameters
    ----------
    trial : Trial
    lesson : Lesson or None
        None if it could not be made.
    arrays : mapping
        See :func:`anomalylab.recipes.metric_learning.judged.judge`, with the training curve and
        ``seconds``; empty if it failed.
    reason : str
        Why it failed; empty if it did not.
    """

    trial: Trial
    lesson: Lesson | None
    arrays: Arrays
    reason: str


@dataclass(frozen=True)
class Setting:
    """How a network is trained: one loss, with or without published errors, one seed."""

    loss: str
    is_as_published: bool
    seed: int
    choice: DetectorChoice

    @cached_property
    def detector(self) -> Any:
        """The detector whose settings are taken, unfitted."""
        choice = self.choice
        return detectors.create(choice.name, preset=choice.preset, **choice.params)

    def body(self) -> extractors.Body:
        """Build the network that learning begins from."""
        detector = self.detector
        body: extractors.Body = extractors.body(
            detector.body, weights=detector.weights, size=detector.seen_size, frozen=detector.frozen
        )
        return body

    @property
    def words(self) -> str:
        """Name of the setting where progress is told."""
        published = " as published" if self.is_as_published else ""
        seed = f", seed {self.seed}" if self.seed else ""
        return f"{self.loss}{published}{seed}"


def settings_of(request: MetricLearningRequest) -> list[Setting]:
    """Return how networks are trained, loss by loss."""
    errors = (False, True) if request.as_published else (False,)
    return [
        Setting(loss, wrong, seed, request.choice(loss, seed, is_as_published=wrong))
        for loss, wrong, seed in product(request.losses, errors, request.seeds)
    ]


def trials_of(
    request: MetricLearningRequest, settings: Sequence[Setting], categories: Sequence[Category]
) -> Iterator[Finished]:
    """Train and judge, and keep each trial as it is done; those that are kept are not done again.

    Parameters
    ----------
    request : MetricLearningRequest
    settings : sequence of Setting
    categories : sequence of Category
        All at once in the experiment ``classes``, else one.

    Yields
    ------
    finished : Finished
        Of each setting and category.
    """
    try:
        lesson = _lesson(request, categories)
    except AnomalyLabError as error:
        for setting, category in product(settings, categories):
            yield Finished(_trial(request, setting, category), None, {}, str(error))
        return
    for setting in settings:
        yield from _of_setting(request, setting, lesson, categories)


def _lesson(request: MetricLearningRequest, categories: Sequence[Category]) -> Lesson:
    if request.experiment == "classes":
        return classes(categories)
    if request.experiment == "twins":
        return twins(categories[0])
    return one_defect(categories[0], request.defect)


def _trial(request: MetricLearningRequest, setting: Setting, category: Category) -> Trial:
    own = (setting.loss, setting.is_as_published, setting.seed)
    return Trial(category.name, request.experiment, *own)


def _of_setting(
    request: MetricLearningRequest,
    setting: Setting,
    lesson: Lesson,
    categories: Sequence[Category],
) -> Iterator[Finished]:
    training = Training(setting, lesson, request.experiment)
    store = BlockStore(KIND)
    for category in categories:
        trial = _trial(request, setting, category)
        name = training.name(category)
        arrays, reason = store.read(name), ""
        if arrays is None:
            try:
                with stage(f"{category.name}, {setting.words}"):
                    arrays = training.judged(category)
                store.write(name, arrays)
            except (StorageError, TrainingStopped):
                raise
            except AnomalyLabError as error:
                arrays, reason = {}, str(error)
        yield Finished(trial, lesson, arrays, reason)


class Training:
    """One network, trained when it is first needed.

    Parameters
    ----------
    setting : Setting
    lesson : Lesson
    experiment : str
    """

    def __init__(self, setting: Setting, lesson: Lesson, experiment: str):
        self.setting, self.lesson, self.experiment = setting, lesson, experiment
        self.seconds = float("nan")

    def name(self, category: Category) -> str:
        """Return a name made of all that the result for a category depends on."""
        digest = hashlib.blake2b(digest_size=16)
        facts = {
            "code": fingerprint(DECIDING),
            "key": self.key,
            "category": _facts(category),
            "distance": self.setting.detector.distance,
        }
        digest.update(json.dumps(facts, default=str).encode())
        digest.update(np.ascontiguousarray(category.images).tobytes())
        return digest.hexdigest()

    @cached_property
    def key(self) -> Mapping[str, Any]:
        """All that the training depends on."""
        lesson, setting = self.lesson, self.setting
        seen = hashlib.blake2b(np.ascontiguousarray(lesson.images).tobytes(), digest_size=16)
        return {
            "experiment": self.experiment,
            "parameters": _plain(asdict(setting.detector)),
            "body": self.body.digest,
            "images": seen.hexdigest(),
            "labels": None if lesson.labels is None else lesson.labels.tolist(),
            "groups": lesson.groups.tolist(),
        }

    @cached_property
    def body(self) -> Any:
        """The network that learning begins from; training changes its upper part."""
        return self.setting.body()

    @cached_property
    def network(self) -> Any:
        """The trained network."""
        from anomalylab.training.embedding import train_embedding

        lesson, begin = self.lesson, time.perf_counter()
        network = train_embedding(
            lesson.images,
            lesson.labels,
            lesson.groups,
            body=self.body,
            key=self.key,
            **self.setting.detector.training_options(),
        )
        self.seconds = time.perf_counter() - begin
        return network

    def judged(self, category: Category) -> dict[str, np.ndarray]:
        """Return what the network makes of a category, and how its training went."""
        detector, network = self.setting.detector, self.network
        twin = detector.twin if self.lesson.labels is None else ""
        made = judge(network, category, self.lesson, distance=detector.distance, twin=twin)
        return {**made, **packed_curve(network.history), "seconds": np.array(self.seconds)}


def _facts(category: Category) -> dict[str, Any]:
    """Return what a result depends on beside the pixels of the images."""
    samples, roles = category.samples, category.roles
    return {
        "hashes": samples["content_hash"].tolist(),
        "labels": category.labels.tolist(),
        "types": category.types.tolist(),
        "masks": samples["mask_path"].notna().tolist(),
        "groups": category.groups.tolist(),
        "train": roles.train.tolist(),
        "test": roles.test.tolist(),
    }


def _plain(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters fit for JSON, without where it is computed."""
    return {k: v for k, v in parameters.items() if k not in ("device", "levels")}

"""One training under way, for somebody who looks on: how far it is, its loss, how it ended."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from anomalylab.errors import AnomalyLabError, ParameterError, TrainingStopped
from anomalylab.progress import Stage, stage
from anomalylab.recipes.tuned_twins.material import Material
from anomalylab.synthesise.twin import TwinOptions
from anomalylab.training import watching

WAITING, RUNNING, STOPPED, FAILED, DONE = "waiting", "running", "stopped", "failed", "done"

COLUMNS = ["epoch", "part", "measure", "value"]


@dataclass(frozen=True, kw_only=True)
class Course:
    """How a short training goes, the same for tuned and untouched twins.

    Parameters
    ----------
    preset : str
        Of the detector ``metric_learning``.
    loss : str
        One of :data:`anomalylab.training.losses.NAMES`.
    epochs : int
    n_images : int
        Good images to learn from, at most.
    seed : int
    """

    preset: str = "cpu"
    loss: str = "arcface"
    epochs: int = 5
    n_images: int = 60
    seed: int = 0


class Judge(ABC):
    """What has learnt: it tells how far images are from good ones, and shows why.

    Subclasses write all methods; see :mod:`anomalylab.recipes.tuned_twins.learned`.
    """

    description: str
    """The network it began from, in words; says RANDOM where its weights are random."""

    rows: np.ndarray
    """Of the images it learnt from."""

    history: pd.DataFrame
    """``epoch``, ``part``, ``measure``, ``value``."""

    @abstractmethod
    def distances(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the distance of images to the nearest good one, and which of ``rows`` that is."""

    @abstractmethod
    def heat(self, images: np.ndarray, of: str) -> np.ndarray:
        """Return Grad-CAM of ``"distance"`` or ``"logit"``: float32 (n_images, n_rows, n_cols)."""

    @abstractmethod
    def scale(self, of: str) -> float:
        """Return the heat that is drawn in the last colour, one for all images."""


Learn = Callable[[Material, TwinOptions, Course], Judge]


class Progress(NamedTuple):
    """How far a training is."""

    what: str
    """What is being done, in a word or two."""

    share: float
    """Of that, in [0, 1]."""

    seconds_left: float | None
    """None where nothing can be said yet."""


class Trial:
    """One training; it may be stopped, and goes on from there when it is run again.

    Parameters
    ----------
    options : TwinOptions
    course : Course

    Attributes
    ----------
    status : str
        One of ``WAITING``, ``RUNNING``, ``STOPPED``, ``FAILED`` and ``DONE``.
    trouble : str
        Why it failed.
    judge : Judge or None
        What has learnt, once it is done.
    good : ndarray of shape (n_images,)
        Distances of the good images aside, rising.
    """

    def __init__(self, options: TwinOptions, course: Course):
        self.options, self.course = options, course
        self.status, self.trouble = WAITING, ""
        self.judge: Judge | None = None
        self.good = np.zeros(0)
        self._stages: list[pd.DataFrame] = []
        self._stage: Stage | None = None
        self._is_to_stop = threading.Event()
        self._lock = threading.Lock()

    def run(self, material: Material, learn: Learn) -> None:
        """Train to the end, or until :meth:`stop`; errors are kept in ``trouble``."""
        self._is_to_stop.clear()
        self.status, self.trouble, self._stages = RUNNING, "", []
        try:
            with stage("twins") as self._stage, watching(self):
                judge = learn(material, self.options, self.course)
                self.good = np.sort(judge.distances(material.images(material.aside))[0])
            self._stages, self.judge, self.status = [judge.history], judge, DONE
        except TrainingStopped:
            self.status = STOPPED
        except AnomalyLabError as error:
            self.status, self.trouble = FAILED, str(error)
        except BaseException:
            self.status, self.trouble = FAILED, "the terminal that serves this page says why"
            raise
        finally:
            self._stage = None

    def stop(self) -> None:
        """Ask for an end before the next step."""
        self._is_to_stop.set()

    def told(self, history: pd.DataFrame) -> None:
        """Take what is known after an epoch; a training in several parts begins anew in each."""
        with self._lock:
            if self._stages and len(history) > len(self._stages[-1]):
                self._stages[-1] = history
            else:
                self._stages.append(history)

    def wants_to_stop(self) -> bool:
        """Tell whether to stop now."""
        return self._is_to_stop.is_set()

    def history(self) -> pd.DataFrame:
        """Return what is known: ``epoch`` (counted through), ``part``, ``measure``, ``value``."""
        with self._lock:
            stages = list(self._stages)
        last, parts = 0, [pd.DataFrame(columns=COLUMNS)]
        for one in stages:
            parts.append(one.assign(epoch=one["epoch"] + last))
            last = int(parts[-1]["epoch"].max())
        return pd.concat(parts[1:], ignore_index=True) if stages else parts[0]

    def standing(self, images: np.ndarray) -> np.ndarray:
        """Return the share of good images aside that are nearer than each image is.

        Distances of two trainings have no unit in common; these shares can be laid side by side.

        Raises
        ------
        ParameterError
            If it has not been trained.
        """
        if self.judge is None:
            raise ParameterError("train first")
        distances = self.judge.distances(images)[0]
        return np.searchsorted(self.good, distances) / len(self.good)

    def n_epochs(self) -> int:
        """Return how many epochs have ended."""
        history = self.history()
        return 0 if history.empty else int(history["epoch"].max())

    def progress(self) -> Progress:
        """Return how far it is."""
        opened = self._stage
        loops = tuple(opened.loops) if opened is not None else ()
        if opened is None or not loops:
            return Progress("getting ready", 0.0, None)
        share, elapsed = opened.share(), time.monotonic() - loops[0].began
        return Progress(
            loops[0].name or "training", share, elapsed / share - elapsed if share else None
        )

"""Tuned twins beside the untouched ones: trained alike one after the other, then compared."""

import threading
from collections.abc import Callable, Collection

import pandas as pd

from anomalylab.errors import ParameterError
from anomalylab.recipes.tuned_twins.comparison import Exam, compared, exam_of
from anomalylab.recipes.tuned_twins.material import Material
from anomalylab.recipes.tuned_twins.trial import DONE, RUNNING, Course, Judge, Learn, Trial
from anomalylab.synthesise.twin import TwinOptions

UNTOUCHED = TwinOptions()
"""The published lines."""


class Bench:
    """Trials of one person; one training runs at a time, in a thread of its own.

    Parameters
    ----------
    material : Material
    learn : callable
        Trains; see :func:`anomalylab.recipes.tuned_twins.learned.learn`.
    """

    def __init__(self, material: Material, learn: Learn):
        self.material, self._learn = material, learn
        self._trials: dict[tuple[TwinOptions, Course], Trial] = {}
        self._queue: list[Trial] = []
        self._thread: threading.Thread | None = None
        self._is_to_stop = threading.Event()
        self._exam: Exam | None = None
        self._comparisons: dict[tuple[Trial, frozenset[str]], pd.DataFrame] = {}

    def trial(self, options: TwinOptions, course: Course) -> Trial:
        """Return the trial of these settings, begun or not."""
        return self._trials.setdefault((options, course), Trial(options, course))

    def pair(self, options: TwinOptions, course: Course) -> tuple[Trial, Trial]:
        """Return the trials of these settings and of the untouched ones."""
        return self.trial(options, course), self.trial(UNTOUCHED, course)

    @property
    def is_running(self) -> bool:
        """Whether something is being trained."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, options: TwinOptions, course: Course) -> None:
        """Train with these settings, then with the untouched ones, unless they are trained.

        What was stopped goes on from where it was.

        Raises
        ------
        ParameterError
            If something is being trained.
        """
        pair = dict.fromkeys(self.pair(options, course))
        queue = [trial for trial in pair if trial.status != DONE]
        self._in_a_thread(lambda: self._run(queue))
        self._queue = queue

    def start_comparison(self, tuned: Trial, seen: Collection[str] = ()) -> None:
        """Compare a trial with that of the untouched settings; see :meth:`comparison`.

        Raises
        ------
        ParameterError
            If one of the two is not trained, or something is being trained.
        """
        judges = self._judges(tuned)
        self._in_a_thread(lambda: self._compare(tuned, judges, frozenset(seen)))

    def stop(self) -> None:
        """Stop before the next step; :meth:`start` goes on from there."""
        self._is_to_stop.set()
        for trial in self._queue:
            trial.stop()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until nothing is trained, or so long."""
        if self._thread is not None:
            self._thread.join(seconds)

    def under_way(self) -> Trial | None:
        """Return the trial that is being trained."""
        return next((trial for trial in self._queue if trial.status == RUNNING), None)

    def comparison(self, tuned: Trial, seen: Collection[str] = ()) -> pd.DataFrame | None:
        """Return how a trial compares with that of the untouched settings, once that is known.

        Parameters
        ----------
        tuned : Trial
        seen : collection of str
            Types of defects that were looked at before its settings were chosen.

        Returns
        -------
        comparison : DataFrame or None
            As :func:`anomalylab.recipes.tuned_twins.comparison.compared`.
        """
        return self._comparisons.get((tuned, frozenset(seen)))

    def _judges(self, tuned: Trial) -> tuple[Judge, Judge]:
        untouched = self.trial(UNTOUCHED, tuned.course)
        if tuned.judge is None or untouched.judge is None:
            raise ParameterError("train these settings, and the untouched ones, first")
        return tuned.judge, untouched.judge

    def _compare(self, tuned: Trial, judges: tuple[Judge, Judge], seen: frozenset[str]) -> None:
        if self._exam is None:
            self._exam = exam_of(self.material)
        self._comparisons[tuned, seen] = compared(self._exam, *judges, seen)

    def _run(self, trials: list[Trial]) -> None:
        for trial in trials:
            if not self._is_to_stop.is_set():
                trial.run(self.material, self._learn)

    def _in_a_thread(self, work: Callable[[], None]) -> None:
        if self.is_running:
            raise ParameterError("something is under way; wait for it, or stop it first")
        self._is_to_stop.clear()
        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()

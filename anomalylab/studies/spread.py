"""Work spread over any executor, and given out again when whoever had it dies."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import replace
from typing import Any, Protocol

from anomalylab.errors import AnomalyLabError, RunError
from anomalylab.studies.crew import Crew, first_line

WAITING = 3
"""Tasks for each worker that are given out at once."""

DEATHS = 2
"""Workers that a job may cost while it is done alone; then it counts as failed."""

DIED = "the process that computed it died, perhaps for want of memory"
IN_VAIN = 6
"""Openings of workers in a row that may come to nothing."""

GO_ON = "what was computed is kept; run the same command to go on"


class Task(Protocol):
    """Jobs that are given to a worker together; can be pickled, and is a dataclass."""

    @property
    def jobs(self) -> tuple[Any, ...]:
        """Return the jobs."""
        ...

    @property
    def names(self) -> list[str]:
        """Return the name of each job's result."""
        ...

    def carry_out(self) -> Mapping[str, str]:
        """Do the jobs; return name and reason of those that have no result."""
        ...


def carry_out(task: Task) -> Mapping[str, str]:
    """Do the jobs of a task, in the process that is given it."""
    return task.carry_out()


def spread(chunks: Iterable[Task], crew: Crew, advance: Callable[[int], None]) -> dict[str, str]:
    """Have chunks carried out; those that a dead worker had are given out again.

    What was under way when workers died is then done one at a time, so that work that kills them is
    told from work that was only beside it.

    Parameters
    ----------
    chunks : iterable of Task
    crew : Crew
    advance : callable
        Told how many jobs have been done.

    Returns
    -------
    missing : dict
        Name -> reason of each result that is not there.

    Raises
    ------
    StorageError
        If results cannot be kept.
    RunError
        If workers cannot be had, or die again and again before they have done anything.
    """
    work, n_in_vain = _Work(deque(chunks), advance), 0
    while work.todo or work.suspects:
        n_done = work.n_done
        executor, n_workers = crew.opened
        work.carry_out(executor, WAITING * n_workers)
        if work.todo or work.suspects:
            crew.close()
        n_in_vain = 0 if work.n_done > n_done else n_in_vain + 1
        if n_in_vain >= IN_VAIN:
            raise RunError(f"workers die before they have done anything; {GO_ON}")
    return work.missing


class _Work:
    """What is to be done, and what came of it."""

    def __init__(self, todo: deque[Task], advance: Callable[[int], None]):
        self.todo, self.advance = todo, advance
        self.suspects: deque[Task] = deque()
        self.missing: dict[str, str] = {}
        self.n_done = 0
        self._deaths: Counter[str] = Counter()

    def carry_out(self, executor: Executor, n_at_once: int) -> None:
        """Do as much as these workers live to do: suspects alone, then all else."""
        while self.suspects:
            alone = self.suspects.popleft()
            if self._lost(executor, deque([alone]), 1):
                self.suspects.extendleft(reversed(self._tell_apart(alone)))
                return
        self.suspects.extend(self._lost(executor, self.todo, n_at_once))

    def _lost(self, executor: Executor, todo: deque[Task], n_at_once: int) -> list[Task]:
        """Do chunks; return those that were under way when workers died, none if none did."""
        under_way: dict[Future[Mapping[str, str]], Task] = {}
        lost: list[Task] = []
        while (todo or under_way) and not lost:
            while todo and len(under_way) < n_at_once and not lost:
                chunk = todo.popleft()
                try:
                    under_way[executor.submit(carry_out, chunk)] = chunk
                except BrokenExecutor:
                    lost.append(chunk)
            finished, _ = wait(under_way, return_when=FIRST_COMPLETED)
            lost += [of for one in finished for of in self._end(one, under_way.pop(one))]
        if lost:  # the others end as these did, or have come to their end
            wait(under_way)
            lost += [of for one, chunk in under_way.items() for of in self._end(one, chunk)]
        return lost

    def _end(self, future: Future[Mapping[str, str]], chunk: Task) -> list[Task]:
        """Take what came of a chunk; return it again if its worker died."""
        try:
            self.missing |= future.result()
        except AnomalyLabError:
            raise
        except Exception as error:
            if isinstance(error, BrokenExecutor) or type(error).__name__ == "KilledWorker":
                return [chunk]
            raise RunError(f"workers are gone ({first_line(error)}); {GO_ON}") from error
        self.n_done += 1
        self.advance(len(chunk.jobs))
        return []

    def _tell_apart(self, chunk: Task) -> list[Task]:
        """Return what is left to be tried of a chunk that killed its worker while it was alone."""
        if len(chunk.jobs) > 1:
            return [replace(chunk, jobs=(job,)) for job in chunk.jobs]  # type: ignore[type-var]
        if not chunk.jobs:  # what needs the pool that could not be made will tell
            return []
        (name,) = chunk.names
        self._deaths[name] += 1
        if self._deaths[name] < DEATHS:
            return [chunk]
        self.missing[name] = DIED
        self.advance(1)
        return []

"""A study of one category: rank, remove, fit and measure, each different training set once."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy as np

from anomalylab.datasets.pollute import Pollution
from anomalylab.detectors import Learns, Pool
from anomalylab.progress import counting
from anomalylab.storage.cache import cache_folder
from anomalylab.studies.cells import Cell, Ranking, cells_of, ranking_of
from anomalylab.studies.chosen import Chosen, Ranked, choose
from anomalylab.studies.crew import Crew
from anomalylab.studies.healed import HealedBy
from anomalylab.studies.jobs import BY, Fit, Job, Rank, RankCells, Repair
from anomalylab.studies.material import CategoryFiles
from anomalylab.studies.measured import Places
from anomalylab.studies.results import Result, is_there, read_result
from anomalylab.studies.spec import StudyRequest
from anomalylab.studies.spread import spread
from anomalylab.studies.strategy import CELLS
from anomalylab.studies.worker import Chunk, created

JOBS = 8
"""Jobs that are given out together, if they take no training each."""

_NO_POOL = cast(Pool, None)
"""What strategies get that look at no image."""


@dataclass(frozen=True)
class Work:
    """What the cells of a category are computed from.

    Parameters
    ----------
    request : StudyRequest
    files : CategoryFiles
    pollution : Pollution
    places : Places, optional
    """

    request: StudyRequest
    files: CategoryFiles
    pollution: Pollution
    places: Places | None


class Finished(NamedTuple):
    """A cell and what came of it.

    Parameters
    ----------
    cell : Cell
    members : int ndarray of shape (n_members,)
        Images of the training set before any was removed, in rising order.
    is_noise, is_added, is_kept : bool ndarray of shape (n_members,)
        Whether it is defective, whether it came in the place of one that left, whether it stayed.
    validation : int ndarray of shape (n_validation,)
    result : Result
    seconds : float
        Its part of what was computed for several cells.
    healed : HealedBy, optional
        How the images that left came back.
    """

    cell: Cell
    members: np.ndarray
    is_noise: np.ndarray
    is_added: np.ndarray
    is_kept: np.ndarray
    validation: np.ndarray
    result: Result
    seconds: float
    healed: HealedBy | None = None


class Before(NamedTuple):
    """What was done for a cell before it was fitted, to heal the images that left.

    Parameters
    ----------
    by : HealedBy, optional
    reason : str
        Why they could not be healed.
    seconds : float
        This cell's part of it.
    """

    by: HealedBy | None = None
    reason: str = ""
    seconds: float = 0.0


def study(work: Work, crew: Crew) -> Iterator[Finished]:
    """Compute the cells of a category, as far as they are not known, and yield them in order.

    Raises
    ------
    StorageError
        If results cannot be kept.
    RunError
        If workers cannot be had.
    """
    cells = list(cells_of(work.request, work.files.name))
    ranked, strategies = _rank(work, cells, crew), work.request.strategies
    chosen = {
        cell: choose(work.pollution, cell, strategies.get(cell.strategy), ranked) for cell in cells
    }
    healed = _heal(work, chosen, crew)
    jobs = {
        cell: _Asked(work, cell.detector, Fit(one.training, work.places, healed[cell].by))
        for cell, one in chosen.items()
        if not (one.reason or healed[cell].reason)
    }
    missing = _do(work, jobs.values(), "fit and measure", crew)
    n_cells = Counter(job.name for job in jobs.values())
    for cell, one in chosen.items():
        before, training = healed[cell], one.training
        result, seconds = Result({}, one.reason or before.reason, 0.0), 0.0
        if cell in jobs:
            result = read_result(jobs[cell].name, missing)
            seconds = result.seconds / n_cells[jobs[cell].name] + one.seconds + before.seconds
        yield Finished(
            cell,
            training.members,
            one.is_noise,
            one.is_added,
            training.is_kept,
            training.validation,
            result,
            seconds,
            before.by,
        )


class _Asked:
    """A job for a detector, and the name of its result."""

    def __init__(self, work: Work, detector: str, job: Job):
        self.detector, self.job = detector, job
        self.name = _chunk(work, detector).name(job)


def _rank(work: Work, cells: Sequence[Cell], crew: Crew) -> dict[Ranking, Ranked]:
    """Score polluted training sets, each once for all cells that remove images by it."""
    n_cells = Counter(ranking for cell in cells if (ranking := ranking_of(cell)))
    strategies = work.request.strategies
    found: dict[Ranking, Ranked] = {}
    jobs: dict[Ranking, _Asked] = {}
    for ranking in n_cells:
        rows, _ = work.pollution.training(ranking.pollution, ranking.seed)
        strategy = strategies[ranking.strategy]
        job: Rank | RankCells = Rank(rows, strategy, ranking.seed, ranking.reject)
        if strategy.name == CELLS:
            job = RankCells(np.sort(rows), str(strategy.params.get("by", BY[0])))
        if ranking.scorer:
            jobs[ranking] = _Asked(work, ranking.scorer, job)
        else:
            found[ranking] = Ranked(Result(job(_NO_POOL, work.files), "", 0.0), 0.0)
    missing = _do(work, jobs.values(), "rank", crew)
    for ranking, asked in jobs.items():
        result = read_result(asked.name, missing)
        found[ranking] = Ranked(result, result.seconds / n_cells[ranking])
    return found


def _heal(work: Work, chosen: Mapping[Cell, Chosen], crew: Crew) -> dict[Cell, Before]:
    """Find what removed images are painted over with, once for all detectors fitted afterwards."""
    how, strategies = work.request.healing, work.request.strategies
    found: dict[Cell, Before] = {}
    asked: dict[Cell, _Asked] = {}
    for cell, one in chosen.items():
        heals = strategies[cell.strategy].heals if cell.strategy in strategies else ""
        is_healed = heals and not one.reason and len(one.training.removed)
        found[cell] = Before(HealedBy(how) if is_healed else None)
        if is_healed and heals == "pixels":
            asked[cell] = _Asked(work, how.healer.label, Repair(one.training, how))
    missing = _do(work, asked.values(), "heal", crew)
    n_cells = Counter(one.name for one in asked.values())
    for cell, job in asked.items():
        result = read_result(job.name, missing)
        seconds = result.seconds / n_cells[job.name]
        found[cell] = Before(HealedBy(how, job.name), result.reason, seconds)
    return found


def _do(work: Work, asked: Iterable[_Asked], name: str, crew: Crew) -> dict[str, str]:
    """Have jobs done whose results are not there; return name and reason of those that fail."""
    jobs: dict[str, dict[str, Job]] = {}
    for one in asked:
        if not is_there(one.name):
            jobs.setdefault(one.detector, {})[one.name] = one.job
    of_each = {detector: list(named.values()) for detector, named in jobs.items()}
    n_jobs = sum(map(len, of_each.values()))
    if not n_jobs:
        return {}
    with counting(n_jobs, name) as advance:
        if not crew.is_this_process:
            spread([_chunk(work, detector) for detector in of_each], crew, advance)
        chunks = [
            _chunk(work, detector, some[start : start + step])
            for detector, some in of_each.items()
            for step in (_at_once(work, detector),)
            for start in range(0, len(some), step)
        ]
        return spread(chunks, crew, advance)


def _at_once(work: Work, detector: str) -> int:
    """Return how many jobs are given out together: one if each trains a network."""
    return (
        1
        if isinstance(created(work.request.scorers[detector], work.request.source), Learns)
        else JOBS
    )


def _chunk(work: Work, detector: str, jobs: Sequence[Job] = ()) -> Chunk:
    source = work.request.source
    choice = work.request.scorers[detector]
    return Chunk(work.files, choice, tuple(jobs), source.plugins, cache_folder())

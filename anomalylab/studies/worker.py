"""What a worker does: rank training sets, fit on them, measure, and keep each result as it is done.

Results are kept in the cache under a name made of all that they depend on. Whoever needs one that
is there does not compute it again, be it after a kill or in another study.
"""

import hashlib
import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from anomalylab import detectors
from anomalylab.compute.threads import one_thread
from anomalylab.detectors import Detector, Pool, Refined, pool_of
from anomalylab.errors import AnomalyLabError, StorageError
from anomalylab.runs import plugins
from anomalylab.runs.refined import followed
from anomalylab.runs.request import DetectorChoice, DetectRequest
from anomalylab.storage.blocks import Arrays, BlockStore
from anomalylab.storage.cache import FOLDER_VARIABLE, cache_folder
from anomalylab.studies.code import fingerprint
from anomalylab.studies.jobs import Job
from anomalylab.studies.material import CategoryFiles
from anomalylab.studies.spec import StudyRequest
from anomalylab.studies.store import result_store

N_POOLS = 2
"""Pools that a process holds; of more, the one that was not used for longest goes."""

REASON = "reason"
"""Array of a result that says why there is nothing else."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Chunk:
    """Jobs on the same images with the same detector, done one after the other.

    Without any job the pool of the detector is made, which others then find in the cache.

    Parameters
    ----------
    files : CategoryFiles
    detector : DetectorChoice
    jobs : tuple of Job
    plugins : tuple of path
        Imported first.
    cache : path
        Where results are kept.
    code : str
        Fingerprint of the code that is asked for it.
    """

    files: CategoryFiles
    detector: DetectorChoice
    jobs: tuple[Job, ...]
    plugins: tuple[Path, ...]
    cache: Path
    code: str = field(default_factory=fingerprint)

    @property
    def names(self) -> list[str]:
        """Name of the result of each job."""
        return [self.name(job) for job in self.jobs]

    @property
    def detector_words(self) -> str:
        """The detector with all its options, so that a changed default is another detector."""
        refine = _refine_of(self.detector, self.files.source)
        return _words(
            str(self.detector),
            None if refine is None else tuple(refine.items()),
            self.files.source.seed,
        )

    def name(self, job: Job) -> str:
        """Return a name made of all that a result depends on."""
        digest = hashlib.blake2b(digest_size=16)
        made_by = [plugins.fingerprint(path) for path in self.plugins]
        facts = [self.code, self.files.digest, self.detector_words, *made_by]
        for fact in (*facts, *job.describe()):
            content = fact.tobytes() if isinstance(fact, np.ndarray) else repr(fact).encode()
            digest.update(len(content).to_bytes(8, "little") + content)
        return digest.hexdigest()

    def carry_out(self) -> Mapping[str, str]:
        """Do the jobs whose results are not there yet, and keep each as it is done.

        What a job refuses is its result, too. What fails otherwise, as for want of memory, is told
        and not kept, so that it is tried again the next time.

        Returns
        -------
        missing : dict
            Name -> reason of each result that is not there.

        Raises
        ------
        StorageError
            If results cannot be kept.
        """
        use_cache(self.cache)
        for path in self.plugins:
            plugins.load(path)
        store, missing = result_store(self.cache), {}
        with one_thread():
            if not self.jobs:
                _make_pool(self)
            for name, job in zip(self.names, self.jobs, strict=True):
                reason = "" if store.read(name) is not None else _keep(store, name, self, job)
                if reason:
                    missing[name] = reason
        return missing


def use_cache(folder: Path) -> None:
    """Work with this cache folder, as whoever asks does, perhaps from another machine."""
    if cache_folder() != folder:
        os.environ[FOLDER_VARIABLE] = str(folder)


def detectors_of(request: StudyRequest) -> dict[str, Detector]:
    """Build all detectors that occur in a study, by label, unfitted.

    Raises
    ------
    UnknownNameError, ParameterError
        As :func:`anomalylab.detectors.create`.
    """
    return {label: created(one, request.source) for label, one in request.scorers.items()}


def created(choice: DetectorChoice, source: DetectRequest) -> Detector:
    """Build a detector, unfitted; the maps of those that are studied are refined if it is asked."""
    made: Detector = detectors.create(choice.name, preset=choice.preset, **choice.params)
    return followed(made, _refine_of(choice, source), source.seed)


def _refine_of(choice: DetectorChoice, source: DetectRequest) -> Mapping[str, object] | None:
    return source.refine if choice in source.detectors else None


@cache
def _words(text: str, refine: tuple[tuple[str, object], ...] | None, seed: int) -> str:
    choice = DetectorChoice.parse(text)
    made = detectors.create(choice.name, preset=choice.preset, **choice.params)
    return repr(followed(made, None if refine is None else dict(refine), seed))


def _make_pool(chunk: Chunk) -> None:
    """Make the pool of a chunk; whoever needs it tells why that fails."""
    try:
        _pool(chunk)
    except StorageError:
        raise
    except Exception:
        log.debug("a pool cannot be made", exc_info=True)


def _keep(store: BlockStore, name: str, chunk: Chunk, job: Job) -> str:
    """Do one job and keep its result; return why there is none."""
    try:
        pool = _pool(chunk)
        start = time.perf_counter()
        arrays = _result(pool, chunk.files, job)
    except StorageError:
        raise
    except Exception as error:
        log.debug("a job failed", exc_info=True)
        return f"{type(error).__name__}: {error}"
    store.write(name, {**arrays, "seconds": np.array(time.perf_counter() - start)})
    return ""


def _result(pool: Pool, files: CategoryFiles, job: Job) -> Arrays:
    try:
        return job(pool, files)
    except StorageError:
        raise
    except AnomalyLabError as error:
        return {REASON: np.array(str(error))}


_pools: OrderedDict[tuple[str, str], Pool] = OrderedDict()
_lock = threading.Lock()


def _pool(chunk: Chunk) -> Pool:
    """Return the pool of a chunk, made once for those that follow each other."""
    key = (str(chunk.files.folder), chunk.detector_words)
    with _lock:
        if key not in _pools:
            detector = created(chunk.detector, chunk.files.source)
            if isinstance(detector, Refined):
                detector.described_by(chunk.files.extractor)
            _pools[key] = pool_of(detector, chunk.files.features)
            while len(_pools) > N_POOLS:
                _pools.popitem(last=False)
        _pools.move_to_end(key)
        return _pools[key]


def forget_pools() -> None:
    """Let go of the pools of this process, which read folders that may go."""
    with _lock:
        _pools.clear()

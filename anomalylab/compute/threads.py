"""Work spread over threads that each do whole pieces, rather than over the parts of each step.

Many small steps, each spread over all cores, spend their time waiting for one another, above all on
a busy machine; pieces do not wait.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sized
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import psutil

from anomalylab.compute import blas
from anomalylab.progress import counted

T = TypeVar("T")
R = TypeVar("R")

_here = threading.local()
"""``is_worker``: whether this thread does one of several pieces."""


def n_threads() -> int:
    """Return the number of threads to compute with: torch's, or what torch would take.

    That is ``OMP_NUM_THREADS`` if it is set, else one a physical core. It is 1 inside a piece.
    """
    if getattr(_here, "is_worker", False):
        return 1
    if "torch" in sys.modules:
        return int(sys.modules["torch"].get_num_threads())
    named = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    if named.isdigit() and int(named):
        return int(named)
    return min(psutil.cpu_count(logical=False) or 1, len(_own_cores()))


@contextmanager
def one_torch_thread() -> Iterator[int]:
    """Let torch, if it is loaded, compute in the calling thread; yields how many there were."""
    n_before = n_threads()
    _set_torch_threads(1)
    try:
        yield n_before
    finally:
        _set_torch_threads(n_before)


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute in the calling thread alone, so that sums do not depend on how many there are."""
    was_worker = getattr(_here, "is_worker", False)
    with one_torch_thread(), blas.one_blas_thread():
        _here.is_worker = True
        try:
            yield
        finally:
            _here.is_worker = was_worker


def in_pieces(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Do ``work`` on each item, as many at a time as there are threads, one thread each.

    Parameters
    ----------
    work : callable
        Called from several threads at once.
    items : iterable

    Returns
    -------
    results : list
        In the order of ``items``.
    """
    n_workers, n_items = n_threads(), len(items) if isinstance(items, Sized) else 0
    if n_workers == 1:
        return [work(item) for item in counted(items, n_items)]
    with one_torch_thread(), blas.one_blas_thread(), _workers(n_workers) as pool:
        return list(counted(pool.map(work, items), n_items))


def _workers(number: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(number, initializer=_become_worker)


def _become_worker() -> None:
    _here.is_worker = True
    blas.is_held_by_caller()
    _set_torch_threads(1)


def _set_torch_threads(number: int) -> None:
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(number)


def _own_cores() -> list[int]:
    """Return the cores that this process may use; all where the system does not tell."""
    try:
        return list(psutil.Process().cpu_affinity())
    except (AttributeError, psutil.Error):
        return list(range(os.cpu_count() or 1))

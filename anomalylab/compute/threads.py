"""Work spread over threads that each do whole pieces, rather than over the parts of each step.

Many small steps, each spread over all cores, spend their time waiting for one another, above all on
a busy machine; pieces do not wait.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

T = TypeVar("T")
R = TypeVar("R")


def n_threads() -> int:
    """Return the number of threads that torch uses."""
    return torch.get_num_threads()


def in_pieces(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Do ``work`` on each item, as many at a time as torch has threads, one thread each.

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
    n_workers = n_threads()
    if n_workers == 1:
        return [work(item) for item in items]
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(
            n_workers, initializer=torch.set_num_threads, initargs=(1,)
        ) as pool:
            return list(pool.map(work, items))
    finally:
        torch.set_num_threads(n_workers)

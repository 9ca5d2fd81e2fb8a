"""One thread for the linear algebra of numpy and scipy, where matrices are small and many.

Handing each small product or factorisation to all cores costs more than computing it: the Gaussians
of PaDiM took ten times as long on two cores as on one, because threads wait by spinning.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

_here = threading.local()
"""``is_held``: whether this thread knows that there is one thread already."""


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let numpy and scipy compute in the calling thread; a context, or a decorator.

    It holds for the whole process until left, and costs a millisecond to enter, or nothing where
    this thread is inside already.
    """
    if getattr(_here, "is_held", False):
        yield
        return
    with threadpool_limits(limits=1, user_api="blas"):
        _here.is_held = True
        try:
            yield
        finally:
            _here.is_held = False


def is_held_by_caller() -> None:
    """Let this thread know that whoever started it is inside :func:`one_blas_thread`.

    What a worker sets for the whole process would be set back while others work, or not heeded.
    """
    _here.is_held = True

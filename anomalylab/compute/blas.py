"""One thread for the linear algebra of numpy and scipy, where matrices are small and many.

Handing each small product or factorisation to all cores costs more than computing it: the Gaussians
of PaDiM took ten times as long on two cores as on one, because threads wait by spinning.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let numpy and scipy compute in the calling thread; a context, or a decorator.

    It holds for the whole process until left, and costs some milliseconds to enter.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        yield

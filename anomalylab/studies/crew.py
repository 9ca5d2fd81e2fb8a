"""Who works: this process, others on this machine, a Dask cluster, or any executor."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from importlib import import_module
from multiprocessing.connection import wait as wait_for_process
from typing import Any, TypeVar

from anomalylab import __version__
from anomalylab.errors import ParameterError, RunError

Open = Callable[[], AbstractContextManager[tuple[Executor, int]]]
"""Opens workers and tells how many there are; called again when they have died."""

SECONDS_TO_ANSWER = 10

T = TypeVar("T")


class InThisProcess(Executor):
    """Does what it is given at once, in the thread that gives it."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Call a function and return what it gave, or raised."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def this_process() -> Iterator[tuple[Executor, int]]:
    """Compute in this process."""
    yield InThisProcess(), 1


def processes(n_workers: int) -> Open:
    """Return what opens so many spawned processes, one thread each.

    Raises
    ------
    ParameterError
        If there is not at least one.
    """
    if n_workers < 1:
        raise ParameterError(f"there must be at least one worker, not {n_workers}")
    if n_workers == 1:
        return this_process

    @contextmanager
    def open_processes() -> Iterator[tuple[Executor, int]]:
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(n_workers, spawn, initializer=_begin) as executor:
            try:
                yield executor, n_workers
            except BaseException:  # stopped: what they are at is not waited for
                _end_workers(executor)
                raise
            finally:
                executor.shutdown(wait=False, cancel_futures=True)

    return open_processes


def _end_workers(executor: ProcessPoolExecutor) -> None:
    running = list((getattr(executor, "_processes", None) or {}).values())
    for process in running:
        process.terminate()
    for process in running:
        process.join(SECONDS_TO_ANSWER)


def _begin() -> None:
    """Let a worker compute in one thread, and end when the process that asked for it is gone.

    It is ended by that process when a person stops the work, which the terminal tells both.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_NUM_THREADS"] = "1"
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for_process([parent.sentinel])
        os._exit(1)


def cluster(address: str) -> Open:
    """Return what opens the workers of a Dask cluster.

    Parameters
    ----------
    address : str
        Of its scheduler, as ``tcp://host:8786``.

    Raises
    ------
    ParameterError
        If Dask is not installed.
    RunError
        When it is opened, if no scheduler answers or no worker can load this package.
    """
    try:
        connect: Any = import_module("distributed").Client
    except ImportError as error:
        raise ParameterError(
            "a scheduler needs Dask, which is not installed: "
            "python -m pip install 'anomalylab-vision[dask]'"
        ) from error

    @contextmanager
    def open_cluster() -> Iterator[tuple[Executor, int]]:
        try:
            client: Any = connect(address, timeout=SECONDS_TO_ANSWER, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise RunError(
                f"no scheduler answers at {address} ({first_line(error)}); start one with "
                "'dask scheduler', workers with 'dask worker', and give its address"
            ) from error
        with client:
            yield client.get_executor(pure=False), _threads_of(client, address)

    return open_cluster


def _threads_of(client: Any, address: str) -> int:
    """Return how many threads the workers of a cluster have, all of this version."""
    try:
        client.wait_for_workers(1, timeout=SECONDS_TO_ANSWER)
        versions = set(client.run(_version).values())
    except Exception as error:
        raise RunError(
            f"no worker of the scheduler at {address} can compute ({first_line(error)}); start "
            "'dask worker' where anomalylab-vision is installed"
        ) from error
    if versions != {__version__}:
        raise RunError(
            f"workers of {address} have anomalylab-vision {', '.join(sorted(versions))} and this "
            f"is {__version__}; install the same everywhere"
        )
    return sum(client.nthreads().values())


def _version() -> str:
    return __version__


def given(executor: Executor) -> Open:
    """Return what opens an executor that is there already, and leaves it open."""
    n_workers = getattr(executor, "_max_workers", None) or os.cpu_count() or 1
    return lambda: nullcontext((executor, n_workers))


class Crew:
    """Workers, opened when they are first needed and anew when they have died.

    Parameters
    ----------
    open_workers : callable
    embeds : bool
        Whether they are to embed images, too: those of a cluster. Processes of this machine would
        only take turns with the threads that do.
    """

    def __init__(self, open_workers: Open, *, embeds: bool = False):
        self._open, self.embeds = open_workers, embeds
        self._closing = ExitStack()
        self._opened: tuple[Executor, int] | None = None

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *error: Any) -> None:
        self._opened = None
        self._closing.__exit__(*error)

    @property
    def opened(self) -> tuple[Executor, int]:
        """Whoever works, and how many they are."""
        if self._opened is None:
            self._opened = self._closing.enter_context(self._open())
        return self._opened

    @property
    def is_this_process(self) -> bool:
        """Whether there is nobody but this process."""
        return self._open is this_process

    def close(self) -> None:
        """Let them go."""
        self._opened = None
        self._closing.close()


def first_line(error: BaseException) -> str:
    """Return what an error says, in one line."""
    return str(error).strip().partition("\n")[0] or type(error).__name__

"""What each step of a run cost."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd

from anomalylab.progress import stage
from anomalylab.schema import TIMINGS


class Timings:
    """Collects rows of :data:`anomalylab.schema.TIMINGS`."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, float, float, float, int]] = []

    @contextmanager
    def step(self, name: str, n_images: int) -> Iterator[None]:
        """Time what is inside, on the clock and on all cores, and tell that it is under way."""
        start, cpu = time.perf_counter(), time.process_time()
        with stage(name):
            yield
        seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
        self._rows.append((name, seconds, cpu_seconds, peak_mib(), n_images))

    def table(self) -> pd.DataFrame:
        """Return one row a step."""
        return pd.DataFrame(self._rows, columns=list(TIMINGS.columns))


def peak_mib() -> float:
    """Return the peak resident memory of this process so far, in MiB; NaN where unknown."""
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10

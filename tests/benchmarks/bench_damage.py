"""Thousands of damaged runs and caches: how many are refused, and that none is read wrong.

    python tests/benchmarks/bench_damage.py [CASES]

Each case damages one file of a small run or cache (a flipped bit, a lost end, lost bytes, zeros,
nothing left, removed), reads all of it and mends it. It ends in a line that names the file (a
cache: the part is computed again), or in what was written; else the exit code is 1. Every hundredth
case of a run makes every part of its page too.
"""

import logging
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS))

from damage import damaged_cache, damaged_run, everything, filled_cache  # noqa: E402

from anomalylab.runs.files import list_files  # noqa: E402


def of_run(name: str, folder: Path) -> Callable[[int], tuple[str, str]]:
    """Unpack a run and return what tries one case of it."""
    with zipfile.ZipFile(TESTS / "data" / f"{name}.zip") as archive:
        archive.extractall(folder)
    list_files(folder / name)
    right = everything(folder / name)
    return lambda seed: damaged_run(folder / name, right, seed, pages=seed % 100 == 0)


def of_cache(folder: Path) -> Callable[[int], tuple[str, str]]:
    """Fill a cache and return what tries one case of it."""
    right = filled_cache(folder / "cache")
    return lambda seed: damaged_cache(folder / "cache", right, seed)


def main(n_cases: int) -> int:
    """Print how often what came of it, and what was wrong."""
    logging.disable()
    outcomes: Counter = Counter()
    for name in ("cache", "detect_v2", "pc_space_v2"):
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            case = of_cache(Path(folder)) if name == "cache" else of_run(name, Path(folder))
            found = Counter()
            for seed in range(n_cases):
                outcome, what = case(seed)
                found[outcome] += 1
                if outcome.isupper():
                    print(f"{outcome} {name} seed {seed}: {what}", flush=True)
        seconds = time.perf_counter() - start
        print(f"{name}: {n_cases} cases in {seconds:.0f} s: {dict(found)}", flush=True)
        outcomes += found
    print(f"{outcomes['WRONG']} wrong, {outcomes['TRACEBACK']} tracebacks")
    return int(outcomes["WRONG"] + outcomes["TRACEBACK"] > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))

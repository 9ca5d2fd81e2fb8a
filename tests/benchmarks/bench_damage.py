"""Thousands of damaged runs: how many are refused, and that none is read wrong.

    python tests/benchmarks/bench_damage.py [CASES]

Each case damages one file of a small run (a flipped bit, a lost end, lost bytes, zeros, nothing
left, removed), reads all of it and mends it. Every thirtieth case makes every part of the page too.
"""

import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS))

from damage import everything, wrong_after_damage  # noqa: E402

from anomalylab.runs.files import list_files  # noqa: E402


def main(n_cases: int) -> int:
    """Print what was damaged how often, and what was read wrong."""
    n_wrong = 0
    for name in ("detect_v2", "pc_space_v2"):
        with tempfile.TemporaryDirectory() as folder:
            run = Path(folder, name)
            with zipfile.ZipFile(TESTS / "data" / f"{name}.zip") as archive:
                archive.extractall(folder)
            list_files(run)
            right, ways, start = everything(run), Counter(), time.perf_counter()
            for seed in range(n_cases):
                what, wrong = wrong_after_damage(run, right, seed, pages=seed % 30 == 0)
                ways[what.rpartition(": ")[2]] += 1
                n_wrong += bool(wrong)
                if wrong:
                    print(f"WRONG {name} seed {seed}: {what}: {', '.join(wrong)}")
            seconds = time.perf_counter() - start
            print(f"{name}: {n_cases} cases in {seconds:.0f} s: {dict(ways)}")
    print(f"{n_wrong} wrong")
    return int(n_wrong > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000))

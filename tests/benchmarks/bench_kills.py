"""Kill ``run``, ``recipe`` and ``report`` at random moments and go on, 500 times.

Run ``python tests/benchmarks/bench_kills.py [KILLS] [SECONDS] [SEED]``. Each command works on eight
tiny images; seven of ten are killed at a random change of a file, the others after a random time.
After one to four kills the command may come to its end: tables, maps, detectors and pages must have
the same bytes as without a kill, a note in the run folder must still be there, and nothing may be
left over.
"""

import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from kills import Bench, kill_and_compare


def main(n_kills: int = 500, seconds: int = 4 * 3600, seed: int = 0) -> None:
    """Kill as often as asked for or as time allows, and print how often."""
    start, killed = time.monotonic(), Counter()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        bench = stack.enter_context(closing(Bench(Path(folder))))
        for name in kill_and_compare(bench, n_kills, seed):
            killed[name] += 1
            if killed.total() % 50 == 0:
                print(f"{killed.total()} kills: all well so far", flush=True)
            if time.monotonic() - start > seconds:
                break
    words = ", ".join(f"{name} {n}" for name, n in sorted(killed.items()))
    spent = time.monotonic() - start
    print(f"{killed.total()} kills in {spent:.0f} s ({words}): all well after each", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

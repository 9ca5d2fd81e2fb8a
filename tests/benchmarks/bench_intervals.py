"""How often intervals hold the metric of all images that there are, printed as a table.

    python tests/benchmarks/bench_intervals.py [TEST_SETS]

Each row draws so many test sets from a kind of scores and counts intervals that miss.

Scores are normal; defects are shifted, some of them also three times as spread, or one in ten of
them looks like a good image.
"""

import sys

import numpy as np

from anomalylab.metrics import (
    auroc,
    auroc_interval,
    average_precision,
    bootstrap_interval,
    paired_bootstrap_difference,
)

KINDS = {
    "same spread, middling": (1.2, 1, 0.0),
    "same spread, high": (2.66, 1, 0.0),
    "same spread, at the ceiling": (4.4, 1, 0.0),
    "wide, middling": (2.1, 3, 0.0),
    "wide, high": (4.05, 3, 0.0),
    "wide, at the ceiling": (7.4, 3, 0.0),
    "one in ten unseen": (3.5, 1, 0.1),
}
SIZES = [(20, 63), (60, 20), (200, 30)]
N_ALL = 90_000


def draw(rng, kind, n_normal, n_defective):
    """Return labels, and scores of two detectors that see the same images."""
    shift, spread, unseen = KINDS[kind]
    labels = np.repeat([0, 1], [n_normal, n_defective])
    is_seen = labels * (rng.random(len(labels)) >= unseen)
    shared = rng.normal(shift * is_seen, np.where(is_seen, spread, 1))
    return labels, *(shared + rng.normal(0, 0.5, len(labels)) for _ in range(2))


def bounds(labels, first, second):
    """Return the intervals that are judged, by name."""
    return {
        "AUROC": auroc_interval(labels, first),
        "AP": bootstrap_interval(average_precision, labels, first, n_resamples=200, seed=0),
        "difference": paired_bootstrap_difference(
            auroc, labels, first, second, n_resamples=100, seed=0
        )[1:],
    }


def main(n_sets):
    """Print coverage and mean width of each kind and size."""
    print(
        "| scores | good, defective | AUROC | covered | width | AP | covered | width | difference |"
    )
    print("| --- " * 9 + "|")
    for kind in KINDS:
        for n_normal, n_defective in SIZES:
            rng = np.random.default_rng(1)
            share = n_defective / (n_normal + n_defective)
            n_defects = round(N_ALL * share)
            labels, first, _ = draw(rng, kind, N_ALL - n_defects, n_defects)
            truth = {
                "AUROC": auroc(labels, first),
                "AP": average_precision(labels, first),
                "difference": 0.0,
            }
            sets = [bounds(*draw(rng, kind, n_normal, n_defective)) for _ in range(n_sets)]
            cells = [f"{kind}", f"{n_normal}, {n_defective}"]
            for name, value in truth.items():
                low, high = np.array([found[name] for found in sets]).T
                covered = np.mean((low <= value) & (value <= high))
                known = [] if name == "difference" else [f"{value:.3f}"]
                width = [] if name == "difference" else [f"{np.mean(high - low):.3f}"]
                cells += [*known, f"{covered:.3f}", *width]
            print("|", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)

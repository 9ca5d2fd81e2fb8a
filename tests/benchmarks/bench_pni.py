"""PNI against PatchCore on the same memory, and what the network of neighbours takes.

Run ``ANOMALYLAB_DATA=FOLDER python tests/benchmarks/bench_pni.py``, where FOLDER holds
``mvtec_ad/bottle``. lite0 at 224, one thread, the preset cpu; ``--epochs 3`` is enough for times,
because scoring costs the same however long was trained. The memory of a search is one, so that the
ratio tells what shares, permissions and the masked search cost. CPU seconds, the least of several
rounds in turn, because others may use the machine. Peak memory of the network is that of a process
of its own that passes made-up maps through it, less that of the same process before.
"""

import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import argparse
import json
import subprocess
import sys
import time

import numpy as np
from bench_bottle import bottle

from anomalylab.detectors import create
from anomalylab.runs.timing import peak_mib

ROUNDS = 3
TARGET = 2.0
N_CHANNELS, SIDE = 64, 60
"""Of the maps that memory is measured with: the grid of the paper, at 480 pixels."""


def scoring(epochs: int) -> dict:
    """Time both on the test images of bottle."""
    import torch

    torch.set_num_threads(1)
    given = bottle()
    training, test = given.features.subset(given.training), given.features.subset(given.query)
    start = time.process_time()
    pni = create("pni", levels="all", epochs=epochs).fit(training)
    fitting = time.process_time() - start
    patchcore = create("patchcore", levels="all").fit(training)
    patchcore.remember(pni.bank_, pni.bank_image_, pni.bank_cell_)
    seconds = {"pni": [], "patchcore": []}
    for _ in range(ROUNDS):
        for name, detector in (("pni", pni), ("patchcore", patchcore)):
            start = time.process_time()
            detector.score(test)
            seconds[name].append(time.process_time() - start)
    best = {name: min(each) for name, each in seconds.items()}
    rows, channels = pni.bank_.shape
    return {
        "memory": f"{rows} cells of {channels} numbers",
        "queries": len(test) * 196,
        "fit": fitting,
        **best,
        "ratio": best["pni"] / best["patchcore"],
        "allowed": pni.allowed_share(test),
    }


def memory_of_network(n_images: int) -> dict:
    """Return the peak of a pass of maps through the network, and what a list would take."""
    import torch

    from anomalylab.training.neighbourhood import Neighbourhood, NeighbourhoodNet, shares_of_kinds

    torch.set_num_threads(1)
    network = NeighbourhoodNet(N_CHANNELS, 256, Neighbourhood(reach=4, n_layers=3, width=512))
    maps = np.random.default_rng(0).normal(size=(n_images, SIDE, SIDE, N_CHANNELS))
    maps = maps.astype(np.float32)
    shares_of_kinds(network, maps[:1, :8, :8])
    before = peak_mib()
    shares_of_kinds(network, maps)
    listed = n_images * SIDE * SIDE * 80 * N_CHANNELS * 4 / 2**20
    given = n_images * SIDE * SIDE * 256 * 4 / 2**20
    return {"peak_mib": peak_mib() - before, "result_mib": given, "listed_mib": listed}


def in_a_process(*words: str) -> dict:
    """Measure in a process of its own."""
    command = [sys.executable, __file__, *words]
    out = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(out.stdout.splitlines()[-1])


def main() -> None:
    """Measure all and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--only", choices=("scoring", "memory"))
    options = parser.parse_args()
    if options.only:
        made = scoring(options.epochs) if options.only == "scoring" else memory_of_network(4)
        print(json.dumps(made))
        return
    times = in_a_process("--only", "scoring", "--epochs", str(options.epochs))
    print(f"memory {times['memory']}, {times['queries']} queries, 1 thread")
    print(f"fit with {options.epochs} epochs {times['fit']:.1f} CPU s")
    told = "reached" if times["ratio"] <= TARGET else "missed"
    print(
        f"scoring: pni {times['pni']:.2f}, patchcore {times['patchcore']:.2f} CPU s, ratio "
        f"{times['ratio']:.2f} (target {TARGET:g}: {told}); allowed {times['allowed']:.1%}"
    )
    held = in_a_process("--only", "memory")
    print(
        f"network on 4 maps of {SIDE} x {SIDE} x {N_CHANNELS}: {held['peak_mib']:.0f} MiB more at "
        f"the peak, of which the result is {held['result_mib']:.0f}; a list of neighbours alone "
        f"would take {held['listed_mib']:.0f}"
    )


if __name__ == "__main__":
    main()

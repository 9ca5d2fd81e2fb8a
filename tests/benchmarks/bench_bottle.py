"""All detectors on MVTec AD bottle, features cached, against one eager forward of its images.

Run ``ANOMALYLAB_DATA=FOLDER python tests/benchmarks/bench_bottle.py``, where FOLDER holds
``mvtec_ad/bottle``; ``--detector NAME`` measures one of them, ``knn@sroc`` with a preset. lite0 at
224, one thread. Each detector is fitted, scores the test images and is measured by all image and
pixel metrics in a process of its own, at the default levels. CPU seconds beside those on the clock,
because others may use the machine. The forward is timm's whole network as it comes: eager, float32,
batches of 16, decoding left out.
"""

import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from anomalylab import datasets, extractors
from anomalylab.detectors import create
from anomalylab.extractors import Extractor
from anomalylab.features import Features
from anomalylab.runs import roles
from anomalylab.runs.masks import Masks
from anomalylab.runs.measure import image_metrics, pixel_metrics
from anomalylab.runs.timing import peak_mib

DETECTORS = ("knn", "mahalanobis", "padim", "patchcore")
FORWARD = "forward"
SIZE = (224, 224)
SMOOTHING, MAX_FPR, SEED = 4.0, 0.3, 0
BATCH, ROUNDS = 16, 3
TARGET = 20.0
SHOWN = ("auroc", "ap", "pixel_auroc", "au_pro", "au_iou")


@dataclass(frozen=True)
class Bottle:
    """The images and their cached features."""

    root: Path
    samples: pd.DataFrame
    backbone: Extractor
    features: Features
    training: np.ndarray
    query: np.ndarray


def bottle(cache: bool | Path = True) -> Bottle:
    """List the images and read their features, which are made if the cache has none."""
    root = Path(os.environ["ANOMALYLAB_DATA"]) / "mvtec_ad"
    samples = datasets.load("mvtec_ad", root, category="bottle")
    backbone = extractors.create("lite0", size=SIZE)
    extraction = extractors.extract(samples, root, backbone, cache=cache, progress=False)
    training, query = roles.training_rows(samples), roles.query_rows(samples)
    return Bottle(root, samples, backbone, extraction.features, training, query)


class Stopwatch:
    """Seconds on the clock and on the cores, by step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.cpu: dict[str, float] = {}

    def __call__(self, step: str, work: Callable[[], Any]) -> Any:
        """Do a step and return what comes of it."""
        start, cpu = time.perf_counter(), time.process_time()
        result = work()
        self.seconds[step] = time.perf_counter() - start
        self.cpu[step] = time.process_time() - cpu
        return result


def measured(name: str) -> dict:
    """Fit, score and measure one detector."""
    given = bottle()
    name, _, preset = name.partition("@")
    detector = create(name, preset=preset or None)
    watch, before = Stopwatch(), peak_mib()
    training, test = given.features.subset(given.training), given.features.subset(given.query)
    watch("fit", lambda: detector.fit(training))
    scores, score_maps = watch("score", lambda: detector.score(test))
    queries = given.samples.iloc[given.query].reset_index(drop=True)
    of_images, _ = watch(
        "image metrics",
        lambda: image_metrics(name, queries["label"], scores, float(np.median(scores)), seed=SEED),
    )
    of_pixels, _ = watch(
        "pixel metrics",
        lambda: pixel_metrics(
            name,
            queries,
            Masks(given.root),
            score_maps,
            network_size=SIZE,
            smoothing=SMOOTHING,
            max_fpr=MAX_FPR,
        ),
    )
    table = pd.concat([of_images, of_pixels]).set_index("metric")
    values = {metric: float(table.loc[metric, "value"]) for metric in SHOWN}
    ceiling = float(table.loc["au_iou", "ceiling"])
    memory = {"peak_mib": peak_mib(), "own_mib": peak_mib() - before}
    steps = {"seconds": watch.seconds, "cpu": watch.cpu}
    return {**values, "au_iou_ceiling": ceiling, **memory, **steps}


def forward() -> dict:
    """Time the whole network, and the cut one that features come from, over all images."""
    import timm
    import torch

    torch.set_num_threads(1)
    given = bottle()
    model = timm.create_model("tf_efficientnet_lite0").eval()
    batch = np.random.default_rng(0).integers(0, 256, (BATCH, *SIZE, 3), dtype=np.uint8)
    colours = (torch.from_numpy(batch).float() - 127) / 128
    colours = colours.permute(0, 3, 1, 2).contiguous()
    given.backbone(batch)
    watch, cpu = Stopwatch(), {"whole": np.inf, "cut": np.inf}
    with torch.inference_mode():
        model(colours)
        for _ in range(ROUNDS):
            watch("whole", lambda: [model(colours) for _ in range(4)])
            watch("cut", lambda: [given.backbone(batch) for _ in range(4)])
            cpu = {name: min(cpu[name], watch.cpu[name]) for name in cpu}
    return {name: value / (4 * BATCH) * len(given.samples) for name, value in cpu.items()}


def in_own_process(what: str) -> dict:
    """Run this script for one detector, or the forward, and read what it measured."""
    command = [sys.executable, __file__, "--json", "--detector", what]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def table(results: dict[str, dict]) -> str:
    """Return metrics, CPU time and memory in Markdown."""
    ceiling = next(iter(results.values()))["au_iou_ceiling"]
    columns = ("AUROC", "AP", "pixel AUROC", "AU-PRO", f"AU-IoU (ceiling {ceiling:.3f})")
    steps = ("fit", "score", "image metrics", "pixel metrics")
    head = ["detector", *columns, *(f"{step} (CPU s)" for step in steps), "on the clock (s)"]
    rows = [head + ["memory (MiB)", "beyond features (MiB)"]]
    for name, of in results.items():
        values = [f"{of[metric]:.3f}" for metric in SHOWN]
        cpu = [f"{of['cpu'][step]:.2f}" for step in steps]
        clock = f"{sum(of['seconds'].values()):.1f}"
        rows.append([name, *values, *cpu, clock, f"{of['peak_mib']:.0f}", f"{of['own_mib']:.0f}"])
    rows.insert(1, ["---"] * len(rows[0]))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def report(names: list[str]) -> None:
    """Measure detectors one after the other and print them against the forward."""
    given = bottle()
    n_train, n_test = len(given.training), len(given.query)
    print(f"bottle, {n_train} training and {n_test} test images, lite0 at {SIZE[0]}, 1 thread")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores at the start")
    reference = in_own_process(FORWARD)
    results = {name: in_own_process(name) for name in names}
    print(table(results))
    total = sum(sum(of["cpu"].values()) for of in results.values())
    print(f"eager forward of {n_train + n_test} images: {reference['whole']:.1f} CPU s")
    print(f"{', '.join(names)}: {total:.1f} CPU s")
    print(f"ratio {total / reference['whole']:.1f} (target: at most {TARGET:.0f})")
    print(
        f"ratio to our own cut network ({reference['cut']:.1f} s): {total / reference['cut']:.1f}"
    )
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores at the end")


def main() -> None:
    """Print the table and the ratio, or one measurement as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--detector", action="append", help="one of them; repeatable")
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if "ANOMALYLAB_DATA" not in os.environ:
        parser.error("set ANOMALYLAB_DATA to a folder that holds mvtec_ad/bottle")
    names = chosen.detector or list(DETECTORS)
    if chosen.json:
        print(json.dumps(forward() if names == [FORWARD] else measured(names[0])))
    else:
        report(names)


if __name__ == "__main__":
    main()

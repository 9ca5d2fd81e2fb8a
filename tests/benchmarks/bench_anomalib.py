"""PaDiM and PatchCore of anomalib 2.7.0 and of this package: same backbone, layers, size, images.

Run ``ANOMALYLAB_DATA=FOLDER PYTHONPATH=. python tests/benchmarks/bench_anomalib.py``, where FOLDER
holds ``mvtec_ad/bottle``, with a Python that has both packages: a fresh environment, ``pip install
.`` and ``pip install anomalib==2.7.0``. ``--n-train 50`` takes fewer training images; anomalib's
coreset grows with their square. lite0 at 224 with the weights of this package and colours scaled
as they were trained; layers as near to anomalib's defaults as lite0 has them.

anomalib's own data module, models, coreset and metrics run in a plain loop, without the engine,
callbacks and pictures around them. Images are decoded from disk, embedded, fitted and scored, and
AUROC, pixel AUROC and AU-PRO computed at 224 as anomalib does; imports are not timed. Ours runs
from an empty cache (cold), then with nothing kept but the network as OpenVINO wants it, where that
is installed (converted), then with the features kept too (cached). Each is measured in a process
of its own: seconds on the clock, CPU seconds with those of loaders, and peak memory without
loaders.
"""

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from anomalylab.runs.timing import peak_mib

BACKBONE = "tf_efficientnet_lite0"
LAYERS = {"padim": ["blocks.1", "blocks.2", "blocks.4"], "patchcore": ["blocks.2", "blocks.4"]}
LEVELS = {"padim": ["block2", "block3", "block5"], "patchcore": ["block3", "block5"]}
"""The same layers under the names of this package, which counts blocks from 1."""

SIZE = (224, 224)
N_CHANNELS, CORESET, MAX_FPR = 100, 0.1, 0.3
MEAN, STD = [127 / 255] * 3, [128 / 255] * 3
METRICS = ("auroc", "pixel_auroc", "au_pro")
SEED = 0
MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(2**23)}
"""For anomalib's coreset: blocks beyond 8 MiB go back to the system, as they do by themselves from
some 70 images on; of fewer images it else fragments the heap and takes all memory there is."""

THEIRS = "anomalib"

WITH_CORESET = "patchcore-coreset"
"""PatchCore of ours with a coreset instead of exact search."""

TARGETS = {
    "padim": {"cold": 3, "converted": 3, "cached": 15},
    "patchcore": {"cold": 40, "converted": 40, "cached": 80},
}
CORESET_TARGET = 10


@dataclass(frozen=True)
class Setting:
    """What all processes share."""

    root: Path
    n_train: int
    threads: int
    levels: list[str] | None


class Stopwatch:
    """Seconds on the clock and on the cores, by step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.cpu: dict[str, float] = {}

    def __call__(self, step: str, work: Callable[[], Any]) -> Any:
        """Do a step and return what comes of it."""
        start, cpu = time.perf_counter(), cpu_seconds()
        result = work()
        self.seconds[step] = time.perf_counter() - start
        self.cpu[step] = cpu_seconds() - cpu
        return result

    def result(self, values: dict[str, float]) -> dict:
        """Return all that was measured."""
        return {**values, "seconds": self.seconds, "cpu": self.cpu, "mib": peak_mib()}


def cpu_seconds() -> float:
    """CPU time of this process, its threads and its finished children."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def theirs(name: str, setting: Setting) -> dict:
    """Fit, score and measure a model of anomalib."""
    import torch
    from anomalib.data import MVTecAD
    from torchvision.transforms.v2 import Compose, Normalize, Resize

    torch.set_num_threads(setting.threads)
    torch.manual_seed(SEED)
    prepare = Compose([Resize(SIZE, antialias=True), Normalize(MEAN, STD)])
    watch = Stopwatch()
    model = watch("build", lambda: their_model(name))
    data = MVTecAD(
        setting.root, category="bottle", num_workers=setting.threads if setting.threads > 1 else 0
    )
    data.setup()
    data.train_data.subsample(range(setting.n_train), inplace=True)

    def embed() -> None:
        model.train()
        for batch in data.train_dataloader():
            model(prepare(batch.image))

    judged: list[Any] = []

    def score() -> None:
        model.eval()
        for batch in data.test_dataloader():
            image, mask = prepare(batch.image, batch.gt_mask)
            judged.append(batch.update(image=image, gt_mask=mask, **model(image)._asdict()))

    with torch.no_grad():
        watch("embed", embed)
        fit = model.fit if name == "padim" else lambda: model.subsample_embedding(CORESET)
        watch("fit", fit)
        watch("score", score)
        values = watch("metrics", lambda: their_metrics(judged))
    return watch.result(values)


def their_metrics(batches: list[Any]) -> dict[str, float]:
    """Compute metrics by anomalib, which expects scores from 0 to 1."""
    from anomalib.metrics import AUPRO, AUROC

    for field in ("pred_score", "anomaly_map"):
        values = [getattr(batch, field) for batch in batches]
        low, high = min(float(v.min()) for v in values), max(float(v.max()) for v in values)
        for batch, value in zip(batches, values, strict=True):
            batch.update(**{field: (value - low) / (high - low)})
    metrics = {
        "auroc": AUROC(fields=["pred_score", "gt_label"]),
        "pixel_auroc": AUROC(fields=["anomaly_map", "gt_mask"], prefix="pixel_"),
        "au_pro": AUPRO(fields=["anomaly_map", "gt_mask"]),
    }
    for batch in batches:
        for metric in metrics.values():
            metric.update(batch)
    return {name: float(metric.compute()) for name, metric in metrics.items()}


def their_model(name: str) -> Any:
    """Build a model of anomalib with the weights of this package."""
    import timm
    from anomalib.models.image.padim.torch_model import PadimModel
    from anomalib.models.image.patchcore.torch_model import PatchcoreModel

    from anomalylab.extractors import _weights

    given = {"backbone": BACKBONE, "layers": list(LAYERS[name]), "pre_trained": False}
    model = (
        PadimModel(n_features=N_CHANNELS, **given) if name == "padim" else PatchcoreModel(**given)
    )
    whole = timm.create_model(BACKBONE, num_classes=0)
    _weights.load_weights(whole, _weights.find_weights(BACKBONE, "pretrained"))
    features = model.feature_extractor.feature_extractor
    missing = features.load_state_dict(whole.state_dict(), strict=False).missing_keys
    if missing:
        raise SystemExit(f"anomalib's backbone lacks weights: {missing}")
    return model


def ours(name: str, setting: Setting, cache: Path) -> dict:
    """Fit, score and measure a detector of this package."""
    import faiss
    import torch

    from anomalylab import datasets, extractors
    from anomalylab.extractors import _network  # noqa: F401  # timm is imported here
    from anomalylab.images.masks import read_mask
    from anomalylab.localise import AnomalyMaps
    from anomalylab.metrics import auroc, localisation

    torch.set_num_threads(setting.threads)
    faiss.omp_set_num_threads(setting.threads)
    watch = Stopwatch()
    samples = datasets.load("mvtec_ad", setting.root, category="bottle")
    is_train = (samples["split"] == "train").to_numpy()
    samples = samples[~is_train | (is_train.cumsum() <= setting.n_train)].reset_index(drop=True)
    is_train = (samples["split"] == "train").to_numpy()
    test = samples[~is_train]
    detector = our_detector(name)

    def embed() -> Any:
        levels = setting.levels or LEVELS["padim" if name == "padim" else "patchcore"]
        backbone = extractors.create("lite0", levels=levels, size=SIZE)
        return extractors.extract(samples, setting.root, backbone, cache=cache, progress=False)

    def measure() -> dict[str, float]:
        masks = [
            read_mask(setting.root / path, SIZE) if isinstance(path, str) else np.zeros(SIZE, bool)
            for path in test["mask_path"]
        ]
        maps = AnomalyMaps(score_maps, [SIZE] * len(masks), network_size=SIZE)
        found, _ = localisation(masks, maps, max_fpr=MAX_FPR)
        return {"auroc": auroc(test["label"].to_numpy(int), scores), **found}

    features = watch("embed", embed).features
    training, query = (
        features.subset(is_train.nonzero()[0]),
        features.subset((~is_train).nonzero()[0]),
    )
    watch("fit", lambda: detector.fit(training))
    scores, score_maps = watch("score", lambda: detector.score(query))
    values = watch("metrics", measure)
    return watch.result(values)


def our_detector(name: str) -> Any:
    """Build a detector of this package."""
    from anomalylab.detectors import create

    if name == "padim":
        return create("padim", preset="padim", levels="all", n_dims=N_CHANNELS, seed=SEED)
    share = CORESET if name == WITH_CORESET else None
    return create("patchcore", levels="all", coreset=share, seed=SEED)


def in_own_process(side: str, name: str, setting: Setting, cache: str = "") -> dict:
    """Measure one side in a fresh process of so many threads, and print it."""
    load = os.getloadavg()[0]
    libraries = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    limits = dict.fromkeys(libraries, str(setting.threads)) | {"TQDM_DISABLE": "1"}
    if (side, name) == (THEIRS, "patchcore"):
        limits |= MALLOC
    job = json.dumps([side, name, {**asdict(setting), "root": str(setting.root)}, cache])
    command = [sys.executable, "-W", "ignore", __file__, "--worker", job]
    done = subprocess.run(command, env={**os.environ, **limits}, check=True, stdout=subprocess.PIPE)
    found = json.loads(done.stdout.splitlines()[-1])
    metrics = ", ".join(f"{metric} {found[metric]:.3f}" for metric in METRICS)
    steps = ", ".join(
        f"{step} {seconds:.1f} ({found['cpu'][step]:.1f})"
        for step, seconds in found["seconds"].items()
    )
    print(f"{name}, {side}: {metrics}; {found['mib']:.0f} MiB; {steps} s; load {load:.1f}")
    return found


def work(job: str) -> dict:
    """Do what :func:`in_own_process` asks for."""
    side, name, given, cache = json.loads(job)
    setting = Setting(**{**given, "root": Path(given["root"])})
    return theirs(name, setting) if side == THEIRS else ours(name, setting, Path(cache))


def compare(name: str, setting: Setting) -> None:
    """Measure one detector on both sides and print ratios."""
    with tempfile.TemporaryDirectory() as cache:
        sides = {"cold": in_own_process("cold", name, setting, cache)}
        shutil.rmtree(Path(cache) / "features")
        for side in ("converted", "cached"):
            sides[side] = in_own_process(side, name, setting, cache)
        if name == "patchcore":
            coreset = in_own_process("cached", WITH_CORESET, setting, cache)
    reference = in_own_process(THEIRS, name, setting)
    for side, found in sides.items():
        target = f"target: at least {TARGETS[name][side]}"
        print(f"{name}, {side}: {_ratio(reference, found)} times faster ({target})")
    if name == "patchcore":
        ratio = _ratio(reference, coreset, "fit")
        print(f"coreset: {ratio} times faster (target: at least {CORESET_TARGET})")
    for metric in METRICS:
        gain = sides["cold"][metric] - reference[metric]
        print(f"{metric} beside anomalib's: {gain:+.4f} (target: no worse)")
    print(
        f"memory: {sides['cold']['mib'] / reference['mib']:.2f} of anomalib's (target: at most 1)"
    )


def _ratio(reference: dict, found: dict, step: str | None = None) -> str:
    """Say how many times faster, by CPU time and on the clock."""

    def spent(of: dict, kind: str) -> float:
        return of[kind][step] if step else sum(of[kind].values())

    cpu, clock = (spent(reference, kind) / spent(found, kind) for kind in ("cpu", "seconds"))
    return f"{cpu:.1f} (clock {clock:.1f})"


def main() -> None:
    """Print both sides and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n-train", type=int, default=209, help="training images (209)")
    parser.add_argument("--threads", type=int, default=1, help="threads of each side (1)")
    parser.add_argument("--only", choices=list(LAYERS), help="one detector instead of both")
    parser.add_argument("--levels", nargs="+", help="other levels for ours, e.g. block4 block5")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.worker:
        print(json.dumps(work(chosen.worker)))
        return
    if importlib.util.find_spec("anomalib") is None:
        raise SystemExit(
            "anomalib is not installed, nothing to compare with; in an environment of its own: "
            "pip install . anomalib==2.7.0"
        )
    if "ANOMALYLAB_DATA" not in os.environ:
        parser.error("set ANOMALYLAB_DATA to a folder that holds mvtec_ad/bottle")
    root = Path(os.environ["ANOMALYLAB_DATA"]) / "mvtec_ad"
    setting = Setting(root, chosen.n_train, chosen.threads, chosen.levels)
    print(f"bottle, {chosen.n_train} training images, {chosen.threads} threads of {os.cpu_count()}")
    print("seconds on the clock (CPU seconds in parentheses)")
    for name in [chosen.only] if chosen.only else LAYERS:
        compare(name, setting)


if __name__ == "__main__":
    main()

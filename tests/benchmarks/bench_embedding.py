"""What embedding costs beside plain references, in the same run, as ratios of CPU time.

Run by ``pytest tests/benchmarks/bench_embedding.py -s -n0 -p no:cacheprovider``. One thread unless
``ANOMALYLAB_BENCH_THREADS`` says otherwise. CPU time, because others may use the machine.
"""

import os
import time

import numpy as np
import pandas as pd
import pytest

from anomalylab import extractors
from anomalylab.images import read as images

N_IMAGES = 16
ROUNDS = 9
N_THREADS = int(os.environ.get("ANOMALYLAB_BENCH_THREADS", "1"))


@pytest.fixture(scope="module", autouse=True)
def threads():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(N_THREADS)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def batch():
    return np.random.default_rng(0).integers(0, 256, (N_IMAGES, 224, 224, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def plain():
    """timm's own way to feature maps: all stages, eager, float32; channels first as it comes."""
    import timm
    import torch

    model = timm.create_model("tf_efficientnet_lite0", features_only=True).eval()

    def run(batch, memory_format=torch.contiguous_format):
        with torch.inference_mode():
            colours = (torch.from_numpy(batch).float() - 127) / 128
            return model(colours.permute(0, 3, 1, 2).contiguous(memory_format=memory_format))

    return run


def cpu_seconds(*functions):
    """Return the median CPU time of each function, in turns so that all meet the same load."""
    for function in functions:
        function()
    seconds = np.empty((ROUNDS, len(functions)))
    for row in seconds:
        for column, function in enumerate(functions):
            start = time.process_time()
            function()
            row[column] = time.process_time() - start
    return np.median(seconds, axis=0)


def report(what, ratio, target, **facts):
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    told = ", ".join(f"{name} {value:.3f}" for name, value in facts.items())
    print(f"\n{what}: {ratio:.2f} (target {target}); {told}; {N_THREADS} threads, load {load:.1f}")


@pytest.mark.parametrize(
    ("engine", "levels", "target"),
    [
        ("torch", ["block4", "block6", "block7"], ">= 1.3"),
        ("torch", ["block4"], ">= 1.3"),
        ("openvino", ["block4", "block6", "block7"], ">= 2.5"),
    ],
)
def test_cut_network_against_all_stages_of_timm(plain, batch, engine, levels, target):
    if engine == "openvino":
        pytest.importorskip("openvino")
    import torch

    backbone = extractors.create("lite0", engine=engine, levels=levels, batch_size=N_IMAGES)
    reference, last, ours = cpu_seconds(
        lambda: plain(batch),
        lambda: plain(batch, torch.channels_last),
        lambda: backbone(batch),
    )
    what = f"lite0 at 224, batch {N_IMAGES}, up to {levels[-1]}, {engine}, times faster"
    report(what, reference / ours, target, features_only=reference, channels_last=last, ours=ours)


def test_cold_files_against_decoding_and_network(tmp_path):
    if "ANOMALYLAB_DATA" not in os.environ:
        pytest.skip("set ANOMALYLAB_DATA to a folder that holds mvtec_ad/bottle")
    from pathlib import Path

    import torch

    root = Path(os.environ["ANOMALYLAB_DATA"]) / "mvtec_ad" / "bottle"
    names = sorted(path.relative_to(root).as_posix() for path in root.glob("t*/*/*.png"))
    samples = pd.DataFrame({"sample_id": names, "image_path": names})
    backbone = extractors.create("lite0")
    some = names[::5]
    decoded = []

    def decode():
        decoded[:] = [images.read_image(root / name, size=(224, 224)) for name in some]

    decode()
    stacked = np.stack(decoded)
    parts = cpu_seconds(decode, lambda: backbone(stacked)) * len(names) / len(some)
    wall, start = time.perf_counter(), time.process_time()
    extractors.extract(samples, root, backbone, cache=tmp_path, progress=False)
    ours, wall = time.process_time() - start, time.perf_counter() - wall
    facts = {"decode": parts[0], "network": parts[1], "ours": ours, "wall": wall}
    report(f"{len(names)} cold files, CPU over its parts", ours / sum(parts), "<= 1.3", **facts)
    start = time.perf_counter()
    extractors.extract(samples, root, backbone, cache=tmp_path, progress=False)
    cached = time.perf_counter() - start
    report("the same files again, share of the first wall-clock", cached / wall, "-", wall=cached)
    assert torch.get_num_threads() == N_THREADS

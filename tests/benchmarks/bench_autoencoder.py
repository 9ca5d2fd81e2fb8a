"""What an epoch of an auto-encoder costs beside forward and backward of the same batches.

Run by ``pytest tests/benchmarks/bench_autoencoder.py -s -n0 -p no:cacheprovider``: 2 016 images of
256 x 256, the network of the article, an epoch of the recipe against bare steps on tensors that are
there already. ``ANOMALYLAB_BENCH_IMAGES=256`` is a quick look. One thread unless
``ANOMALYLAB_BENCH_THREADS`` says otherwise. Ratios of CPU time, because others may use the machine.
"""

import os
import resource
import time

import numpy as np
import pytest
import torch

from anomalylab.training import TrainingPlan
from anomalylab.training.autoencoder.architectures import architecture
from anomalylab.training.autoencoder.augment import augmented
from anomalylab.training.autoencoder.fit import fit
from anomalylab.training.autoencoder.network import AutoEncoder, as_tensor
from anomalylab.training.autoencoder.options import Augmentation

N_IMAGES = int(os.environ.get("ANOMALYLAB_BENCH_IMAGES", "2016"))
N_THREADS = int(os.environ.get("ANOMALYLAB_BENCH_THREADS", "1"))
N_GIVEN = max(2, N_IMAGES // 10)
"""Images that are there before copies are made."""

BATCH = 32
MEBIBYTE = 2**20


@pytest.fixture(scope="module", autouse=True)
def threads():
    before = torch.get_num_threads()
    torch.set_num_threads(N_THREADS)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "cache"))


def smooth(n_images, side):
    """Smooth random pictures."""
    rng = np.random.default_rng(0)
    small = rng.integers(60, 200, (n_images, 8, 8, 3)).astype(np.uint8)
    return small.repeat(side // 8, axis=1).repeat(side // 8, axis=2)


def peak():
    """Most memory held so far, in MiB (Linux tells KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEBIBYTE


def bare_step(network, optimizer, images):
    """One step on a tensor, and nothing else."""
    optimizer.zero_grad(set_to_none=True)
    loss = (network(images) - images).square().mean()
    loss.backward()
    optimizer.step()


def bare_epoch(shape, images):
    """CPU seconds of forward and backward of all batches, each made before the clock runs."""
    network = AutoEncoder(shape).to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.0)
    seconds = 0.0
    for start in range(0, len(images), BATCH):
        batch = as_tensor(images[start : start + BATCH])
        began = time.process_time()
        bare_step(network, optimizer, batch)
        seconds += time.process_time() - began
    return seconds


@pytest.mark.parametrize("name", ["seed", "AE128"])
def test_an_epoch_beside_bare_steps(name):
    shape = architecture(name)
    given = smooth(N_GIVEN, shape.size)
    how = Augmentation(n_images=N_IMAGES)
    began = time.process_time()
    images = augmented(given, how, 0)
    copying = time.process_time() - began
    bare_epoch(shape, images[:BATCH])  # the first step prepares what the others find
    before, bare = peak(), bare_epoch(shape, images)
    plan = TrainingPlan(epochs=1, batch_size=BATCH, validation=0.0, device="cpu")
    began = time.process_time()
    fit(AutoEncoder(shape), given, np.arange(len(given)), augmentation=how, plan=plan, key={})
    whole = time.process_time() - began
    print(
        f"\n{name}, {N_IMAGES} images of {shape.size} x {shape.size}, batches of {BATCH}: an epoch "
        f"takes {whole / bare:.2f} times as long as forward and backward (<= 1.3), {whole:.1f} and "
        f"{bare:.1f} s; copies are made once, in {copying:.1f} s; peak {peak():.0f} MiB, "
        f"{before:.0f} before training; {N_THREADS} threads, load {os.getloadavg()[0]:.1f}"
    )

"""What the training loop costs beside forward and backward, and what frozen layers save.

Run by ``pytest tests/benchmarks/bench_training.py -s -n0 -p no:cacheprovider``. One thread unless
``ANOMALYLAB_BENCH_THREADS`` says otherwise. Ratios of CPU time, because others may use the machine;
waiting for the disk is in none of them but ``share by the clock``.
"""

import os
import resource
import time
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from torch import nn

from anomalylab import extractors
from anomalylab.training import TrainingPlan
from anomalylab.training.embedding_net import EmbeddingNet
from anomalylab.training.frozen import LowerFeatures
from anomalylab.training.lessons import Lessons
from anomalylab.training.loop import train
from anomalylab.training.row_loss import RowLoss

N_IMAGES = 32
ROUNDS = 3
N_THREADS = int(os.environ.get("ANOMALYLAB_BENCH_THREADS", "1"))
BODIES = [
    ("lite0", "block3", {}),
    ("lite0", "block4", {}),
    ("lite0", "block5", {}),
    ("lite0", "block6", {}),
    ("resnet18", "layer2", {"weights": "random"}),
    ("dinov2_vits14", "block9", {"weights": "random"}),
]


@pytest.fixture(scope="module", autouse=True)
def threads():
    before = torch.get_num_threads()
    torch.set_num_threads(N_THREADS)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def images():
    """Smooth random pictures, on which lines can be drawn."""
    rng = np.random.default_rng(0)
    small = rng.integers(60, 200, (N_IMAGES, 14, 14, 3)).astype(np.uint8)
    return small.repeat(16, axis=1).repeat(16, axis=2)


def both_clocks():
    return np.array([time.process_time(), time.perf_counter()])


class Watch:
    """Sums up what calls cost, in CPU time and by the clock."""

    def __init__(self):
        self.seconds = np.zeros(2)

    def timed(self, call):
        def timed_call(*args, **options):
            start = both_clocks()
            try:
                return call(*args, **options)
            finally:
                self.seconds += both_clocks() - start

        return timed_call


@contextmanager
def load_told(what, unit=""):
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    told = {}
    yield told
    facts = ", ".join(f"{name} {value:.3f}" for name, value in told.items())
    print(f"\n{what}: {facts}{unit}; {N_THREADS} threads, load {load:.1f}")


@pytest.mark.parametrize("frozen", ["block4", "block5"])
def test_share_of_forward_and_backward(images, frozen, monkeypatch):
    body = extractors.body("lite0", frozen=frozen)
    net = EmbeddingNet(body)
    loss_of = RowLoss(net, images, None, np.arange(N_IMAGES), Lessons(copies=1), seed=0)
    loss_of.versions.maps(np.arange(2))  # frozen layers are not part of an epoch
    forward, gathering, backward = Watch(), Watch(), Watch()
    monkeypatch.setattr(loss_of.versions, "maps", gathering.timed(loss_of.versions.maps))
    monkeypatch.setattr(torch.Tensor, "backward", backward.timed(torch.Tensor.backward))
    plan = TrainingPlan(epochs=3, batch_size=16)
    start = both_clocks()
    train(net, forward.timed(loss_of), groups=np.arange(N_IMAGES), plan=plan, key={})
    whole = both_clocks() - start
    shares = (forward.seconds - gathering.seconds + backward.seconds) / whole
    with load_told(f"lite0 from {frozen}, 16 pairs a step: forward and backward (>= 0.85)") as told:
        told["share"], told["share by the clock"] = shares
        told["CPU seconds"], told["by the clock"] = whole


@pytest.mark.parametrize(("name", "frozen", "options"), BODIES)
def test_an_epoch_with_frozen_layers_kept(images, name, frozen, options):
    labels = torch.arange(N_IMAGES) % 2
    body = extractors.body(name, frozen=frozen, **options)
    whole = extractors.body(name, frozen=None, **options)
    start = time.process_time()
    maps = LowerFeatures(body).of(images)
    first = time.process_time() - start
    head = nn.Linear(body.n_channels, 2)

    def epoch(upper, read):
        """Return the fewest seconds of some passes over all images."""
        optimizer = torch.optim.AdamW([*upper.train().parameters(), *head.parameters()], lr=1e-4)
        seconds = []
        for _ in range(ROUNDS):
            start = time.process_time()
            for rows in np.split(np.arange(N_IMAGES), 2):
                optimizer.zero_grad()
                logits = head(upper(read(rows)).mean((1, 2)))
                nn.functional.cross_entropy(logits, labels[rows]).backward()
                optimizer.step()
            seconds.append(time.process_time() - start)
        return min(seconds)

    def lower_now(rows):
        with torch.no_grad():
            return body.lower(torch.from_numpy(images[rows]))

    kept = epoch(body.upper, lambda rows: torch.from_numpy(maps[rows]))
    again = epoch(body.upper, lower_now)
    all_learns = epoch(whole.upper, lambda rows: whole.lower(torch.from_numpy(images[rows])))
    with load_told(f"{name} from {frozen}, batch 16: an epoch costs less (>= 2)") as told:
        told["times, all learns"] = all_learns / kept
        told["times, frozen but computed again"] = again / kept
        told["kept, ms an image"] = 1e3 * kept / N_IMAGES
        told["frozen part, ms an image"] = 1e3 * first / N_IMAGES


@pytest.mark.parametrize("batch_size", [8, 16, 32, 64])
def test_batch_sizes(images, batch_size):
    body = extractors.body("lite0")
    upper, head = body.upper.train(), nn.Linear(body.n_channels, 2)
    maps = torch.from_numpy(LowerFeatures(body).of(images))
    labels = torch.arange(N_IMAGES) % 2
    seconds = []
    for _ in range(ROUNDS + 1):
        start = time.process_time()
        for rows in torch.arange(N_IMAGES).split(batch_size):
            logits = head(upper(maps[rows]).mean((1, 2)))
            nn.functional.cross_entropy(logits, labels[rows]).backward()
        seconds.append(time.process_time() - start)
    with load_told(f"lite0 from block4, batch {batch_size}") as told:
        told["ms an image"] = 1e3 * min(seconds) / N_IMAGES


def test_what_a_step_of_the_loop_costs_by_itself():
    net = nn.Linear(4, 2)
    x = torch.ones(512, 4)
    loss_of = lambda rows, rng, is_training: (net(x[rows]).square().mean(), {})  # noqa: E731
    plan = TrainingPlan(epochs=10, batch_size=8, validation=0.0)
    train(net, loss_of, groups=np.arange(8), plan=plan, key={"warm": True})
    start = time.process_time()
    train(net, loss_of, groups=np.arange(512), plan=plan, key={})
    with load_told("a linear layer", " ms") as told:
        told["a step"] = 1e3 * (time.process_time() - start) / (10 * 64)


@pytest.mark.parametrize("n_images", [64, 256, 1024])
def test_growth_with_images(n_images):
    """Seconds and memory of frozen layers and an epoch: in proportion to the number of images."""
    body = extractors.body("tiny", size=224)
    images = np.random.default_rng(0).integers(0, 256, (n_images, 224, 224, 3), dtype=np.uint8)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    maps = LowerFeatures(body).of(images)
    first = time.process_time() - start
    start = time.process_time()
    LowerFeatures(body).of(images)
    again = time.process_time() - start
    with load_told(f"{n_images} images") as told:
        told["first, ms an image"] = 1e3 * first / n_images
        told["found again, ms an image"] = 1e3 * again / n_images
        told["maps, MB"] = maps.nbytes / 1e6
        told["more memory at most, MB"] = (
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        ) / 1e3

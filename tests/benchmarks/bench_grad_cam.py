"""Grad-CAM of one image against its plain forward pass, by lite0 at 224 with one thread.

Run ``python tests/benchmarks/bench_grad_cam.py``. Weights of the network are needed, images are
not: times do not depend on what an image shows.
"""

import os
import statistics
import time

import numpy as np
import torch

from anomalylab import extractors
from anomalylab.training.embedding_net import EmbeddingNet

LIMIT = 300
"""Milliseconds that the heat of an image may take."""

ROUNDS = 20
N_MANY = 32


def median_ms(function, rounds: int = ROUNDS) -> float:
    """Return the median duration of a call, in milliseconds."""
    function()
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        found.append(1000 * (time.perf_counter() - start))
    return statistics.median(found)


def main() -> None:
    """Print times and their ratios."""
    torch.set_num_threads(1)
    network = EmbeddingNet(extractors.body("lite0")).eval()
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (N_MANY, 224, 224, 3), np.uint8)
    one, nearest = images[:1], network.embed(images[1:2])
    forward = median_ms(lambda: network.embed(one))
    print(f"lite0 at 224, one thread, load {os.getloadavg()[0]:.1f}")
    print(f"forward pass of an image        {forward:8.1f} ms")
    for of in ("logit", "distance"):
        heat = median_ms(lambda of=of: network.heat(one, of=of, nearest=nearest))
        word = "within" if heat <= LIMIT else "BEYOND"
        print(f"heat of the {of:9s}           {heat:8.1f} ms, {word} {LIMIT} ms")
        print(f"  ratio to the forward pass     {heat / forward:8.2f}")
    many = median_ms(lambda: network.embed(images), 3)
    near = np.repeat(nearest, N_MANY, axis=0)
    heat = median_ms(lambda: network.heat(images, of="distance", nearest=near), 3)
    print(f"{N_MANY} images: forward, heat        {many:8.1f} ms, {heat:.1f} ms")
    print(f"  ratio                         {heat / many:8.2f}")


if __name__ == "__main__":
    main()

"""Exact search and coreset against plain references, on a problem of the size of MVTec bottle.

Run with ``pytest tests/benchmarks/bench_patchcore.py -n0 -s``. Rows have the falling variance of
network features; ``-k structure`` shows rows without it, where no bound can spare comparisons.
"""

import os
import time

import faiss
import numpy as np
import pytest
import torch

from anomalylab.compute.coreset import k_center, random_projection
from anomalylab.compute.neighbours import NearestNeighbours

N_BANK, N_QUERIES, N_CHANNELS = 209 * 196, 83 * 196, 592
PART = 8
"""Queries and centres of the references are cut by this factor, and their times multiplied."""


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads(), faiss.omp_get_max_threads()
    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    yield
    torch.set_num_threads(before[0])
    faiss.omp_set_num_threads(before[1])


def draw(n_rows, decay, seed):
    """Rows whose directions hold variance that falls as a power, turned at random."""
    rng = np.random.default_rng(seed)
    scale = np.arange(1, N_CHANNELS + 1) ** -decay
    turn = np.linalg.qr(np.random.default_rng(9).normal(size=(N_CHANNELS, N_CHANNELS)))[0]
    return ((rng.normal(size=(n_rows, N_CHANNELS)) * scale) @ turn).astype(np.float32)


def cpu_seconds(function, *args):
    start = time.process_time()
    result = function(*args)
    return time.process_time() - start, result


def torch_search(bank, queries, k):
    parts = torch.from_numpy(queries).split(256)
    bank_ = torch.from_numpy(bank)
    return torch.cat([torch.cdist(q, bank_).topk(k, largest=False).indices for q in parts]).numpy()


def faiss_search(bank, queries, k):
    index = faiss.IndexFlatL2(bank.shape[1])
    index.add(bank)
    return index.search(queries, k)[1]


def naive_k_center(points, n_centres):
    """The distance of every point to every new centre, one matrix product a step."""
    points_ = torch.from_numpy(points)
    nearest = torch.cdist(points_, points_[:1])
    chosen = [0]
    for _ in range(n_centres - 1):
        chosen.append(int(nearest.argmax()))
        nearest = torch.minimum(nearest, torch.cdist(points_, points_[chosen[-1:]]))
    return np.array(chosen)


def report(name, seconds, **others):
    ratios = ", ".join(f"{other} x {value / seconds:.1f}" for other, value in others.items())
    load = os.getloadavg()[0]
    print(f"\n{name}: {seconds:.1f} CPU s; {ratios}; 1 thread, load {load:.1f}")


@pytest.mark.parametrize("k", [1, 5])
@pytest.mark.parametrize("decay", [1.0, 0.0], ids=["falling", "structureless"])
def test_exact_search(decay, k):
    bank, queries = draw(N_BANK, decay, 0), draw(N_QUERIES, decay, 1)
    some = queries[::PART]
    ours, found = cpu_seconds(lambda: NearestNeighbours(bank).search(queries, k)[1])
    by_torch, expected = cpu_seconds(torch_search, bank, some, k)
    by_faiss, _ = cpu_seconds(faiss_search, bank, some, k)
    name = f"search of {N_QUERIES} x {N_BANK} x {N_CHANNELS}, k={k}, decay={decay}"
    report(name, ours, torch=PART * by_torch, faiss=PART * by_faiss)
    assert (found[::PART] == expected).mean() > 0.999


def test_coreset_of_a_tenth():
    points = random_projection(draw(N_BANK, 1.0, 0), 128, seed=0)
    n_centres = N_BANK // 10
    ours, centres = cpu_seconds(lambda: k_center(points, n_centres, first=0))
    naive, expected = cpu_seconds(naive_k_center, points, n_centres // PART)
    report(f"coreset of {n_centres} of {N_BANK}", ours, naive=PART * naive)
    assert (centres[:50] == expected[:50]).all()


def test_coreset_of_isotropic_rows():
    points = np.random.default_rng(0).normal(size=(20_000, 128)).astype(np.float32)
    ours, _ = cpu_seconds(lambda: k_center(points, 2000, first=0))
    naive, _ = cpu_seconds(naive_k_center, points, 2000 // PART)
    report("coreset of 2000 of 20000 isotropic rows", ours, naive=PART * naive)

import threading
from contextlib import contextmanager

import numpy as np
import pytest
import torch

from anomalylab.compute import blas
from anomalylab.compute.neighbours import NearestNeighbours
from anomalylab.compute.threads import in_pieces, n_threads


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_results_come_in_the_order_of_the_items(two_threads):
    assert in_pieces(lambda i: i * i, range(20)) == [i * i for i in range(20)]


def test_each_piece_has_one_torch_thread_and_afterwards_there_are_as_many_as_before(two_threads):
    both = threading.Barrier(2)

    def work(_):
        both.wait(timeout=10)  # two pieces are done at a time
        return torch.get_num_threads()

    assert in_pieces(work, range(4)) == [1, 1, 1, 1]
    assert n_threads() == 2


def test_linear_algebra_is_held_to_one_thread_once_around_all_pieces(two_threads, monkeypatch):
    held = []

    @contextmanager
    def limits(**_):
        held.append(threading.current_thread())
        yield

    monkeypatch.setattr(blas, "threadpool_limits", limits)
    assert in_pieces(blas.one_blas_thread()(abs), range(6)) == list(range(6))
    assert held == [threading.current_thread()]


def test_an_error_in_a_piece_is_raised_and_the_threads_are_set_back(two_threads):
    with pytest.raises(ZeroDivisionError):
        in_pieces(lambda i: 1 / i, range(3))
    assert n_threads() == 2


def test_a_search_in_pieces_gives_the_same_bits(rng, two_threads):
    bank = rng.normal(size=(3000, 200)).astype("float32")
    queries = rng.normal(size=(700, 200)).astype("float32")
    in_two = NearestNeighbours(bank).search(queries, 3)
    torch.set_num_threads(1)
    in_one = NearestNeighbours(bank).search(queries, 3)
    for two, one in zip(in_two, in_one, strict=True):
        np.testing.assert_array_equal(two, one)

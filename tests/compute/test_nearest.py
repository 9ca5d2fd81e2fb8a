"""The search that needs no torch finds what the other one finds."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch.nn import functional

from anomalylab.compute import locally_aware, nearest
from anomalylab.compute.nearest import AllPairs, nearest_neighbours
from anomalylab.compute.neighbours import NearestNeighbours
from anomalylab.errors import ParameterError


def rows_far_from_the_origin(rng, n_rows, n_channels):
    scale = np.exp(-np.arange(n_channels) / 12)
    return (rng.normal(size=(n_rows, n_channels)) * scale + 30).astype(np.float32)


@pytest.mark.parametrize(("n_bank", "n_channels", "k"), [(1, 4, 1), (65, 2, 65), (900, 80, 1)])
def test_both_searches_find_the_same(rng, n_bank, n_channels, k):
    rows = rows_far_from_the_origin(rng, n_bank + 150, n_channels)
    bank, queries = rows[:n_bank], rows[n_bank:]
    squared, found = AllPairs(bank).search(queries, k)
    expected, expected_rows = NearestNeighbours(bank).search(queries, k)
    np.testing.assert_array_equal(found, expected_rows)
    np.testing.assert_allclose(squared, expected, rtol=1e-12)


@pytest.mark.parametrize("k", [1, 4])
def test_both_searches_leave_out_the_same_groups(rng, k):
    rows = rows_far_from_the_origin(rng, 240, 16)
    groups = np.repeat(np.arange(30), 8)
    given = [
        search(rows, groups=groups).search(rows, k, exclude_groups=groups)
        for search in (AllPairs, NearestNeighbours)
    ]
    np.testing.assert_array_equal(given[0][1], given[1][1])
    np.testing.assert_allclose(given[0][0], given[1][0], rtol=1e-12)
    assert (groups[given[0][1]] != groups[:, None]).all()


@pytest.mark.parametrize("k", [1, 5])
def test_the_bits_of_a_query_do_not_depend_on_its_company(rng, k):
    rows = rng.normal(size=(300, 70)).astype(np.float32)
    bank = np.concatenate([rows, np.nextafter(rows[:80], np.float32(9))])  # many as good as equal
    queries = np.concatenate([rows[40:140], rng.normal(size=(60, 70)).astype(np.float32)])
    whole = AllPairs(bank).search(queries, k)
    alone = [AllPairs(bank).search(query[None], k) for query in queries]
    for part in range(2):
        np.testing.assert_array_equal(whole[part], np.concatenate([one[part] for one in alone]))
    difference = bank[whole[1]].astype(np.float64) - queries[:, None]
    np.testing.assert_array_equal(whole[0], np.square(difference).sum(axis=2))


def test_of_equal_rows_the_first_is_nearest():
    bank = np.repeat(np.arange(5, dtype=np.float32)[:, None], 3, axis=0)
    found = AllPairs(bank).search(np.array([[2.2]], np.float32), 4)[1]
    assert found.tolist() == [[6, 7, 8, 9]]


def test_what_cannot_be_searched_is_refused(rng):
    bank = rng.normal(size=(6, 3)).astype(np.float32)
    with pytest.raises(ParameterError, match="shape"):
        AllPairs(bank[:0])
    with pytest.raises(ParameterError, match="rise"):
        AllPairs(bank, groups=np.arange(6)[::-1])
    with pytest.raises(ParameterError, match="k must lie from 1 to 6"):
        AllPairs(bank).search(bank, 7)
    with pytest.raises(ParameterError, match="queries must have shape"):
        AllPairs(bank).search(bank[:, :2], 1)


def test_the_size_of_the_bank_alone_decides_which_search_is_taken(rng, monkeypatch):
    bank = rng.normal(size=(20, 3)).astype(np.float32)
    assert isinstance(nearest_neighbours(bank), AllPairs)
    monkeypatch.delitem(sys.modules, "torch")
    assert isinstance(nearest_neighbours(bank), AllPairs)
    monkeypatch.undo()
    monkeypatch.setattr(nearest, "MAX_PRODUCTS", 100)
    assert isinstance(nearest_neighbours(bank), NearestNeighbours)


def test_the_mean_of_nine_cells_is_that_of_torch_to_the_bit(rng):
    level = rng.normal(size=(3, 5, 4, 6)).astype(np.float32)
    maps = torch.from_numpy(level).permute(0, 3, 1, 2)
    expected = functional.avg_pool2d(maps, 3, stride=1, padding=1).permute(0, 2, 3, 1).numpy()
    np.testing.assert_array_equal(locally_aware.neighbourhood_mean(level), expected)


def test_a_small_patchcore_needs_no_torch():
    code = (
        "import sys, numpy as np\n"
        "from anomalylab import detectors\n"
        "from anomalylab.features import Features\n"
        "level = np.random.default_rng(0).normal(size=(8, 4, 4, 6)).astype(np.float32)\n"
        "detectors.create('patchcore').fit(Features({'a': level})).training_scores()\n"
        "print('torch' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"

"""Exact search finds what brute force finds, whatever its blocks."""

import numpy as np
import pytest
import torch

from anomalylab.compute import neighbours
from anomalylab.compute.neighbours import NearestNeighbours
from anomalylab.errors import ParameterError


def brute_force(queries, bank, k, hidden=None):
    difference = queries[:, None].astype(np.float64) - bank[None]
    squared = (difference**2).sum(axis=2)
    if hidden is not None:
        squared[hidden] = np.inf
    rows = squared.argsort(axis=1, kind="stable")[:, :k]
    return np.take_along_axis(squared, rows, 1), rows


def rows_of_falling_variance(rng, n_rows, n_channels):
    """Rows as networks give them: few directions hold most of the variance, far from the origin."""
    scale = np.exp(-np.arange(n_channels) / 12)
    rotation = np.linalg.qr(rng.normal(size=(n_channels, n_channels)))[0]
    return (rng.normal(size=(n_rows, n_channels)) * scale @ rotation + 3).astype(np.float32)


@pytest.mark.parametrize(
    ("n_bank", "n_channels", "k"), [(1, 4, 1), (65, 2, 65), (1000, 20, 7), (1700, 200, 5)]
)
def test_neighbours_are_those_of_brute_force(rng, n_bank, n_channels, k):
    rows = rows_of_falling_variance(rng, n_bank + 50, n_channels)
    bank, queries = rows[:n_bank], rows[n_bank:]
    squared, found = NearestNeighbours(bank).search(queries, k)
    expected_squared, expected = brute_force(queries, bank, k)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_allclose(squared, expected_squared, rtol=1e-13)


@pytest.mark.parametrize("block_bytes", [2**16, 2**20])
def test_several_blocks_of_the_bank_give_the_same_bits(rng, block_bytes):
    rows = rows_of_falling_variance(rng, 1900, 200)
    whole = NearestNeighbours(rows[300:]).search(rows[:300], 3)
    parts = NearestNeighbours(rows[300:], block_bytes=block_bytes).search(rows[:300], 3)
    one_by_one = [NearestNeighbours(rows[300:]).search(row[None], 3) for row in rows[:20]]
    for i in range(2):
        np.testing.assert_array_equal(parts[i], whole[i])
        np.testing.assert_array_equal(np.concatenate([o[i] for o in one_by_one]), whole[i][:20])


def test_the_number_of_threads_does_not_change_a_bit(rng):
    rows = rows_of_falling_variance(rng, 1900, 200)
    searcher = NearestNeighbours(rows[300:])
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        one = searcher.search(rows[:300], 3)
        torch.set_num_threads(2)
        two = searcher.search(rows[:300], 3)
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(one[0], two[0])
    np.testing.assert_array_equal(one[1], two[1])


@pytest.mark.parametrize(("n_channels", "n_directions"), [(200, 94), (120, 46)])
def test_the_bound_by_principal_directions_never_exceeds_the_distance(
    rng, n_channels, n_directions
):
    rows = torch.from_numpy(rows_of_falling_variance(rng, 2000, n_channels))
    mean = rows.mean(0)
    basis = neighbours.principal_directions(rows, mean)
    assert basis.shape == (n_channels, n_directions)
    bound = neighbours.Bound(rows, mean, basis)
    columns, half = bound.columns_of(rows[:100])
    product = torch.cat([columns, torch.ones(100, 1)], 1) @ bound.columns[:2000].T
    below = 2 * (half[:, None] - product).double().numpy()
    exact = ((rows[:100, None].double() - rows[None].double()) ** 2).sum(2).numpy()
    assert (below <= exact).all()


@pytest.fixture
def compared(monkeypatch):
    """Numbers of pairs that are compared in full, as they are added up."""
    numbers = []
    original = neighbours.squared_distances

    def counted(queries, query, bank, row):
        numbers.append(len(query))
        return original(queries, query, bank, row)

    monkeypatch.setattr(neighbours, "squared_distances", counted)
    return numbers


def test_the_bound_spares_nearly_all_comparisons_on_rows_of_falling_variance(rng, compared):
    rows = rows_of_falling_variance(rng, 2100, 200)
    NearestNeighbours(rows[100:]).search(rows[:100], 1)
    assert sum(compared) < 0.02 * 100 * 2000


def test_rows_without_structure_are_searched_over_all_columns(rng, compared):
    rows = rng.normal(size=(1900, 200)).astype(np.float32)
    searcher = NearestNeighbours(rows[100:])
    found = searcher.search(rows[:100], 4)[1]
    np.testing.assert_array_equal(found, brute_force(rows[:100], rows[100:], 4)[1])
    # The bound leaves far more pairs than these; products over all columns leave the nearest.
    assert sum(compared) < 0.02 * 100 * 1800


def test_a_query_does_not_see_its_own_group(rng):
    rows = rows_of_falling_variance(rng, 600, 12)
    groups = np.repeat(np.arange(20), 30)
    searcher = NearestNeighbours(rows, groups=groups, block_bytes=2**17)
    squared, found = searcher.search(rows, 4, exclude_groups=groups)
    hidden = groups[:, None] == groups[None]
    np.testing.assert_array_equal(found, brute_force(rows, rows, 4, hidden)[1])
    assert (squared > 0).all()


def test_of_equally_near_rows_the_first_is_taken(rng):
    bank = np.tile(rng.normal(size=(3, 5)).astype(np.float32), (100, 1))
    squared, found = NearestNeighbours(bank, block_bytes=2**15).search(bank[:3], 3)
    np.testing.assert_array_equal(found, [[0, 3, 6], [1, 4, 7], [2, 5, 8]])
    assert (squared == 0).all()


def test_distances_far_from_the_origin_keep_their_digits():
    bank = np.array([[1e4, 0], [1e4 + 1, 0]], np.float32)
    squared, _ = NearestNeighbours(bank).search(bank[:1] + np.float32(0.25), 2)
    # Offsets of (0.25, 0.25) and (0.75, 0.25).
    np.testing.assert_array_equal(squared, [[0.125, 0.625]])


def test_more_neighbours_than_rows_are_refused(rng):
    bank = rng.normal(size=(6, 3)).astype(np.float32)
    searcher = NearestNeighbours(bank, groups=np.array([0, 0, 0, 0, 1, 1]))
    with pytest.raises(ParameterError, match="from 1 to 6"):
        searcher.search(bank, 7)
    with pytest.raises(ParameterError, match="from 1 to 2"):
        searcher.search(bank[:1], 3, exclude_groups=np.array([0]))


def test_rows_of_other_channels_are_refused(rng):
    with pytest.raises(ParameterError, match=r"\(n, 3\)"):
        NearestNeighbours(np.zeros((6, 3), np.float32)).search(np.zeros((2, 4), np.float32), 1)


def test_groups_that_fall_are_refused():
    with pytest.raises(ParameterError, match="rise"):
        NearestNeighbours(np.zeros((2, 3), np.float32), groups=np.array([1, 0]))

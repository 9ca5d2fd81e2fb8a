"""Images to look at first are joined by what is odd in them, as near as no ordinary ones are."""

import numpy as np
import pytest

from anomalylab.compute.look_alike import distances, joined, look_alike, oddities, weights

N_ORDINARY = 20
GRID, COARSE = 8, 4


@pytest.fixture
def levels(rng):
    """Six odd images and ordinary ones; 0, 2, 5 share an oddity in other places, 1, 4 another."""
    n = 6 + N_ORDINARY
    fine, coarse = rng.normal(5, 1, (n, GRID, GRID, 12)), rng.normal(0, 3, (n, COARSE, COARSE, 30))
    kinds = [[rng.normal(0, scale, size) for scale, size in ((8, 12), (24, 30))] for _ in range(3)]
    for row, kind in enumerate([0, 1, 0, 2, 1, 0]):
        down, right = 2 * (row % 3), 2 * (row // 2)
        fine[row, down : down + 2, right : right + 2] += kinds[kind][0]
        coarse[row, down // 2, right // 2] += kinds[kind][1]
    return {"fine": fine.astype(np.float32), "coarse": coarse.astype(np.float32)}


@pytest.fixture
def maps(levels):
    fine = levels["fine"]
    return np.linalg.norm(fine - fine[6:].mean(axis=0), axis=-1).astype(np.float32)


def numbers(levels, maps, copies=None):
    n = len(maps)
    copies = np.arange(n) if copies is None else copies
    return look_alike(levels, maps, np.arange(6), np.arange(6, n), copies).tolist()


def test_what_shares_an_oddity_is_joined_wherever_it_lies(levels, maps):
    assert numbers(levels, maps) == [0, 1, 0, 2, 1, 0]


def test_the_order_of_the_images_does_not_matter(levels, maps, rng):
    order = np.concatenate([rng.permutation(6), 6 + rng.permutation(N_ORDINARY)])
    found = numbers({name: level[order] for name, level in levels.items()}, maps[order])
    expected = np.array([0, 1, 0, 2, 1, 0])[order[:6]]
    pairs = np.equal.outer(found, found)
    np.testing.assert_array_equal(pairs, np.equal.outer(expected, expected))


def test_ordinary_images_are_not_joined(levels, maps):
    only = {name: level[6:] for name, level in levels.items()}
    assert numbers(only, maps[6:]) == [0, 1, 2, 3, 4, 5]


def test_copies_are_joined_whatever_is_odd_in_them(levels, maps):
    copies = np.arange(len(maps))
    copies[3] = copies[4]
    found = numbers(levels, maps, copies)
    assert found[3] == found[4]
    few = slice(0, 9)
    only = {name: level[few] for name, level in levels.items()}
    assert numbers(only, maps[few], copies[few]) == [0, 1, 2, 3, 3, 4]


def test_one_image_is_one_group(levels, maps):
    found = look_alike(levels, maps, np.array([3]), np.arange(6, 26), np.arange(26))
    assert found.tolist() == [0]
    assert look_alike(levels, maps, np.array([], int), np.arange(6, 26), np.arange(26)).size == 0


def test_identical_images_are_all_alike_and_nothing_is_nan(levels):
    same = {name: np.repeat(level[:1], 26, axis=0) for name, level in levels.items()}
    flat = np.ones((26, GRID, GRID), np.float32)
    assert numbers(same, flat) == [0] * 6
    found = oddities(same, weights(flat), np.arange(6, 26))
    assert np.isfinite(found).all()
    assert np.isfinite(distances(found)).all()


def test_identical_odd_images_are_joined(levels, maps):
    for values in (*levels.values(), maps):
        values[:6] = values[3]
    assert numbers(levels, maps) == [0] * 6


def test_a_channel_that_never_changes_does_not_outweigh_the_others(levels, maps):
    expected = numbers(levels, maps)
    dead = np.zeros((26, GRID, GRID, 1), np.float32)
    dead[[0, 1], 0, 0] = 1e-3
    assert numbers({**levels, "fine": np.concatenate([levels["fine"], dead], -1)}, maps) == expected


def test_the_weight_of_a_cell_is_the_square_of_what_is_above_most_of_its_map():
    score_map = np.zeros((1, 5, 4))
    score_map[0, 0, :2] = 3, 6  # the 0.9 quantile of 18 zeros, 3 and 6 is 0.3
    found = weights(score_map)[0]
    np.testing.assert_allclose(found[0, :2], np.array([2.7, 5.7]) ** 2 / (2.7**2 + 5.7**2))
    assert found.sum() == pytest.approx(1)
    np.testing.assert_allclose(weights(np.full((1, 2, 5), 7.0)), 0.1)


def test_an_oddity_is_the_weighted_deviation_from_the_usual_cell_by_hand():
    level = np.zeros((3, 1, 2, 1))
    level[:, 0, :, 0] = [[1, 10], [3, 14], [8, 16]]  # usual 2, 12 and deviation sqrt(2.5)
    at = np.array([[[1.0, 0]], [[0, 1.0]], [[0.5, 0.5]]])
    found = oddities({"a": level}, at, np.array([0, 1]))
    np.testing.assert_allclose(found[:, 0] * np.sqrt(2.5), [-1, 2, 0.5 * 6 + 0.5 * 4])


@pytest.mark.parametrize("grid", [(4, 4), (1, 1), (3, 5), (16, 16)])
def test_maps_may_have_another_grid_than_levels(levels, grid, rng):
    found = oddities(levels, weights(rng.gamma(2, size=(26, *grid))), np.arange(6, 26))
    assert found.shape == (26, 42)
    assert np.isfinite(found).all()


def test_distances_are_one_less_the_cosine():
    found = distances(np.array([[1.0, 0], [0, 2], [-3, 0], [1, 1], [0, 0], [0, 0]]))
    expected = [0, 1, 2, 1 - np.sqrt(0.5), 1, 1]
    np.testing.assert_allclose(found[0], expected, atol=1e-12)
    assert found[4, 5] == 0
    np.testing.assert_array_equal(found, found.T)


def test_groups_are_joined_by_the_mean_distance_of_their_members():
    places = np.array([0.0, 1, 3, 10])
    apart = np.abs(places[:, None] - places)
    alone = np.arange(4)
    assert joined(apart, 0.9, alone).tolist() == [0, 1, 2, 3]
    assert joined(apart, 1, alone).tolist() == [0, 0, 1, 2]
    assert joined(apart, 2.4, alone).tolist() == [0, 0, 1, 2]  # 3 is 2.5 from 0 and 1
    assert joined(apart, 2.5, alone).tolist() == [0, 0, 0, 1]
    assert joined(apart, 1, np.array([5, 1, 2, 5])).tolist() == [0, 1, 2, 0]
    assert joined(apart, 100, alone).tolist() == [0, 0, 0, 0]

"""The greedy coreset is that of the plain algorithm and keeps its promises."""

from itertools import combinations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from anomalylab.compute.coreset import k_center, random_projection
from anomalylab.errors import ParameterError


def plain_k_center(points, n_centres, first):
    points = points.astype(np.float64)
    chosen = [first]
    while len(chosen) < n_centres:
        distance = cdist(points, points[chosen]).min(axis=1)
        distance[chosen] = -1
        chosen.append(int(distance.argmax()))
    return chosen


def radius(points, centres):
    return cdist(points, points[list(centres)]).min(axis=1).max()


@pytest.mark.parametrize("spread", [0.05, 1.0])
def test_centres_are_those_of_the_plain_algorithm(rng, spread):
    heart = rng.normal(size=(12, 6)).repeat(40, axis=0)
    points = (heart + spread * rng.normal(size=heart.shape)).astype(np.float32)
    np.testing.assert_array_equal(k_center(points, 100, first=7), plain_k_center(points, 100, 7))


def test_on_a_line_the_far_end_and_then_the_middle_are_chosen():
    points = np.array([[0.0], [1], [4], [5], [9]], np.float32)
    # From 0 the farthest is 9; then 4 lies 4 from 0, 5 lies 4 from 9: the first of the two.
    np.testing.assert_array_equal(k_center(points, 3, first=0), [0, 4, 2])


def test_the_radius_is_at_most_twice_the_best_possible(rng):
    for _ in range(20):
        points = rng.normal(size=(11, 2)).astype(np.float32)
        best = min(radius(points, centres) for centres in combinations(range(11), 3))
        assert radius(points, k_center(points, 3, first=int(rng.integers(11)))) <= 2 * best + 1e-6


def test_a_smaller_coreset_is_the_beginning_of_a_larger_and_covers_no_better(rng):
    points = rng.normal(size=(200, 5)).astype(np.float32)
    large = k_center(points, 60, first=3)
    np.testing.assert_array_equal(k_center(points, 20, first=3), large[:20])
    radii = [radius(points, large[:n]) for n in range(1, 61)]
    assert (np.diff(radii) <= 0).all()


def test_all_rows_are_chosen_once_even_if_they_repeat():
    points = np.repeat(np.array([[0.0, 0], [3, 4]], np.float32), 5, axis=0)
    np.testing.assert_array_equal(np.sort(k_center(points, 10, first=2)), np.arange(10))


def test_more_centres_than_points_are_refused():
    with pytest.raises(ParameterError, match="from 1 to 3"):
        k_center(np.zeros((3, 2), np.float32), 4, first=0)


def test_a_projection_roughly_keeps_distances(rng):
    rows = rng.normal(size=(60, 500)).astype(np.float32)
    projected = random_projection(rows, 128, seed=0)
    ratio = (cdist(projected, projected) / cdist(rows, rows).clip(1e-9))[np.triu_indices(60, 1)]
    assert projected.shape == (60, 128)
    assert ratio.mean() == pytest.approx(1, abs=0.05)
    assert ratio.std() < 0.1


def test_few_channels_are_not_projected(rng):
    rows = rng.normal(size=(10, 20)).astype(np.float32)
    assert random_projection(rows, 128, seed=0) is rows

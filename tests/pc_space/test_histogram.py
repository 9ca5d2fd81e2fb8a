"""Histograms of points, against numpy and by hand."""

import numpy as np
import pytest

from anomalylab.pc_space.histogram import Plane, density, histogram, pairs, planes_of
from anomalylab.recipes.pc_space.search import Nested


@pytest.fixture
def points(rng):
    """Points of which some lie on borders of bins and some beyond the limit."""
    x, y = rng.normal(size=(2, 500)) * 30
    x[:6] = [-60, 60, 0, 12, -12, 60]
    y[:6] = [60, -60, 0, 60, 24, 61]
    return x, y


@pytest.mark.parametrize("bins", [2, 7, 10])
def test_dropping_counts_as_numpy_does(points, bins):
    expected, _, _ = np.histogram2d(*points, bins=bins, range=[[-60, 60]] * 2)
    counts, _ = histogram(*points, bins, 60.0, "drop")
    np.testing.assert_array_equal(counts, expected)


def test_clipping_moves_what_lies_beyond_to_the_outermost_bins(points):
    clipped = np.clip(points, -60, 60)
    expected, _, _ = np.histogram2d(*clipped, bins=10, range=[[-60, 60]] * 2)
    counts, _ = histogram(*points, 10, 60.0, "clip")
    np.testing.assert_array_equal(counts, expected)


@pytest.mark.parametrize("overflow", ["drop", "clip"])
def test_the_share_beyond_is_the_same_whatever_becomes_of_it(overflow):
    x, y = np.array([0.0, 5.0, 5.1, -9.0]), np.array([0.0, -5.0, 0.0, 9.0])
    counts, beyond = histogram(x, y, 2, 5.0, overflow)
    assert beyond == 0.5
    assert counts.sum() == (2 if overflow == "drop" else 4)


def test_the_first_axis_is_the_first_component():
    counts, _ = histogram(np.array([4.0]), np.array([-4.0]), 2, 5.0, "drop")
    assert counts.tolist() == [[0, 0], [1, 0]]


def test_a_density_holds_every_point_and_the_outermost_cells_the_rest(points):
    counts = density(*points, 16, 40.0)
    inside = np.all(np.abs(points) < 40, axis=0)
    expected, _, _ = np.histogram2d(*(p[inside] for p in points), bins=16, range=[[-40, 40]] * 2)
    assert counts.sum() == len(points[0])
    np.testing.assert_array_equal(counts[1:-1, 1:-1], expected[1:-1, 1:-1])


def test_planes_are_all_pairs_of_components_window_by_window():
    assert pairs(3) == [(0, 1), (0, 2), (1, 2)]
    planes = list(planes_of((9, 15), (20.0, 30.0), 2))
    assert planes == [Plane(9, 0, 1, 20.0), Plane(15, 0, 1, 30.0)]


@pytest.mark.parametrize("overflow", ["drop", "clip"])
def test_coarse_histograms_of_a_search_are_those_counted_directly(rng, overflow):
    grids = [(bins, limit) for bins in (6, 10, 16) for limit in (18.0, 36.0, 72.0)]
    nested = Nested(grids)
    coordinates = rng.normal(size=(20, 25, 3)) * 25
    fine = nested.count(coordinates)
    for bins, limit in grids:
        coarse = nested.coarse(fine, bins, limit, overflow)
        for number, (first, second) in enumerate(pairs(3)):
            x, y = coordinates[..., first], coordinates[..., second]
            expected, _ = histogram(x, y, bins, limit, overflow)
            np.testing.assert_array_equal(coarse[number], expected)

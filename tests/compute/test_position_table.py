"""Shares of kinds at a place are counts, of a window counts of its cells, and add up to 1."""

import numpy as np
import pytest

from anomalylab.compute.position_table import position_counts, position_shares
from anomalylab.errors import ParameterError


def in_a_loop(kinds, n_kinds, radius):
    n_images, n_rows, n_cols = kinds.shape
    shares = np.zeros((n_rows, n_cols, n_kinds))
    for image, row, col in np.ndindex(n_images, n_rows, n_cols):
        for y in range(max(row - radius, 0), min(row + radius + 1, n_rows)):
            for x in range(max(col - radius, 0), min(col + radius + 1, n_cols)):
                shares[y, x, kinds[image, row, col]] += 1
    return shares / shares.sum(axis=2, keepdims=True)


@pytest.mark.parametrize("radius", [0, 1, 2, 9])
def test_shares_are_those_of_the_loop_over_images_and_cells(rng, radius):
    kinds = rng.integers(5, size=(7, 6, 4))
    shares = position_shares(kinds, 6, radius=radius)
    np.testing.assert_allclose(shares, in_a_loop(kinds, 6, radius), rtol=1e-6)
    np.testing.assert_allclose(shares.sum(axis=2), 1, rtol=1e-6)
    assert (shares[..., 5] == 0).all()


def test_without_a_radius_shares_are_counts_of_the_place(rng):
    kinds = rng.integers(3, size=(8, 3, 5))
    counts = position_counts(kinds, 3)
    expected = np.stack([(kinds == kind).sum(axis=0) for kind in range(3)], axis=2)
    np.testing.assert_array_equal(counts, expected)
    np.testing.assert_array_equal(position_shares(kinds, 3) * 8, counts)


def test_three_cells_of_two_images_by_hand():
    kinds = np.array([[[0, 1, 1]], [[0, 0, 2]]])
    np.testing.assert_array_equal(position_shares(kinds, 3)[0, 1], [0.5, 0.5, 0])
    # the left end sees 0 1 and 0 0, the middle all six
    expected = [[0.75, 0.25, 0], [3 / 6, 2 / 6, 1 / 6], [0.25, 0.5, 0.25]]
    np.testing.assert_allclose(position_shares(kinds, 3, radius=1)[0], expected, rtol=1e-6)


def test_what_cannot_be_counted_is_refused():
    with pytest.raises(ParameterError, match="from 0 to 1"):
        position_counts(np.full((1, 2, 2), 2), 2)
    with pytest.raises(ParameterError, match="kinds have shape"):
        position_counts(np.zeros((0, 2, 2), int), 2)
    with pytest.raises(ParameterError, match="radius must be at least 0"):
        position_shares(np.zeros((1, 2, 2), int), 2, radius=-1)

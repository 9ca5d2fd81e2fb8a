"""Weights of order statistics against memories made one by one."""

from itertools import combinations

import numpy as np
import pytest

from anomalylab.compute.order_weights import Banks, Lowest, Order
from anomalylab.errors import ParameterError


@pytest.mark.parametrize(("n_images", "share", "size"), [(7, 0.3, 3), (6, 1 / 6, 1), (5, 1, 5)])
def test_banks_average_the_nearest_over_all_choices_of_images(n_images, share, size):
    distances = np.sort(np.random.default_rng(0).random(n_images))
    expected = np.mean(
        [distances[list(some)].min() for some in combinations(range(n_images), size)]
    )
    weights = Banks(share)(n_images)
    assert weights @ distances[: len(weights)] == pytest.approx(expected)
    assert weights.sum() == pytest.approx(1)


def test_an_order_counts_one_image_and_the_lowest_count_alike():
    np.testing.assert_array_equal(Order(3)(9), [0, 0, 1])
    np.testing.assert_array_equal(Lowest(0.5)(9), np.full(4, 1 / 4))
    np.testing.assert_array_equal(Lowest(0.01)(9), [1])


@pytest.mark.parametrize("make", [lambda: Order(0), lambda: Lowest(0), lambda: Banks(1.1)])
def test_what_counts_nothing_is_refused(make):
    with pytest.raises(ParameterError):
        make()

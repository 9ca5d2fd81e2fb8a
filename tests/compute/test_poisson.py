import numpy as np
import pytest
from scipy import stats

from anomalylab.compute.poisson import chance_of_at_least


def test_the_chance_of_two_by_hand():
    assert chance_of_at_least(2, 1.0) == pytest.approx(1 - 2 / np.e)


@pytest.mark.parametrize("expected", [0.0, 1e-6, 0.5, 3.0, 80.0])
@pytest.mark.parametrize("count", [0, 1, 2, 7, 100])
def test_chances_are_those_of_scipy(count, expected):
    assert chance_of_at_least(count, expected) == stats.poisson.sf(count - 1, expected)

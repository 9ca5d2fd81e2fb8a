"""Local outlier factors by place: by hand, and against scikit-learn."""

import numpy as np
import pytest
from sklearn.neighbors import LocalOutlierFactor

from anomalylab.compute.local_outliers import factors_by_place
from anomalylab.errors import ParameterError


def test_the_factor_of_a_point_beside_a_pair_is_counted_by_hand():
    # Points 0, 1 and 4 with one neighbour each: 0-1, 1-0 and 4-1. d_1 is 1, 1 and 3, so reaches
    # are 1, 1 and 3, and densities 1, 1 and 1/3; the third point's factor is 1 / (1/3).
    cells = np.array([0.0, 1, 4]).reshape(3, 1, 1, 1)
    assert factors_by_place(cells, k=1).ravel() == pytest.approx([1, 1, 3])


def test_each_place_is_compared_as_scikit_learn_does(rng):
    cells = rng.normal(size=(30, 2, 3, 4)).astype(np.float32)
    found = factors_by_place(cells, k=6)
    for row, col in np.ndindex(2, 3):
        expected = LocalOutlierFactor(n_neighbors=6).fit(cells[:, row, col].astype(float))
        np.testing.assert_allclose(found[:, row, col], -expected.negative_outlier_factor_, 1e-6)


def test_images_of_one_group_do_not_vouch_for_each_other(rng):
    cells = rng.normal(size=(20, 1, 1, 3))
    cells[18:] = 9 + 0.01 * rng.normal(size=(2, 1, 1, 3))  # one defect, photographed twice
    alone = factors_by_place(cells, k=1).ravel()
    together = factors_by_place(cells, k=1, groups=[*range(18), 18, 18]).ravel()
    assert alone[18:].max() < 1.1
    assert together[18:].min() > 5


def test_places_do_not_see_each_other(rng):
    cells = rng.normal(size=(12, 1, 2, 3))
    before = factors_by_place(cells, k=3)
    cells[5, 0, 1] += 50
    after = factors_by_place(cells, k=3)
    assert (after[:, 0, 0] == before[:, 0, 0]).all()
    assert after[:, 0, 1].argmax() == 5


def test_equal_images_are_no_outliers():
    assert factors_by_place(np.ones((8, 1, 1, 2)), k=3).ravel() == pytest.approx(np.ones(8))


@pytest.mark.parametrize(("k", "groups"), [(0, None), (4, None), (3, [0, 0, 1, 2])])
def test_too_few_images_to_compare_with_are_refused(k, groups):
    with pytest.raises(ParameterError, match="neighbours must be 1 to"):
        factors_by_place(np.zeros((4, 1, 1, 1)), k=k, groups=groups)

"""What was removed against what is polluted: by hand, and the identities that must hold."""

from itertools import combinations

import numpy as np
import pytest

from anomalylab.errors import ParameterError
from anomalylab.metrics import UndefinedMetric
from anomalylab.metrics.refinement import first_removed, refinement


def masks(n_images, n_noise, n_removed, n_both):
    """So many polluted and removed images, of which so many are both."""
    is_noise, removed = np.zeros((2, n_images), bool)
    is_noise[:n_noise] = True
    removed[n_noise - n_both : n_noise - n_both + n_removed] = True
    return is_noise, removed


def test_three_of_four_removed_are_polluted_and_two_are_missed():
    # precision 3/4, recall 3/5, F1 = 2 * 3 / (4 + 5)
    found = refinement(*masks(20, 5, 4, 3))
    assert found == {
        "precision": 0.75,
        "recall": 0.6,
        "f1": pytest.approx(2 / 3),
    }


@pytest.mark.parametrize(("n_removed", "n_both"), [(8, 5), (16, 11), (32, 24), (64, 30)])
def test_precision_is_recall_times_the_share_polluted_over_the_share_removed(n_removed, n_both):
    n_images, n_noise = 160, 32
    found = refinement(*masks(n_images, n_noise, n_removed, n_both))
    share, reject = n_noise / n_images, n_removed / n_images
    assert found["precision"] == pytest.approx(found["recall"] * share / reject)
    assert found["recall"] == n_both / n_noise
    if n_removed == n_noise:
        assert found["precision"] == found["recall"] == pytest.approx(found["f1"])
    if n_removed == 2 * n_noise:
        assert found["f1"] == pytest.approx(2 / 3 * found["recall"])


def test_random_removal_finds_the_share_polluted_with_a_recall_of_the_share_removed():
    is_noise = np.arange(6) < 2
    all_choices = [np.isin(np.arange(6), rows) for rows in combinations(range(6), 3)]
    found = [refinement(is_noise, removed) for removed in all_choices]
    assert np.mean([one["precision"] for one in found]) == pytest.approx(2 / 6)
    assert np.mean([one["recall"] for one in found]) == pytest.approx(3 / 6)


def test_nothing_removed_finds_nothing_and_nothing_polluted_has_no_recall():
    assert refinement(*masks(9, 3, 0, 0)) == {"precision": 0, "recall": 0, "f1": 0}
    with pytest.warns(UndefinedMetric):
        found = refinement(*masks(9, 0, 3, 0))
    assert found["precision"] == 0
    assert np.isnan([found["recall"], found["f1"]]).all()


@pytest.mark.parametrize("removed", [[True], np.array([0, 1, 1]), np.array([0.2, 0.3, 0.4])])
def test_removed_must_be_a_flag_an_image(removed):
    with pytest.raises(ParameterError):
        refinement(np.array([True, False, False]), removed)


def test_the_first_removed_stand_beside_chance():
    is_noise = np.array([1, 0, 1, 0, 0, 0], bool)
    scores = [9.0, 8, 7, 1, 2, 3]
    # Of the 15 pairs of images 9 hold one polluted image or two; of the 15 fours, 6 hold both.
    assert first_removed(is_noise, scores) == (2, 0.5, pytest.approx(2 / 6), pytest.approx(9 / 15))
    assert first_removed(is_noise, scores, times=2) == (
        4,
        1.0,
        pytest.approx(4 / 6),
        pytest.approx(6 / 15),
    )
    assert first_removed(is_noise, scores).is_near_chance
    assert first_removed(is_noise, scores, times=100) == (6, 1.0, 1.0, 1.0)


def test_a_good_ranking_is_told_from_chance_and_a_random_one_is_not(rng):
    is_noise = np.arange(100) < 20
    assert not first_removed(is_noise, 2 * is_noise + rng.normal(size=100)).is_near_chance
    near = [first_removed(is_noise, rng.normal(size=100)).is_near_chance for _ in range(200)]
    assert np.mean(near) > 0.92


def test_of_equal_scores_the_first_is_removed():
    assert first_removed([True, False, False], [1.0, 1, 1]).recall == 1
    assert first_removed([False, False, True], [1.0, 1, 1]).recall == 0


def test_a_clean_training_set_has_no_first_removed():
    with pytest.raises(ParameterError, match="0 of 3 images are polluted"):
        first_removed([False] * 3, [1.0, 2, 3])

"""A shift of new images is seen where defects do not reach, and defects alone are none."""

from itertools import combinations

import numpy as np
import pytest

from anomalylab.errors import ParameterError
from anomalylab.verdicts.shift import _by_ranks, shift

N_DRAWS = 200


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def told(rng, change, n_known=150, n_new=80, kind=None):
    """Share of draws in which new images are told from known ones."""
    kinds = [
        shift(rng.gumbel(size=n_known), change(rng.gumbel(size=n_new))).kind for _ in range(N_DRAWS)
    ]
    return np.mean([one != "none" if kind is None else one == kind for one in kinds])


def test_ranks_are_compared_as_over_all_ways_to_call_some_new():
    known, new = np.array([0.1, 0.5, 0.6, 2.0]), np.array([0.4, 1.0, 3.0])
    logs = np.log(np.argsort(np.argsort(np.append(known, new))) + 1.0)
    sums = [logs[list(rows)].sum() for rows in combinations(range(7), 3)]
    by_hand = (logs[4:].sum() - np.mean(sums)) / np.std(sums)
    assert _by_ranks(known, new) == pytest.approx(by_hand)


def test_what_lies_above_the_mark_is_counted_by_hand():
    """Of 20 known images 18 lie below the 19th; of 4 new ones 3 do not."""
    found = shift(np.arange(20.0), np.array([2.0, 18.0, 19.0, 50.0]))
    assert (found.n_known, found.n_new, found.n_above) == (20, 4, 3)
    assert found.expected_above == pytest.approx(4 * 2 / 21)


def test_images_that_come_as_the_known_ones_came_are_seldom_told_from_them(rng):
    assert told(rng, lambda new: new) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / N_DRAWS)


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_defects_that_stand_apart_are_no_shift(share, rng):
    def with_defects(new):
        n_defects = round(len(new) * share / (1 - share))
        return np.append(new, rng.normal(5, 1, size=n_defects))

    assert told(rng, with_defects) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / N_DRAWS)


def test_half_a_standard_deviation_is_told_with_and_without_defects(rng):
    half = 0.5 * 1.28
    assert told(rng, lambda new: new + half, kind="higher") >= 0.9
    assert told(rng, lambda new: np.append(new + half, np.full(20, 9.0)), kind="higher") >= 0.9


def test_images_of_which_none_comes_near_the_known_ones_are_higher(rng):
    assert shift(rng.normal(size=100), rng.normal(20, 1, size=10)).kind == "higher"


def test_images_that_differ_more_among_themselves_are_wider(rng):
    assert told(rng, lambda new: 0.37 + 2.5 * (new - 0.37), kind="wider") >= 0.9


def test_lower_scores_break_no_promise(rng):
    assert told(rng, lambda new: new - 1) == 0


def test_the_unit_of_scores_does_not_matter(rng):
    known, new = rng.gamma(4, size=100), rng.gamma(4, size=50) + 0.4
    assert shift(np.log(known), np.log(new)) == shift(known, new)


def test_copies_of_one_score_and_few_images_are_told_nothing_of():
    assert shift(np.ones(50), np.ones(20)).kind == "none"
    assert shift(np.arange(9.0), np.full(9, 99.0)).kind == "none"


@pytest.mark.parametrize("new", [[], [np.nan]])
def test_scores_that_are_none_are_refused(new):
    with pytest.raises(ParameterError):
        shift(np.arange(50.0), new)

"""Paired tests, average ranks and groups of methods: by hand, and against scipy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from anomalylab.errors import ParameterError
from anomalylab.metrics.paired import holm, paired_tests, signed_rank_p_value
from anomalylab.metrics.ranks import critical_difference, nemenyi_distance


def test_the_signed_ranks_of_four_differences_are_counted_by_hand():
    # Ranks 1 to 4; only the smallest is negative, so positive ranks sum to 9 of 10. Of 16 choices
    # of signs, sums 0, 1, 9 and 10 are as far from 5: four of them.
    assert signed_rank_p_value([-1.0, 2, 3, 4]) == 4 / 16


def test_equal_differences_share_their_ranks_and_zeros_are_left_out():
    # Ranks 1.5, 1.5 and 3, all positive: sum 6 of 6. Only 6 and 0 are as far: 2 of 8.
    assert signed_rank_p_value([0.0, 1, 1, 2, 0]) == 2 / 8
    # Positive ranks 1.5 and 3 sum to 4.5; as far from 3 are 0, 1.5 (twice), 4.5 (twice) and 6.
    assert signed_rank_p_value([-1.0, 1, 2]) == 6 / 8


@pytest.mark.parametrize("n_pairs", [6, 13, 40])
def test_without_ties_the_p_value_is_that_of_scipy(n_pairs, rng):
    for shift in (0, 0.4, 1.5):
        differences = rng.normal(shift, 1, n_pairs)
        expected = stats.wilcoxon(differences, method="exact").pvalue
        assert signed_rank_p_value(differences) == pytest.approx(expected)


def test_nothing_differs_where_all_are_equal_or_only_rounding_is_not():
    assert signed_rank_p_value(np.zeros(7)) == 1
    assert signed_rank_p_value(np.full(7, 1e-15)) == 1


def test_holm_multiplies_and_never_falls():
    # sorted .01 .02 .03 .5 -> .04 .06 .06 .5
    assert holm([0.03, 0.5, 0.01, 0.02]) == pytest.approx([0.06, 0.5, 0.04, 0.06])
    assert holm([0.9, 0.8]) == pytest.approx([1, 1])


@pytest.fixture
def values(rng):
    """Twelve data sets; best and good are alike, and both above bad."""
    base = rng.normal(size=12)
    return pd.DataFrame(
        {
            "bad": base - 1 + rng.normal(0, 0.1, 12),
            "best": base + 0.01 + rng.normal(0, 0.1, 12),
            "good": base + rng.normal(0, 0.1, 12),
        }
    )


def test_each_two_methods_are_compared(values):
    tests = paired_tests(values).set_index(["a", "b"])
    assert len(tests) == 3
    assert tests["is_different"].to_dict() == {
        ("bad", "best"): True,
        ("bad", "good"): True,
        ("best", "good"): False,
    }
    row = tests.loc[("bad", "good")]
    assert row["difference"] == pytest.approx((values["bad"] - values["good"]).mean())
    assert row["p_value"] == 2 / 2**12
    assert row["p_holm"] == pytest.approx(3 * row["p_value"])


def test_five_seeds_alone_can_never_show_a_difference():
    values = pd.DataFrame({"a": np.arange(5.0), "b": np.arange(5.0) + [1, 2, 3, 4, 5]})
    assert not paired_tests(values)["is_different"].any()


def test_methods_are_ranked_and_those_that_do_not_differ_are_joined(values):
    found = critical_difference(values)
    ranked = values.rank(axis=1, ascending=False).mean()
    assert found.ranks.to_dict() == ranked.to_dict()
    assert list(found.ranks) == sorted(ranked)
    assert found.ranks.index[-1] == "bad"
    assert [set(group) for group in found.groups] == [{"best", "good"}]
    assert found.friedman_p == pytest.approx(stats.friedmanchisquare(*values.to_numpy().T).pvalue)
    assert found.n_sets == 12


def test_low_values_rank_first_where_low_is_better(values):
    assert critical_difference(values, higher_is_better=False).ranks.index[0] == "bad"


def test_ties_share_ranks_and_all_alike_is_one_group():
    values = pd.DataFrame({name: [0.1 + 0.2, 0.5, 0.7] for name in "abc"})
    values["c"] = [0.3, 0.5, 0.7]  # 0.1 + 0.2 is another number in the 17th digit
    found = critical_difference(values)
    assert list(found.ranks) == [2, 2, 2]
    assert found.groups == [("a", "b", "c")]
    assert found.friedman_p == 1


def test_groups_overlap_where_only_the_ends_differ():
    x = np.zeros(14)
    y = x + np.repeat([-4, 10, 1], [4, 4, 6])
    z = y + np.repeat([10, -4, 1], [4, 4, 6])  # above x on every data set
    found = critical_difference(pd.DataFrame({"x": x, "y": y, "z": z}))
    apart = found.tests.loc[found.tests["is_different"], ["a", "b"]].to_numpy().tolist()
    assert apart == [["x", "z"]]
    assert found.groups == [("z", "y"), ("y", "x")]


def test_the_critical_difference_is_that_of_the_published_example():
    # Demsar (2006), 3.2.4: four classifiers on 14 data sets, q = 2.569, CD 1.25; 10 %: 2.291, 1.12
    assert nemenyi_distance(4, 14) == pytest.approx(2.569 * np.sqrt(20 / 84), abs=1e-3)
    assert nemenyi_distance(4, 14, level=0.1) == pytest.approx(1.12, abs=5e-3)


@pytest.mark.parametrize(
    "values",
    [
        pd.DataFrame({"a": [1.0, 2.0]}),
        pd.DataFrame({"a": [1.0, np.nan], "b": [1.0, 2.0]}),
        pd.DataFrame({"a": [], "b": []}),
    ],
)
def test_values_that_cannot_be_compared_are_refused(values):
    for function in (paired_tests, critical_difference):
        with pytest.raises(ParameterError):
            function(values)

"""Two scorings of the same images: how alike, and which is better, against slow obvious answers."""

import math

import numpy as np
import pytest
from scipy import stats

from anomalylab.errors import ParameterError
from anomalylab.metrics import (
    UndefinedMetric,
    auroc,
    auroc_interval,
    paired_auroc_difference,
    paired_bootstrap_difference,
    paired_rate_difference,
    rate_interval,
    shared_top,
    spearman,
)


def two_scorings(rng, n_normal, n_anomalous, shift_a=1.0, shift_b=1.0, share=0.5):
    labels = np.repeat([0, 1], [n_normal, n_anomalous])
    common = rng.normal(size=len(labels))
    noise = rng.normal(size=(2, len(labels)))
    a, b = share * common + (1 - share) * noise
    return labels, a + shift_a * labels, b + shift_b * labels


def shares_won(labels, scores):
    """Of pairs of an anomalous and a normal image, 1 if set right, one half if not told apart."""
    anomalous, normal = (scores[labels == label] for label in (1, 0))
    return np.array([[(a > n) + 0.5 * (a == n) for n in normal] for a in anomalous])


def slow_bounds(labels, a, b, level):
    """The interval of the difference by counting all pairs of images."""
    won = [shares_won(labels, scores) for scores in (a, b)]
    placed = [(of.mean(axis=1), of.mean(axis=0)) for of in won]
    moved = [of_a - of_b for of_a, of_b in zip(*placed, strict=True)]
    difference = won[0].mean() - won[1].mean()
    variances = [sum(stats.sem([*m, *more]) ** 2 for m in moved) for more in ([], [0.5], [-0.5])]
    reach = stats.norm.ppf((1 + level) / 2) * math.sqrt(max(variances))
    together = sum(np.cov(*pair) / len(pair[0]) for pair in zip(*placed, strict=True))
    r = together[0, 1] / math.sqrt(together[0, 0] * together[1, 1]) * (1 - 1 / len(labels))
    ends = [np.subtract(auroc_interval(labels, s, level=level), auroc(labels, s)) for s in (a, b)]
    (less_a, more_a), (less_b, more_b) = ends
    below = math.sqrt(less_a**2 + more_b**2 + 2 * r * less_a * more_b)
    above = math.sqrt(more_a**2 + less_b**2 + 2 * r * more_a * less_b)
    return difference, difference - max(reach, below), difference + max(reach, above)


def test_the_paired_interval_equals_the_one_that_counts_all_pairs_of_images(rng):
    for _ in range(10):
        labels, a, b = two_scorings(rng, 30, 12)
        a, b = np.round(a, 1), np.round(b, 1)  # ties
        found = paired_auroc_difference(labels, a, b, level=0.9)
        assert found == pytest.approx(slow_bounds(labels, a, b, 0.9))
        assert found[0] == pytest.approx(auroc(labels, a) - auroc(labels, b))


def test_the_paired_interval_agrees_with_the_bootstrap_where_images_are_many(rng):
    labels, a, b = two_scorings(rng, 400, 300, 1.0, 1.3)
    found = paired_auroc_difference(labels, a, b)
    drawn = paired_bootstrap_difference(auroc, labels, a, b, seed=0)
    assert found == pytest.approx(drawn, abs=0.004)


@pytest.mark.parametrize(("n_normal", "n_anomalous"), [(200, 3), (20, 3), (40, 8), (40, 30)])
def test_without_a_difference_one_in_twenty_intervals_at_most_leaves_out_zero(
    rng, n_normal, n_anomalous
):
    n_cases, n_wrong = 300, 0
    for _ in range(n_cases):
        _, low, high = paired_auroc_difference(
            *two_scorings(rng, n_normal, n_anomalous, 0.3, 0.3, 0.3)
        )
        n_wrong += low > 0 or high < 0
    assert stats.binom.sf(n_wrong - 1, n_cases, 0.05) > 0.01


def test_a_difference_of_images_that_are_not_few_is_seen(rng):
    cases = [paired_auroc_difference(*two_scorings(rng, 60, 40, 2.0, 0.5)) for _ in range(50)]
    assert sum(low > 0 for _, low, _ in cases) > 45


@pytest.mark.parametrize("n", [(20, 3), (20, 63), (300, 40)])
def test_two_detectors_without_a_mistake_may_still_differ_on_other_images(n):
    labels = np.repeat([0, 1], n)
    scores = labels + np.linspace(0, 0.5, sum(n))
    difference, low, high = paired_auroc_difference(labels, scores, -1 / (scores + 1))
    least, _ = auroc_interval(labels, scores)
    assert difference == 0
    assert low == pytest.approx(least - 1)
    assert high == pytest.approx(1 - least)


def test_the_difference_of_rates_by_hand():
    seen = np.repeat([True, False], [18, 2])
    difference, low, high = paired_rate_difference(seen, ~seen)
    a, b = rate_interval(18, 20), rate_interval(2, 20)
    r = -1 * (1 - 1 / 20)
    x, y = 0.9 - a[0], b[1] - 0.1
    assert difference == pytest.approx(0.8)
    assert low == pytest.approx(0.8 - math.sqrt(x * x + y * y - 2 * r * x * y))
    assert high == pytest.approx(0.8 + (a[1] - 0.9) + (0.1 - b[0]), abs=0.003)


def test_equal_rates_leave_open_whether_others_would_be_equal():
    everything, nothing = np.ones(10, bool), np.zeros(10, bool)
    least = rate_interval(10, 10)[0]
    assert paired_rate_difference(everything, everything) == pytest.approx(
        (0, least - 1, 1 - least)
    )
    assert paired_rate_difference(nothing, nothing) == pytest.approx((0, least - 1, 1 - least))
    for other in (everything[1:], everything[:0]):
        with pytest.raises(ParameterError, match="same images"):
            paired_rate_difference(other, everything[: min(len(other), 0)])


def test_rates_that_do_not_differ_are_rarely_called_different(rng):
    n_cases, n_wrong = 1000, 0
    for _ in range(n_cases):
        is_hard = rng.random(25) < 0.5
        a, b = rng.random((2, 25)) < np.where(is_hard, 0.4, 0.95)
        _, low, high = paired_rate_difference(a, b)
        n_wrong += low > 0 or high < 0
    assert stats.binom.sf(n_wrong - 1, n_cases, 0.05) > 0.01


def test_the_interval_stays_within_what_a_difference_can_be():
    found = paired_auroc_difference([0, 0, 1, 1], [1, 2, 3, 4], [4, 1, 2, 3])
    assert found[0] == 0.5
    assert -1 <= found[1] <= found[2] <= 1


def test_one_image_of_a_class_bounds_no_difference_and_none_has_no_difference():
    difference, low, high = paired_auroc_difference([0, 0, 1], [1, 2, 3], [1, 3, 2])
    assert difference == 0.5
    assert math.isnan(low)
    assert math.isnan(high)
    with pytest.warns(UndefinedMetric):
        assert math.isnan(paired_auroc_difference([0, 0], [1, 2], [2, 1])[0])


@pytest.mark.parametrize("level", [0, 1, -1, 95])
def test_a_level_outside_0_and_1_is_refused(level):
    with pytest.raises(ParameterError, match="level"):
        paired_auroc_difference([0, 1], [1, 2], [1, 2], level=level)
    with pytest.raises(ParameterError, match="level"):
        spearman([1, 2], [1, 2], level=level)


def test_the_correlation_of_ranks_is_that_of_scipy_and_its_interval_covers_the_truth(rng):
    slope, n_cases, n_inside = 0.7, 600, 0
    truth = 6 / math.pi * math.asin(slope / 2)
    for _ in range(n_cases):
        a, noise = rng.normal(size=(2, 40))
        b = slope * a + math.sqrt(1 - slope**2) * noise
        rho, low, high = spearman(a, b)
        assert rho == pytest.approx(stats.spearmanr(a, b).statistic)
        n_inside += low <= truth <= high
    assert 0.925 <= n_inside / n_cases <= 0.975


def test_ties_share_their_ranks_and_equal_scores_cannot_be_correlated(rng):
    a, b = rng.integers(4, size=(2, 30))
    assert spearman(a, b)[0] == pytest.approx(stats.spearmanr(a, b).statistic)
    assert np.isnan(spearman(a, np.ones(30))).all()
    assert np.isnan(spearman(a[:4], b[:4])).all()
    assert spearman(a, 3 * a + 1) == (1, 1, 1)
    assert spearman(a, -a) == (-1, -1, -1)
    with pytest.raises(ParameterError, match="same images"):
        spearman(a, b[1:])


def test_the_shared_top_is_what_two_sorted_lists_have_in_common(rng):
    a, b = rng.normal(size=(2, 50))
    for k in (1, 7, 50):
        highest = [set(sorted(range(50), key=lambda i, s=s: -s[i])[:k]) for s in (a, b)]
        assert shared_top(a, b, k) == len(highest[0] & highest[1])

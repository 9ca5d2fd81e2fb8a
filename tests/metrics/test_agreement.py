"""Two scorings of the same images: how alike, and which is better, against slow obvious answers."""

import math

import numpy as np
import pytest
from scipy import stats

from anomalylab.errors import ParameterError
from anomalylab.metrics import (
    UndefinedMetric,
    auroc,
    paired_auroc_difference,
    paired_bootstrap_difference,
    shared_top,
    spearman,
)


def two_scorings(rng, n_normal, n_anomalous, shift_a=1.0, shift_b=1.0, share=0.5):
    labels = np.repeat([0, 1], [n_normal, n_anomalous])
    common = rng.normal(size=len(labels))
    noise = rng.normal(size=(2, len(labels)))
    a, b = share * common + (1 - share) * noise
    return labels, a + shift_a * labels, b + shift_b * labels


def slow_difference(labels, a, b):
    """DeLong's difference and variance by counting all pairs."""
    anomalous, normal = np.flatnonzero(labels == 1), np.flatnonzero(labels == 0)
    won = np.zeros((len(anomalous), len(normal)))
    for row, i in enumerate(anomalous):
        for col, k in enumerate(normal):
            for sign, scores in ((1, a), (-1, b)):
                won[row, col] += sign * ((scores[i] > scores[k]) + 0.5 * (scores[i] == scores[k]))
    of_anomalous, of_normal = won.mean(axis=1), won.mean(axis=0)
    variance = stats.sem(of_anomalous) ** 2 + stats.sem(of_normal) ** 2
    return won.mean(), variance


def test_the_paired_interval_equals_the_one_that_counts_all_pairs_of_images(rng):
    for _ in range(10):
        labels, a, b = two_scorings(rng, 30, 12)
        a, b = np.round(a, 1), np.round(b, 1)  # ties
        difference, variance = slow_difference(labels, a, b)
        reach = stats.norm.ppf(0.95) * math.sqrt(variance)
        found = paired_auroc_difference(labels, a, b, level=0.9)
        assert found == pytest.approx((difference, difference - reach, difference + reach))
        assert found[0] == pytest.approx(auroc(labels, a) - auroc(labels, b))


def test_the_paired_interval_agrees_with_the_bootstrap_where_images_are_many(rng):
    labels, a, b = two_scorings(rng, 400, 300, 1.0, 1.3)
    found = paired_auroc_difference(labels, a, b)
    drawn = paired_bootstrap_difference(auroc, labels, a, b, seed=0)
    assert found == pytest.approx(drawn, abs=0.004)


def test_without_a_difference_one_in_twenty_intervals_at_most_leaves_out_zero(rng):
    n_cases, n_wrong = 600, 0
    for _ in range(n_cases):
        _, low, high = paired_auroc_difference(*two_scorings(rng, 40, 8))
        n_wrong += low > 0 or high < 0
    assert stats.binom.sf(n_wrong - 1, n_cases, 0.05) > 0.001
    assert n_wrong > 0


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

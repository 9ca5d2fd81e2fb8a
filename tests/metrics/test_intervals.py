"""Intervals stay open where nothing went wrong, and cover what they promise on simulated images."""

import numpy as np
import pytest
from scipy import optimize

from anomalylab.metrics import (
    UndefinedMetric,
    auroc,
    auroc_interval,
    average_precision,
    average_precision_trapezoid,
    bootstrap_interval,
    metric_interval,
    paired_bootstrap_difference,
)

METRICS = [auroc, average_precision, average_precision_trapezoid]


def separated(n_normal, n_defective):
    """Scores of a detector that has made no mistake."""
    labels = np.repeat([0, 1], [n_normal, n_defective])
    return labels, labels + np.linspace(0, 0.5, len(labels))


def newcombe(n_normal, n_defective):
    """Lower bound of method 5 for perfect separation, by a root finder."""
    mean = (n_normal + n_defective) / 2

    def excess(t):
        shape = (1 - t) / (2 - t) + t / (1 + t)
        return (1 - t) - 1.959964**2 * t * (1 + (mean - 1) * shape) / (n_normal * n_defective)

    return optimize.brentq(excess, 1e-9, 1)


@pytest.mark.parametrize("n_images", [(20, 63), (63, 20), (5, 5), (400, 30)])
def test_auroc_of_separated_images_is_bounded_as_newcombe_bounds_it(n_images):
    low, high = auroc_interval(*separated(*n_images))
    assert (low, high) == pytest.approx((newcombe(*n_images), 1), abs=1e-6)


def test_20_good_and_63_defective_images_separated_still_allow_an_auroc_of_93():
    assert auroc_interval(*separated(20, 63))[0] == pytest.approx(0.9343, abs=1e-4)


def test_auroc_intervals_mirror_when_scores_are_turned():
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.repeat([0, 1], [30, 20]))
    scores = rng.normal(labels, 1).round(1)
    low, high = auroc_interval(labels, scores)
    assert auroc_interval(labels, -scores) == pytest.approx((1 - high, 1 - low), abs=1e-9)
    assert low < auroc(labels, scores) < high


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("n_images", [(1, 1), (20, 63), (200, 10)])
def test_no_interval_of_a_perfect_detector_is_a_point(metric, n_images):
    low, high = metric_interval(metric, *separated(*n_images), seed=0)
    assert low < 0.98
    assert high == pytest.approx(1)


@pytest.mark.parametrize("metric", METRICS)
def test_more_images_without_a_mistake_promise_more(metric):
    few, many = (metric_interval(metric, *separated(n, n), seed=0)[0] for n in (20, 200))
    assert few < many < 1


def test_two_perfect_detectors_may_still_differ():
    labels, scores = separated(20, 63)
    found = paired_bootstrap_difference(auroc, labels, scores, scores**3, seed=0)
    assert found == pytest.approx((0, newcombe(20, 63) - 1, 1 - newcombe(20, 63)), abs=1e-6)


def test_the_same_mistakes_cancel_in_a_difference():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 60)
    scores = rng.normal(1.5 * labels, 1)
    alike = scores + rng.normal(0, 0.1, 120)
    other = rng.normal(1.5 * labels, 1)
    widths = {}
    for name, others in {"same": scores, "alike": alike, "other": other}.items():
        difference, low, high = paired_bootstrap_difference(auroc, labels, scores, others, seed=0)
        assert low < difference < high
        widths[name] = high - low
    assert 0 < widths["same"] < widths["alike"] < widths["other"] / 2


def test_a_much_better_detector_is_told_from_a_worse_one():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 40)
    scores = rng.normal(labels, 1)
    found = paired_bootstrap_difference(auroc, labels, scores + 2 * labels, scores, seed=0)
    difference, low, high = found
    assert 0 < low < difference < high


def test_the_difference_for_one_class_is_nan():
    with pytest.warns(UndefinedMetric):
        nothing = paired_bootstrap_difference(auroc, [1, 1], [1.0, 2.0], [1.0, 2.0], seed=0)
    assert np.isnan(nothing).all()


@pytest.mark.parametrize("shift", [1.2, 2.5, 4.4])
@pytest.mark.parametrize("spread", [1, 3])
def test_intervals_cover_the_metric_of_all_images_that_there_are(shift, spread):
    """Of 200 test sets, at most 17 may miss: with a chance of 5 % each, more is one in 50."""
    rng = np.random.default_rng(5)
    shift *= spread

    def images(n_normal, n_defective):
        labels = np.repeat([0, 1], [n_normal, n_defective])
        return labels, rng.normal(shift * labels, np.where(labels, spread, 1))

    everything = images(120_000, 60_000)
    missed = {auroc: 0, average_precision: 0}
    truth = {metric: metric(*everything) for metric in missed}
    for _ in range(200):
        some = images(40, 20)
        for metric in missed:
            low, high = (
                auroc_interval(*some)
                if metric is auroc
                else bootstrap_interval(metric, *some, n_resamples=200, seed=0)
            )
            missed[metric] += not low <= truth[metric] <= high
    assert max(missed.values()) <= 17, missed

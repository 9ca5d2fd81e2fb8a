"""Thresholds: what they promise holds, and each says how it was found."""

import numpy as np
import pytest

from anomalylab.errors import ParameterError
from anomalylab.verdicts import thresholds
from anomalylab.verdicts.bulk import fit_bulk
from anomalylab.verdicts.unlabelled import verdict

LABELS = np.array([0, 0, 0, 0, 1, 1])
SCORES = np.array([1.0, 2.0, 3.0, 5.0, 4.0, 6.0])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_conformal_p_values_count_the_images_at_least_so_high():
    p_values = thresholds.conformal_p_values([1, 2, 2, 4], [0, 2, 3, 5])
    np.testing.assert_allclose(p_values, [1, 4 / 5, 2 / 5, 1 / 5])


def test_the_conformal_threshold_is_where_its_p_value_gets_small_enough(rng):
    calibration = rng.normal(size=60)
    found = thresholds.from_conformal(calibration, max_fpr=0.05)
    just_below = np.nextafter(found.value, -np.inf)
    assert thresholds.conformal_p_values(calibration, [found.value])[0] <= 0.05
    assert thresholds.conformal_p_values(calibration, [just_below])[0] > 0.05


def test_the_conformal_rate_holds_over_calibrations(rng):
    rates = []
    for _ in range(400):
        found = thresholds.from_conformal(rng.gamma(2, size=59), max_fpr=0.05)
        rates.append(np.mean(rng.gamma(2, size=500) >= found.value))
    # Rates follow Beta(3, 57), of mean 0.05 and deviation 0.028: 4 standard errors are 0.006.
    assert np.mean(rates) == pytest.approx(0.05, abs=0.006)


def test_nineteen_images_can_promise_one_in_twenty_and_eighteen_cannot(rng):
    assert thresholds.from_conformal(rng.normal(size=19), max_fpr=0.05).n_images == 19
    with pytest.raises(ParameterError, match="below 1 in 19, so not 5"):
        thresholds.from_conformal(rng.normal(size=18), max_fpr=0.05)


@pytest.mark.parametrize("n_images", [19, 20, 38, 39, 98, 99, 100, 199, 200, 201])
@pytest.mark.parametrize("rate", [0.05, 0.1])
def test_a_rank_leaves_a_place_for_the_new_image(n_images, rate, rng):
    """One of n + 1 equally likely places is its own: k beyond make (k + 1) / (n + 1)."""
    scores = rng.normal(size=n_images)
    found = thresholds.from_conformal(scores, max_fpr=rate)
    n_beyond = np.count_nonzero(scores >= found.value)
    assert (n_beyond + 1) / (n_images + 1) <= rate < (n_beyond + 2) / (n_images + 1)
    stated = found.expected_false / found.n_images
    assert stated == pytest.approx((n_beyond + 1) / (n_images + 1))


def test_the_rate_of_a_rank_is_the_share_of_all_orders_by_hand():
    """Of 10 good images each in turn is new: with 9 others it reaches 10 % once in ten times."""
    scores = np.array([3.0, 1.0, 4.0, 1.5, 9.0, 2.6, 5.0, 3.5, 8.0, 7.0])
    reached = [
        scores[i] >= thresholds.from_conformal(np.delete(scores, i), max_fpr=0.1).value
        for i in range(10)
    ]
    assert reached == [score == 9.0 for score in scores]


@pytest.mark.parametrize("rate", [0.5, 0.3, 0.1, 0.05, 0.02, 0.01, 0.005])
def test_as_many_images_are_needed_as_can_promise(rate):
    n = thresholds.n_needed(rate)
    assert 1 / (n + 1) <= rate + 1e-12
    assert 1 / n > rate
    thresholds.check_promise(n, rate)
    with pytest.raises(ParameterError, match=f"which takes {n}"):
        thresholds.check_promise(n - 1, rate)


def test_rates_that_so_few_images_cannot_promise_give_way_to_the_lowest_they_can(rng):
    scores = rng.normal(size=50)
    found = thresholds.promised(scores, rates=(0.01, 0.05, 0.1))
    assert [one.method for one in found] == ["conformal_5", "conformal_10", thresholds.LOWEST]
    assert found[-1].value == np.nextafter(scores.max(), np.inf)
    assert found[-1].expected_false == pytest.approx(50 / 51)
    assert all("1 in 51" in one.note for one in found)
    enough = thresholds.promised(rng.normal(size=99), rates=(0.01, 0.05, 0.1))
    assert [one.method for one in enough] == ["conformal_1", "conformal_5", "conformal_10"]


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("bulk", "curve fitted to most images"),
        ("bulk_1", "1 % of good images, by the curve"),
        ("conformal_2.5", "2.5 % of good images, by rank"),
        ("conformal_lowest", "lowest rate that so few images can promise"),
        ("loo_quantile", "quantile of left-out images"),
        ("my_own_rule", "my own rule"),
    ],
)
def test_each_method_is_told_in_words(method, words):
    assert thresholds.method_words(method) == words


def test_the_bulk_expects_a_share_of_its_images_beyond_the_threshold_of_a_rate(rng):
    bulk = fit_bulk(rng.normal(size=200))
    found = thresholds.from_bulk_rate(bulk, 0.05)
    assert (found.method, found.n_images, found.expected_false) == ("bulk_5", 200, 10)
    assert bulk.p_value([found.value])[0] == pytest.approx(0.05)
    assert found.value < thresholds.from_bulk_rate(bulk, 0.01).value


def test_the_bulk_threshold_is_that_of_the_bulk(rng):
    bulk = fit_bulk(rng.normal(size=100))
    found = thresholds.from_bulk(bulk, expected_false=1)
    assert found.value == bulk.threshold(expected_false=1)
    assert (found.method, found.n_images, found.expected_false) == ("bulk", 100, 1)


def test_the_threshold_of_a_verdict_marks_its_suspects(rng):
    scores = np.append(rng.normal(size=80), np.full(20, 50.0) + rng.normal(size=20))
    found = verdict(scores)
    threshold = thresholds.from_verdict(found)
    assert np.count_nonzero(scores >= threshold.value) == found.n_suspects == 20


def test_a_verdict_that_cannot_be_told_has_no_threshold():
    with pytest.raises(ParameterError, match="no threshold"):
        thresholds.from_verdict(verdict(np.arange(5.0)))


def test_the_best_f1_by_hand():
    # At 4: both defects and one false alarm, F1 = 4 / 5; at 6: one defect, F1 = 2 / 3.
    found = thresholds.from_f1(LABELS, SCORES, is_oracle=False)
    assert (found.method, found.value, found.expected_false) == ("f1", 4, 1)


@pytest.mark.parametrize(
    ("prevalence", "cost_miss", "value"),
    [(0.5, 1, 4), (0.01, 1, 6), (0.01, 1000, 4)],
)
def test_the_cheapest_threshold_by_hand(prevalence, cost_miss, value):
    # At 4: FPR 1/4, no miss. At 6: no false alarm, half of the defects missed.
    found = thresholds.from_cost(
        LABELS,
        SCORES,
        prevalence=prevalence,
        cost_miss=cost_miss,
        cost_false_alarm=1,
        is_oracle=False,
    )
    assert found.value == value


def test_a_line_on_which_misses_cost_nothing_never_stops():
    found = thresholds.from_cost(
        LABELS, SCORES, prevalence=0.1, cost_miss=0, cost_false_alarm=1, is_oracle=False
    )
    assert SCORES.max() < found.value < np.inf


@pytest.mark.parametrize(("max_fpr", "n_false"), [(0.1, 0), (0.25, 1), (0.6, 2)])
def test_a_fixed_false_alarm_rate_is_not_exceeded(max_fpr, n_false):
    found = thresholds.from_fpr(LABELS, SCORES, max_fpr=max_fpr, is_oracle=True)
    assert found.expected_false == np.count_nonzero(SCORES[LABELS == 0] >= found.value) == n_false


@pytest.mark.parametrize(("max_fpr", "n_false"), [(0.2, 0), (0.4, 1), (0.6, 2)])
def test_a_false_alarm_rate_on_other_images_leaves_a_place_for_the_new_one(max_fpr, n_false):
    """Four normal images leave five places: so many beyond promise (n_false + 1) / 5."""
    found = thresholds.from_fpr(LABELS, SCORES, max_fpr=max_fpr, is_oracle=False)
    assert np.count_nonzero(SCORES[LABELS == 0] >= found.value) == n_false


def test_four_normal_images_cannot_promise_one_false_alarm_in_ten():
    with pytest.raises(ParameterError, match="below 1 in 5"):
        thresholds.from_fpr(LABELS, SCORES, max_fpr=0.1, is_oracle=False)


def test_what_is_judged_on_its_own_labels_is_called_oracle():
    found = thresholds.from_fpr(LABELS, SCORES, max_fpr=0.25, is_oracle=True)
    assert found.method == "oracle_fpr"
    assert "oracle" in found.note


def test_the_map_threshold_is_reached_by_as_many_images(rng):
    scores, maxima = rng.normal(size=50), rng.gamma(3, size=50)
    of_images = thresholds.from_conformal(scores, max_fpr=0.12)
    of_maps = thresholds.same_quantile(scores, of_images, maxima)
    assert np.count_nonzero(maxima >= of_maps.value) == 5


def test_no_map_reaches_the_threshold_when_no_score_does(rng):
    maxima = rng.gamma(3, size=50)
    above = thresholds.Threshold("bulk", 9.0, 0.5, 50, "")
    assert thresholds.same_quantile(rng.normal(size=50), above, maxima).value > maxima.max()


def test_the_table_keeps_the_schema_and_marks_the_default(rng):
    found = [
        thresholds.from_conformal(rng.normal(size=50)),
        thresholds.from_f1(LABELS, SCORES, is_oracle=True),
    ]
    table = thresholds.threshold_table("knn", "image", found, default="conformal_5")
    assert table["method"].tolist() == ["conformal_5", "oracle_f1"]
    assert table["is_default"].tolist() == [True, False]


@pytest.mark.parametrize(
    "call",
    [
        lambda: thresholds.from_conformal([1.0, np.nan], max_fpr=0.5),
        lambda: thresholds.from_lowest([]),
        lambda: thresholds.from_conformal([1.0, 2.0], max_fpr=0),
        lambda: thresholds.from_f1([0, 0], [1.0, 2.0], is_oracle=False),
        lambda: thresholds.from_cost(
            LABELS, SCORES, prevalence=1, cost_miss=1, cost_false_alarm=1, is_oracle=False
        ),
        lambda: thresholds.threshold_table("knn", "image", [], default="bulk"),
    ],
)
def test_what_cannot_be_answered_is_refused(call):
    with pytest.raises(ParameterError):
        call()

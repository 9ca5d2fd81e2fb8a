import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from anomalylab.errors import ParameterError
from anomalylab.metrics import (
    UndefinedMetric,
    auroc,
    average_precision,
    average_precision_trapezoid,
    bootstrap_interval,
    confusion,
    f1_max_oracle,
    pr_curve,
    rate_interval,
    rates,
    roc_curve,
    thin_curve,
    undefined_reason,
)

RANKING = [auroc, average_precision, average_precision_trapezoid]


@st.composite
def labelled_scores(draw):
    """Labels of both classes with scores on a coarse grid, so that ties are common."""
    n = draw(st.integers(2, 40))
    labels = np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    labels[:2] = 0, 1
    scores = draw(st.lists(st.integers(-4, 4), min_size=n, max_size=n))
    return labels, np.array(scores) / 3


@pytest.fixture
def noisy():
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3 == 0
    return labels, np.round(rng.normal(size=60) + labels, 1)


@settings(max_examples=60, deadline=None)
@given(labelled_scores())
def test_auroc_and_ap_equal_scikit_learn_with_ties(data):
    labels, scores = data
    assert auroc(labels, scores) == pytest.approx(
        reference.roc_auc_score(labels, scores), abs=1e-12
    )
    assert average_precision(labels, scores) == pytest.approx(
        reference.average_precision_score(labels, scores), abs=1e-12
    )
    precision, recall, _ = reference.precision_recall_curve(labels, scores)
    assert average_precision_trapezoid(labels, scores) == pytest.approx(
        reference.auc(recall, precision), abs=1e-12
    )


@settings(max_examples=30, deadline=None)
@given(labelled_scores())
def test_curves_equal_scikit_learn_with_ties(data):
    labels, scores = data
    expected = reference.roc_curve(labels, scores, drop_intermediate=False)
    for ours, theirs in zip(roc_curve(labels, scores), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)
    precision, recall, thresholds = reference.precision_recall_curve(labels, scores)
    ours = pr_curve(labels, scores)
    np.testing.assert_allclose(ours[0], recall[::-1], atol=1e-12)
    np.testing.assert_allclose(ours[1], precision[::-1], atol=1e-12)
    np.testing.assert_allclose(ours[2][1:], thresholds[::-1])


def test_auroc_counts_a_tie_as_half():
    # Pairs (anomalous, normal): 3>1, 3>2, 2>1 are right, 2=2 is half: 3.5 of 4.
    assert auroc([0, 0, 1, 1], [1, 2, 2, 3]) == 3.5 / 4


def test_average_precision_by_hand():
    # Falling scores: anomalous (precision 1), normal, anomalous (precision 2/3).
    assert average_precision([1, 0, 1], [3, 2, 1]) == pytest.approx((1 + 2 / 3) / 2)
    # Trapezoid: (0,1)-(1/2,1), drop to (1/2,1/2), rise to (1,2/3).
    trapezoid = average_precision_trapezoid([1, 0, 1], [3, 2, 1])
    assert trapezoid == pytest.approx(0.5 + 0.5 * (1 / 2 + 2 / 3) / 2)


@pytest.mark.parametrize("metric", RANKING)
def test_only_the_order_of_scores_matters(metric, noisy):
    labels, scores = noisy
    shuffled = np.random.default_rng(1).permutation(len(labels))
    assert metric(labels, np.exp(scores)) == pytest.approx(metric(labels, scores), abs=1e-12)
    assert metric(labels[shuffled], scores[shuffled]) == pytest.approx(metric(labels, scores))


@pytest.mark.parametrize("metric", [*RANKING, lambda y, s: f1_max_oracle(y, s)[0]])
@pytest.mark.parametrize("label", [0, 1])
def test_one_class_alone_gives_nan_and_the_reason(metric, label):
    with pytest.warns(UndefinedMetric, match="no normal" if label else "no anomalous"):
        assert np.isnan(metric(np.full(3, label), np.arange(3.0)))


@pytest.mark.parametrize("curve", [roc_curve, pr_curve])
def test_a_curve_of_one_class_is_empty(curve):
    with pytest.warns(UndefinedMetric):
        assert all(axis.size == 0 for axis in curve(np.zeros(3, int), np.arange(3.0)))


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([0, 1], [1.0], "one shape"),
        ([0, 2], [1.0, 2.0], "0 or 1"),
        ([0, np.nan], [1.0, 2.0], "0 or 1"),
        ([0, 1], [np.nan, 2.0], "1 of 2 scores are NaN"),
    ],
)
def test_unusable_labels_or_scores_are_refused(labels, scores, message):
    with pytest.raises(ParameterError, match=message):
        auroc(labels, scores)


def test_a_score_at_the_threshold_is_called_anomalous():
    counts = confusion([0, 0, 1, 1], [1, 2, 2, 0], 2)
    assert counts == (1, 1, 1, 1)
    assert rates(counts) == dict.fromkeys(rates(counts), 0.5)


def test_a_threshold_that_is_nan_is_refused():
    with pytest.raises(ParameterError, match="threshold is NaN"):
        confusion([0, 1], [0.0, 1.0], float("nan"))


def test_rates_equal_scikit_learn(noisy):
    labels, scores = noisy
    values = rates(confusion(labels, scores, 0.4))
    called = scores >= 0.4
    assert values["precision"] == pytest.approx(reference.precision_score(labels, called))
    assert values["recall"] == pytest.approx(reference.recall_score(labels, called))
    assert values["f1"] == pytest.approx(reference.f1_score(labels, called))
    assert values["accuracy"] == pytest.approx(reference.accuracy_score(labels, called))
    assert values["specificity"] == pytest.approx(reference.recall_score(~labels, ~called))


def test_precision_and_f1_are_zero_when_nothing_is_called_anomalous():
    values = rates(confusion([0, 1], [0.0, 1.0], 2.0))
    assert values["precision"] == values["f1"] == values["recall"] == 0
    assert values["specificity"] == 1


def test_rates_that_need_an_absent_class_are_nan():
    with pytest.warns(UndefinedMetric, match="no anomalous images among 2"):
        values = rates(confusion([0, 0], [0.0, 1.0], 0.5))
    assert np.isnan([values["recall"], values["f1"]]).all()
    assert values["specificity"] == values["accuracy"] == 0.5


def test_f1_max_is_the_best_over_all_thresholds(noisy):
    labels, scores = noisy
    f1, threshold = f1_max_oracle(labels, scores)
    assert f1 == pytest.approx(max(rates(confusion(labels, scores, t))["f1"] for t in scores))
    assert rates(confusion(labels, scores, threshold))["f1"] == pytest.approx(f1)


def test_the_reason_names_what_is_absent():
    assert undefined_reason(0, 5).startswith("no anomalous images among 5")
    assert undefined_reason(5, 0, "pixels").startswith("no normal pixels among 5")
    assert undefined_reason(0, 0) == "no images at all"
    assert undefined_reason(1, 1) == ""


@pytest.mark.parametrize("metric", RANKING)
def test_the_fast_bootstrap_equals_computing_every_resample(metric, noisy):
    slow = bootstrap_interval(lambda y, s: metric(y, s), *noisy, n_resamples=50, seed=3)
    assert bootstrap_interval(metric, *noisy, n_resamples=50, seed=3) == pytest.approx(
        slow, abs=1e-12
    )


def test_the_bootstrap_interval_holds_the_estimate_and_narrows_with_images(noisy):
    labels, scores = noisy
    low, high = bootstrap_interval(auroc, labels, scores, seed=0)
    assert low < auroc(labels, scores) < high
    more = bootstrap_interval(auroc, np.tile(labels, 9), np.tile(scores, 9), seed=0)
    assert more[1] - more[0] < (high - low) / 2
    assert bootstrap_interval(auroc, labels, scores, seed=0) == (low, high)


def test_the_bootstrap_draws_the_same_whatever_the_block(noisy, monkeypatch):
    whole = bootstrap_interval(auroc, *noisy, n_resamples=40, seed=0)
    monkeypatch.setattr("anomalylab.metrics._resample.COUNTS_PER_BLOCK", 40 * 62)
    assert bootstrap_interval(auroc, *noisy, n_resamples=40, seed=0) == whole


def test_every_resample_keeps_the_number_of_each_class(noisy):
    def share(labels, scores):
        return float(labels.mean())

    assert bootstrap_interval(share, *noisy, n_resamples=20, seed=0) == pytest.approx(
        (1 / 3, 1 / 3)
    )


def test_intervals_of_one_class_are_nan():
    with pytest.warns(UndefinedMetric):
        assert np.isnan(bootstrap_interval(auroc, [0, 0], [1.0, 2.0], seed=0)).all()


@pytest.mark.parametrize("options", [{"level": 1.0}, {"n_resamples": 0}])
def test_unusable_interval_options_are_refused(noisy, options):
    with pytest.raises(ParameterError, match=next(iter(options))):
        bootstrap_interval(auroc, *noisy, seed=0, **options)


def test_a_rate_interval_by_hand():
    # 0 of n: the upper bound p solves (1 - p)^n = 0.025.
    assert rate_interval(0, 10) == pytest.approx((0, 1 - 0.025**0.1))
    assert rate_interval(10, 10) == pytest.approx((0.025**0.1, 1))
    assert rate_interval(0, 0) == (0, 1)


@pytest.mark.parametrize(("k", "n"), [(3, 20), (19, 20), (1, 2)])
def test_a_rate_interval_equals_scipy(k, n):
    from scipy import stats

    expected = stats.binomtest(k, n).proportion_ci(method="exact")
    assert rate_interval(k, n) == pytest.approx((expected.low, expected.high))


def test_more_events_than_trials_are_refused():
    with pytest.raises(ParameterError, match="between 0 and n"):
        rate_interval(3, 2)


def test_a_thinned_curve_stays_within_a_step_of_the_whole():
    rng = np.random.default_rng(0)
    x, y = np.sort(rng.random(5000)), np.sort(rng.random(5000) ** 9)
    thin_x, thin_y = thin_curve(x, y, max_points=100)
    assert len(thin_x) <= 100
    assert (thin_x[0], thin_y[0], thin_x[-1], thin_y[-1]) == (x[0], y[0], x[-1], y[-1])
    step = 2 / 99
    assert (np.abs(x[:, None] - thin_x) / np.ptp(x)).min(axis=1).max() <= step
    distance = np.abs(x[:, None] - thin_x) / np.ptp(x) + np.abs(y[:, None] - thin_y) / np.ptp(y)
    assert distance.min(axis=1).max() <= step


def test_a_short_curve_is_left_alone():
    x = np.arange(5.0)
    assert thin_curve(x, x, max_points=5)[0] is x


def test_a_flat_curve_can_be_thinned():
    x, y = thin_curve(np.arange(1000.0), np.ones(1000), max_points=11)
    assert len(x) == 11
    assert (y == 1).all()

"""Recall and false alarms at thresholds found on the training images, polluted or not."""

import numpy as np
import pytest

from anomalylab.errors import ParameterError
from anomalylab.metrics import UndefinedMetric, auroc
from anomalylab.verdicts.decision import decisions, label_free_thresholds
from anomalylab.verdicts.thresholds import from_conformal
from anomalylab.verdicts.unlabelled import verdict


def test_the_threshold_is_the_rank_that_promises_the_rate():
    # 5 % of 99 + 1 places are the highest five: the threshold lies just above the fifth highest.
    found = label_free_thresholds(np.arange(99.0))
    assert found["5"] == np.nextafter(94.0, np.inf)
    assert found["1"] == np.nextafter(98.0, np.inf)


def test_recall_and_false_alarms_are_counted_by_hand():
    test_scores = [90, 94, 94.5, 98.5, 94, 94.5, 98, 99]
    labels = [0, 0, 0, 0, 1, 1, 1, 1]
    found = decisions(np.arange(99.0), test_scores, labels)
    assert found["recall_at_5"] == 3 / 4  # 94.5, 98 and 99 lie above 94
    assert found["false_alarms_at_5"] == 2 / 4
    assert found["recall_at_1"] == 1 / 4  # 99 lies above 98
    assert found["false_alarms_at_1"] == 1 / 4


def test_the_threshold_of_the_verdict_is_that_of_the_verdict(rng):
    training = rng.normal(size=120)
    value = verdict(training).threshold
    found = decisions(training, [value, np.nextafter(value, -np.inf)], [1, 0])
    assert found["recall_at_verdict"] == 1
    assert found["false_alarms_at_verdict"] == 0


def test_a_rate_that_so_few_images_cannot_promise_has_no_numbers():
    found = decisions(np.arange(98.0), [1.0, 200], [0, 1])
    assert np.isnan([found["recall_at_1"], found["false_alarms_at_1"]]).all()
    assert (found["recall_at_5"], found["false_alarms_at_5"]) == (1, 0)


def test_a_verdict_that_cannot_be_told_has_no_numbers():
    found = decisions(np.arange(19.0), [1.0, 200], [0, 1])
    assert np.isnan([found["recall_at_verdict"], found["false_alarms_at_verdict"]]).all()


def test_other_targets_are_named_by_their_rates():
    found = decisions(np.arange(200.0), [0.0, 300], [0, 1], targets=(0.1, 0.025))
    assert set(found) == {
        f"{what}_at_{name}"
        for what in ("recall", "false_alarms")
        for name in ("10", "2.5", "verdict")
    }


def test_pollution_leaves_the_ranking_and_takes_the_decision(rng):
    good, bad = rng.normal(size=200), rng.normal(8, 1, size=50)
    test_scores = np.append(rng.normal(size=100), rng.normal(8, 1, size=100))
    labels = np.repeat([0, 1], 100)
    clean = decisions(good, test_scores, labels)
    polluted = decisions(np.append(good, bad), test_scores, labels)
    assert auroc(labels, test_scores) > 0.999
    assert clean["recall_at_5"] > 0.99
    assert polluted["recall_at_5"] < 0.5
    assert polluted["false_alarms_at_5"] <= clean["false_alarms_at_5"]


def test_one_class_alone_is_said_to_have_no_rate_of_the_other():
    with pytest.warns(UndefinedMetric, match="specificity"):
        found = decisions(np.arange(99.0), [99.0, 3], [1, 1])
    assert found["recall_at_5"] == 0.5
    assert np.isnan(found["false_alarms_at_5"])


@pytest.mark.parametrize(
    ("training", "targets"), [([1.0, np.nan], (0.05,)), (np.arange(30.0), (1.5,))]
)
def test_scores_and_targets_that_cannot_be_used_are_refused(training, targets):
    with pytest.raises(ParameterError):
        label_free_thresholds(training, targets=targets)


def test_the_rule_is_the_one_of_runs(rng):
    training = rng.normal(size=150)
    assert label_free_thresholds(training)["5"] == from_conformal(training, max_fpr=0.05).value

"""Thresholds that a run offers: which there are, which one comes first."""

import numpy as np
import pytest

from anomalylab.errors import ParameterError
from anomalylab.runs.offered import offered
from anomalylab.verdicts.unlabelled import verdict


def methods(scores, **asked):
    return [one.method for one in offered(scores, verdict(scores), **asked)]


@pytest.fixture
def scores():
    return np.random.default_rng(0).normal(10, 1, size=120)


RANKS = ["conformal_1", "conformal_5", "conformal_10"]


def test_a_verdict_comes_first_and_the_curve_and_ranks_offer_rates(scores):
    assert methods(scores) == ["bulk", "bulk_1", "bulk_5", *RANKS]


def test_a_rate_that_is_asked_for_comes_first(scores):
    assert methods(scores, max_false_alarms=0.05)[0] == "conformal_5"
    assert methods(scores, max_false_alarms=0.02)[0] == "conformal_2"
    assert set(RANKS) < set(methods(scores, max_false_alarms=0.02))


def test_without_a_verdict_one_in_twenty_comes_first_or_the_lowest_promise(scores):
    undecidable = np.append(scores[:60], scores[:60] + 60)
    assert methods(undecidable) == ["conformal_5", "conformal_1", "conformal_10"]
    assert methods(scores[:12]) == ["conformal_lowest", "conformal_10"]
    assert methods(scores[:3]) == ["conformal_lowest"]


def test_a_rate_that_so_few_images_cannot_promise_is_refused(scores):
    with pytest.raises(ParameterError, match="below 1 in 121, so not 0"):
        offered(scores, verdict(scores), max_false_alarms=0.005)


def test_known_defects_offer_a_threshold_more(scores):
    assert methods(scores, spare=np.array([20.0, 21.0]))[-1] == "f1"

"""What a run says and refuses before the long work."""

from types import SimpleNamespace

import pandas as pd
import pytest

from anomalylab.compute import memory
from anomalylab.detectors import create
from anomalylab.errors import ParameterError
from anomalylab.runs import planned
from anomalylab.runs.planned import check_costs, duration

NETWORK = SimpleNamespace(shapes=lambda: {"fine": (14, 14, 80)})


@pytest.fixture
def samples():
    table = {"split": "unlabelled", "label": None, "height": [100, 200, 300], "width": 50}
    return pd.DataFrame(table)


def test_a_detector_that_takes_long_is_named_beforehand_with_its_time(
    samples, monkeypatch, caplog, tmp_path
):
    cost = planned.planned(create("patchcore"), samples, NETWORK)
    monkeypatch.setattr(planned, "LONG", cost.seconds)
    check_costs(samples, NETWORK, {"patchcore": create("patchcore")}, tmp_path)
    assert caplog.messages == [
        "fitting patchcore on 3 images takes in the order of 0 seconds of one core"
    ]


def test_nothing_is_said_of_short_work(samples, caplog, tmp_path):
    check_costs(samples, NETWORK, {"patchcore": create("patchcore")}, tmp_path)
    assert not caplog.messages


def test_more_memory_than_is_free_is_refused(samples, monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "available", lambda: 1000)
    with pytest.raises(ParameterError, match="fitting patchcore on 3 images takes"):
        check_costs(samples, NETWORK, {"patchcore": create("patchcore")}, tmp_path)


def test_images_that_a_detector_reads_have_their_median_size(samples):
    detector = create("window_pca")
    expected = detector.plan(3, {"band": (200, 50, 1)})
    assert planned.planned(detector, samples, NETWORK) == expected


def test_times_are_written_in_seconds_and_then_in_minutes():
    assert [duration(5.2), duration(119), duration(150)] == [
        "5 seconds",
        "119 seconds",
        "2 minutes",
    ]

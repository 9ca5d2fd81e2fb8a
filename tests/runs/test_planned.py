"""What a run says and refuses before the long work."""

from types import SimpleNamespace

import pandas as pd
import pytest

from anomalylab.compute import memory
from anomalylab.detectors import create
from anomalylab.errors import ParameterError
from anomalylab.runs import planned
from anomalylab.runs.info import DetectorInfo
from anomalylab.runs.planned import affordable, check_costs, check_scoring, duration

NETWORK = SimpleNamespace(shapes=lambda: {"fine": (14, 14, 80)})


@pytest.fixture
def samples():
    table = {"split": "unlabelled", "label": None, "height": [100, 200, 300], "width": 50}
    return pd.DataFrame({**table, "sample_id": list("abc"), "group": None})


def test_a_detector_that_takes_long_is_named_beforehand_with_its_time(samples, monkeypatch, caplog):
    cost = planned.planned(create("patchcore"), samples, NETWORK)
    monkeypatch.setattr(planned, "LONG", cost.seconds)
    check_costs(samples, NETWORK, {"patchcore": create("patchcore")})
    assert caplog.messages == [
        "fitting patchcore on 3 images takes in the order of 0 seconds of one core"
    ]


def test_candidates_whose_exact_search_takes_long_search_by_lists_and_say_so(samples, monkeypatch):
    candidates = {name: create(name) for name in ("padim", "patchcore")}
    assert affordable(samples, NETWORK, candidates) == candidates
    monkeypatch.setattr(planned, "LONG", 0.0)
    assert affordable(samples, NETWORK, candidates) == candidates  # lists would take longer
    many = pd.concat([samples] * 1000, ignore_index=True)
    found = affordable(many, NETWORK, candidates)
    assert list(found) == ["padim", "patchcore-index=ivf"]
    assert found["patchcore-index=ivf"].index == "ivf"


def test_nothing_is_said_of_short_work(samples, caplog):
    check_costs(samples, NETWORK, {"patchcore": create("patchcore")})
    assert not caplog.messages


def test_more_memory_than_is_free_is_refused(samples, monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 1000)
    with pytest.raises(ParameterError, match="fitting patchcore on 3 images takes"):
        check_costs(samples, NETWORK, {"patchcore": create("patchcore")})


def test_new_images_that_memory_does_not_hold_while_they_are_scored_are_refused(
    tmp_path, monkeypatch
):
    (tmp_path / "detectors" / "padim").mkdir(parents=True)
    (tmp_path / "detectors" / "padim" / "arrays.safetensors").write_bytes(bytes(500))
    made = DetectorInfo(name="padim", params={}, levels=["fine"])
    run = SimpleNamespace(folder=tmp_path, detect=SimpleNamespace(detectors={"padim": made}))
    needed = 14 * 10 * (14 * 14 * 80) + 2 * 500  # 3.5 float32 of each value
    monkeypatch.setattr(memory, "available", lambda: needed)
    check_scoring(run, 10, NETWORK)
    monkeypatch.setattr(memory, "available", lambda: needed - 1)
    with pytest.raises(ParameterError, match="scoring 10 images with padim takes"):
        check_scoring(run, 10, NETWORK)


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


def test_too_few_images_are_refused_by_groups_that_were_given_and_leave_candidates_out(samples):
    check_costs(samples, NETWORK, {"knn": create("knn", k=2)})
    in_two = samples.assign(group=["one", "one", None])
    with pytest.raises(ParameterError, match=r"needs more than k=2 .* group 1 are left"):
        check_costs(in_two, NETWORK, {"knn": create("knn", k=2)})
    some = {"knn": create("knn", k=2), "padim": create("padim")}
    assert affordable(samples, NETWORK, some) == some
    assert list(affordable(in_two, NETWORK, some)) == ["padim"]
    assert affordable(samples[:1], NETWORK, some) == some  # none fits: the first says why


def test_more_channels_than_there_are_are_refused_before_any_image_is_read(samples):
    with pytest.raises(ParameterError, match="n_dims=81 is more than the 80 channels of fine"):
        check_costs(samples, NETWORK, {"padim": create("padim", n_dims=81)})

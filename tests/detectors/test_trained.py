"""What detectors that train a network have in common; the contract is tested with all others."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from anomalylab import detectors, extractors
from anomalylab.detectors import _seen_images
from anomalylab.errors import ParameterError, TrainingStopped, WeightsError
from anomalylab.features import Features, ImageLevel
from anomalylab.training import watching

SIZE = 32


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    sizes = [(40, 30), (64, 64), (SIZE, SIZE)]
    return [rng.random((*sizes[i % 3], 3)).astype(np.float32) for i in range(12)]


class Counted:
    """Reads images in memory and counts how often."""

    def __init__(self, images):
        self.images, self.n_read = images, 0

    def __call__(self, row):
        self.n_read += 1
        return self.images[row]


def features_of(images, groups=None):
    read = images if isinstance(images, Counted) else Counted(images)
    return Features({"pixels": ImageLevel(read, np.arange(len(read.images)))}, groups)


def made(**params):
    return detectors.create("cutpaste", **{"preset": "tiny", "size": SIZE, **params})


def test_each_image_is_read_once_however_often_it_is_left_out(images):
    read = Counted(images)
    made().fit(features_of(read)).training_scores()
    assert read.n_read == len(images)


def test_images_beyond_the_room_are_read_again_and_are_the_same(images, monkeypatch):
    monkeypatch.setattr(_seen_images, "MAX_KEPT", 5 * 3 * SIZE**2)
    read = Counted(images)
    level = features_of(read).images("pixels")
    first, second = (_seen_images.seen_images("pixels", level, (SIZE, SIZE)) for _ in range(2))
    assert read.n_read == 12 + 12 - 5
    np.testing.assert_array_equal(first, second)
    assert first.shape == (12, SIZE, SIZE, 3)


def test_what_was_read_goes_with_what_read_it(images):
    before = len(_seen_images._kept)
    level = features_of(images).images("pixels")
    _seen_images.seen_images("pixels", level, (SIZE, SIZE))
    assert len(_seen_images._kept) == before + 1
    del level
    assert len(_seen_images._kept) == before


def test_colours_that_are_no_shares_are_refused(images):
    images[3] = images[3] * 255
    with pytest.raises(ParameterError, match=r"from 0\.\d+ to 25\d.* in image 3"):
        made().fit(features_of(images))


def test_the_same_images_are_trained_on_once_in_whatever_order(images, n_steps):
    scores = made().fit(features_of(images)).image_scores(features_of(images))
    first = n_steps[0]
    assert first > 0
    again = made().fit(features_of(images[::-1])).image_scores(features_of(images))
    np.testing.assert_array_equal(scores, again)
    assert n_steps[0] == first
    made(seed=1).fit(features_of(images))
    assert n_steps[0] > first


def test_what_only_scores_differently_is_not_trained_again(images, n_steps):
    made().fit(features_of(images))
    first = n_steps[0]
    made(map="gradcam", device="cpu").fit(features_of(images))
    assert n_steps[0] == first


class Stops:
    """Stops a training after some steps."""

    def __init__(self, after):
        self.left = after

    def told(self, history):
        """Take the curve."""

    def wants_to_stop(self):
        self.left -= 1
        return self.left < 0


def test_a_fit_that_was_stopped_goes_on_and_ends_as_if_it_had_not_been(images, n_steps, tmp_path):
    features, detector = features_of(images), made(epochs=4, batch_size=4)
    with pytest.raises(TrainingStopped), watching(Stops(after=5)):
        detector.fit(features)
    stopped_at = n_steps[0]
    scores = detector.fit(features).image_scores(features)
    n_after = n_steps[0] - stopped_at
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "another"))
        whole = replace(detector).fit(features)
    n_whole = n_steps[0] - stopped_at - n_after
    np.testing.assert_array_equal(whole.image_scores(features), scores)
    assert n_after < n_whole


def test_the_curve_has_losses_of_both_parts_and_survives_saving(images, tmp_path):
    detector = made(epochs=2, validation=0.25).fit(features_of(images))
    curve = detector.training_curve()
    assert list(curve.columns) == ["epoch", "part", "measure", "value"]
    assert set(curve["part"]) == {"train", "validation"}
    assert set(curve["measure"]) >= {"loss", "accuracy"}
    assert curve["epoch"].max() == 2
    detector.save(tmp_path / "saved")
    again = detectors.load(tmp_path / "saved")
    pd.testing.assert_frame_equal(again.training_curve(), curve, check_dtype=False)
    assert again.device_ == "cpu"
    assert "RANDOM" in again.body_words_


def test_a_network_that_began_from_other_weights_is_refused(images, tmp_path, monkeypatch):
    made().fit(features_of(images)).save(tmp_path / "saved")
    body = extractors.body

    def other(*given, **params):
        return replace(body(*given, **params), digest="another", description="another network")

    monkeypatch.setattr(extractors, "body", other)
    with pytest.raises(WeightsError, match=r"tiny, RANDOM weights, and here is another network"):
        detectors.load(tmp_path / "saved").image_scores(features_of(images))


def test_a_device_that_is_not_there_is_refused_before_the_work(images, n_steps):
    with pytest.raises(ParameterError, match=r"no device cuda:7 here; this machine has .*cpu"):
        made(device="cuda:7").plan(12, {"pixels": (40, 30, 3)})
    with pytest.raises(ParameterError, match="no device cuda:7"):
        made(device="cuda:7").fit(features_of(images))
    assert n_steps[0] == 0


def test_two_images_can_be_trained_on_and_one_cannot(images):
    scores = made(validation=0.0).fit(features_of(images[:2])).image_scores(features_of(images))
    assert np.isfinite(scores).all()
    with pytest.raises(ParameterError, match="at least 2 different training images"):
        made().fit(features_of(images[:1]))
    with pytest.raises(ParameterError, match="same in all training images"):
        made().fit(features_of([images[0]] * 5))


def test_a_last_batch_of_one_image_is_no_trouble(images):
    fitted = made(batch_size=11, validation=0.0).fit(features_of(images))
    assert len(images) % 11 == 1
    assert np.isfinite(fitted.image_scores(features_of(images))).all()


def test_the_plan_counts_trainings_epochs_and_copies():
    shapes = {"pixels": (100, 100, 3)}
    once = made().plan(100, shapes)
    assert made(epochs=2).plan(100, shapes).seconds > once.seconds
    assert made(copies=8).plan(100, shapes).bytes > once.bytes
    assert made(batch_size=64).plan(100, shapes).bytes > once.bytes  # held for a larger step
    assert made(steps=100).plan(100, shapes).seconds > once.seconds
    assert once.bytes >= 100 * 3 * SIZE**2


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"size": 8}, "at least 16 pixels"),
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"levels": ("pixels", "band")}, "looks at one level"),
        ({"copies": 0}, "copies must be at least 1"),
    ],
)
def test_parameters_that_cannot_be_used_are_refused(params, words):
    with pytest.raises(ParameterError, match=words):
        made(**params)

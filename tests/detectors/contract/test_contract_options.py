"""Every detector refuses what it cannot use, suggests what was meant, and plans what it needs."""

from dataclasses import replace

import numpy as np
import pytest
from detector_contract import ON_IMAGES, SHAPES, SIZES, assert_same, copied, looks_at, with_images
from sklearn.exceptions import NotFittedError

from anomalylab import detectors
from anomalylab.errors import ParameterError, UnknownNameError


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(detector, normal, query, value):
    stored, images = copied(normal)
    stored["fine"][3, 1, 1, 1] = value
    for some in images.values():
        some[3][1, 1, 0] = value
    broken = with_images(stored, images)
    with pytest.raises(ParameterError, match=looks_at(detector)):
        detector.fit(broken)
    with pytest.raises(ParameterError, match=looks_at(detector)):
        replace(detector).fit(normal).score(broken)


def test_other_channels_than_fitted_are_refused(detector, normal, query):
    stored, images = copied(query)
    stored["fine"] = stored["fine"][..., :2]
    images = {name: [np.repeat(one, 3, axis=2) for one in some] for name, some in images.items()}
    with pytest.raises(ParameterError, match=f"was fitted on '{looks_at(detector)}'"):
        detector.fit(normal).score(with_images(stored, images))


def test_a_missing_level_suggests_the_nearest(detector, normal):
    levels = (looks_at(detector)[:-1],) if detector.name in ON_IMAGES else ("fine", "corse")
    with pytest.raises(UnknownNameError, match=r"band|pixels|coarse"):
        replace(detector, levels=levels).fit(normal)


def test_an_unfitted_detector_says_so(detector, query, tmp_path):
    for use in (
        lambda: detector.score(query),
        detector.training_scores,
        lambda: detector.save(tmp_path),
    ):
        with pytest.raises(NotFittedError, match=detector.name):
            use()


def test_constant_features_are_scored_or_refused_with_a_clear_error(detector):
    stored = {name: np.full((9, *shape), 3, np.float32) for name, shape in SHAPES.items()}
    images = {
        name: [np.full((*SIZES[i % 2], n_channels), 0.5) for i in range(9)]
        for name, n_channels in (("band", 1), ("pixels", 3))
    }
    constant = with_images(stored, images)
    try:
        scores = detector.fit(constant).score(constant)
    except ParameterError as error:
        refusal = str(error)
    else:
        assert_same(scores, (np.zeros(9), np.zeros((9, 4, 6))))
        return
    assert "same in all training images" in refusal


def test_presets_can_be_built_and_changed(detector):
    for preset, parameters in type(detector).presets.items():
        built = detectors.create(detector.name, preset=preset)
        assert {name: getattr(built, name) for name in parameters} == dict(parameters)


def test_the_plan_grows_with_images_and_counts_at_least_what_is_held_of_each(detector):
    held = SHAPES.values() if looks_at(detector) == "fine" else [(4, 6, 1)]
    bytes_of_one = 4 * sum(int(np.prod(shape)) for shape in held)
    plans = [detector.plan(n_images, SHAPES) for n_images in (10, 1000)]
    assert plans[0].bytes < plans[1].bytes
    assert plans[1].bytes >= 1000 * bytes_of_one
    assert 0 < plans[0].seconds < plans[1].seconds


def test_an_unknown_detector_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match="patchcore"):
        detectors.create("patchcor")


def test_an_unknown_option_suggests_the_nearest(detector):
    with pytest.raises(UnknownNameError, match="levels"):
        detectors.create(detector.name, level=("fine",))


def test_an_unknown_preset_suggests_the_nearest(detector):
    preset = next(iter(type(detector).presets), None)
    if preset is None:
        pytest.skip(f"{detector.name} has no presets")
    with pytest.raises(UnknownNameError, match=preset):
        detectors.create(detector.name, preset=f"{preset}s")

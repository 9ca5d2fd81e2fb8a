"""Too few training images are refused before any fit, and no more are asked for than are needed."""

import numpy as np
import pytest
from detector_contract import draw, made

from anomalylab import detectors
from anomalylab.detectors import Learns, Refined
from anomalylab.errors import ParameterError
from anomalylab.features import Features

SETTINGS = [
    *((name, {}) for name in detectors.registry),
    ("pni", {"n_kinds": 30, "use": "position"}),  # 12 cells an image are kept
    ("patchcore", {"k": 40}),  # of 24 an image
    ("patchcore", {"coreset": 0.02}),
    ("patchcore", {"reweight": True, "n_reweight": 30}),
    ("softpatch", {"neighbours": 2}),
    ("knn", {"k": 2}),
]


def numbers(detector):
    """Numbers of images about the least that suffices; trainings take time."""
    return (1, 2, 3) if detector.name != "pni" and isinstance(detector, Learns) else range(1, 9)


def is_refused(call, *arguments):
    try:
        call(*arguments)
    except ParameterError:
        return True
    return False


@pytest.mark.parametrize(("name", "params"), SETTINGS)
def test_images_are_refused_beforehand_if_and_only_if_fitting_or_leaving_out_is(name, params):
    drawn = draw(0, 8)
    found = []
    for n_images in numbers(made(name, **params)):
        detector, features = made(name, **params), drawn.subset(np.arange(n_images))
        is_few = is_refused(detector.check_training, features)
        known = detector.own_levels(features)
        assert is_few == is_refused(detector.check_groups, np.arange(n_images), known.shapes)
        is_failing = is_refused(detector.fit, features) or is_refused(detector.training_scores)
        assert is_few == is_failing, n_images
        found.append(is_few)
    assert found[0] or name == "window_pca"
    assert not found[-1]
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize("name", ["knn", "pni", "softpatch", "window_pca", "patchcore", "padim"])
def test_groups_are_counted_as_they_are_left_out(name):
    detector = made(name, **({"n_kinds": 60} if name == "pni" else {}))
    features, one = draw(0, 8), np.array([0, 0, 0, 0, 0, 0, 1, 2])
    if name in ("knn", "pni", "softpatch"):
        detector.check_training(features)
        with pytest.raises(ParameterError, match="left"):
            detector.check_training(Features(features.levels, one))
    with pytest.raises(ParameterError, match="make a single one"):
        detector.check_training(Features(features.levels, np.zeros(8, int)))


@pytest.mark.parametrize("name", ["autoencoder", "cutpaste", "metric_learning"])
def test_images_that_are_alike_where_others_are_left_out_are_refused(name):
    features = draw(0, 6)
    colours = np.stack([np.full((24, 36, 3), 0.5, np.float32)] * 6)
    colours[0] = 0.4
    alike = Features({"pixels": colours}, features.group_numbers)
    with pytest.raises(ParameterError, match="same in all training images, 4 in number"):
        made(name).check_training(alike)


@pytest.mark.parametrize("inner", ["knn", "pni", "cutpaste"])
def test_refined_maps_take_what_their_detector_takes_in_each_of_three_folds(inner):
    params = {"k": 4} if inner == "knn" else {"n_kinds": 40} if inner == "pni" else {}
    detector, features = Refined.of(made(inner, **params)), draw(0, 8)
    least = {"knn": 6, "pni": 6, "cutpaste": 3}[inner]  # folds of 2, 2 and 2 leave 4
    for n_images in range(1, 9):
        some = features.subset(np.arange(n_images))
        assert is_refused(detector.check_training, some) == (n_images < least), n_images


def test_a_coreset_that_keeps_too_few_cells_of_other_images_says_how_many():
    reweighted = made("patchcore", coreset=0.5, reweight=True, n_reweight=23)
    fitted = reweighted.fit(draw(0, 2))
    message = r"keeps \d+ cells of other images than each \(coreset=0.5\) and needs 23; lower"
    with pytest.raises(ParameterError, match=message):
        fitted.training_scores()

"""Removed images come back as the network makes them, where they were odd, and nowhere else."""

import numpy as np
import pytest

from anomalylab import detectors
from anomalylab.errors import ParameterError
from anomalylab.features import Features, ImageLevel
from anomalylab.refine.healing import accepted, defect_energy
from anomalylab.refine.pixel_healing import (
    change_of_kept_images,
    heal_images,
    kept_images,
    weights,
)

pytestmark = pytest.mark.xdist_group("autoencoder")

N_KEPT = 9
REMOVED = np.array([9, 10])
PATCH = (slice(24, 36), slice(30, 42))


def made(**params):
    return detectors.create("autoencoder", preset="tiny", **{"epochs": 8, **params})


@pytest.fixture(scope="module")
def features():
    """Smooth images of 64 x 64; the last one has a red patch."""
    rng = np.random.default_rng(0)
    rows, cols = np.mgrid[:64, :64] / 64
    level = rng.uniform(0.35, 0.65, (11, 1, 1, 3)) + 0.1 * (rows + cols)[..., None]
    images = level.astype(np.float32)
    images[10][PATCH] = (1, 0, 0)
    groups = np.array([0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9])
    return Features({"pixels": images}, groups)


@pytest.fixture(scope="module")
def part(features):
    return kept_images(made(), features, np.arange(N_KEPT))


@pytest.fixture(scope="module")
def healed(part, features):
    return heal_images(part, features, REMOVED, feather=2)


def image_of(healed, row):
    return healed.features.images("pixels")[row]


def test_healed_images_stand_behind_the_others_in_the_group_of_their_original(healed, features):
    assert len(healed.features) == 13
    assert healed.rows.tolist() == [11, 12]
    assert healed.originals.tolist() == [9, 10]
    numbers = healed.features.group_numbers
    assert numbers[11:].tolist() == numbers[REMOVED].tolist()
    np.testing.assert_array_equal(image_of(healed, 3), features.level("pixels")[3])


def test_what_was_odd_is_replaced_and_what_was_not_stays(healed, features):
    before = features.level("pixels")[10]
    after = image_of(healed, 12)
    red = before[PATCH] - after[PATCH]
    assert healed.replaced[1][PATCH].mean() > 0.9
    assert red[..., 0].mean() > 0.2
    far = weights(healed.replaced[1], 0, 2) == 0
    assert far.mean() > 0.3
    assert np.abs(after - before)[far].max() <= 0.5 / 255 + 1e-6  # the rounding of a byte


def test_what_is_left_of_the_defect_is_less(part, healed):
    polluted = np.zeros((2, 64, 64), bool)
    polluted[1][PATCH] = True
    before, after = defect_energy(part, healed, polluted)
    assert np.isnan([before[0], after[0]]).all()
    assert after[1] < before[1] / 2


def test_the_threshold_is_a_quantile_of_left_out_residuals_and_is_exceeded(part, healed):
    assert healed.threshold == pytest.approx(np.quantile(part.score_maps, 0.99))
    residual = part.fitted.score_map(healed.features.subset([10]))[0]
    near = weights(residual > healed.threshold, 2, 2) == 1
    np.testing.assert_array_equal(healed.replaced[1], near)


def test_healed_images_are_accepted_by_the_scores_of_kept_ones(part, healed):
    scores = part.fitted.image_scores(healed.features.subset(healed.rows))
    limit = np.quantile(part.scores, 0.95)
    assert accepted(part, healed).tolist() == (scores <= limit).tolist()
    assert scores[1] < part.fitted.image_scores(healed.features.subset([10]))[0]


def test_healing_again_changes_what_was_left(part, healed, features):
    twice = heal_images(part, features, REMOVED, feather=2, n_rounds=2)
    assert (twice.replaced >= healed.replaced).all()


def test_usual_images_change_by_less_than_if_all_of_them_were_replaced(part):
    change = change_of_kept_images(part)
    assert change.shape == (N_KEPT,)
    assert ((change >= 0) & (change < 1)).all()
    assert (change_of_kept_images(part, quantile=0.01) > 0.95).all()


def test_images_may_be_read_on_demand(part, features):
    read = ImageLevel(lambda row: features.level("pixels")[row], np.arange(11))
    level = Features({"pixels": read}, features.groups)
    one, other = (heal_images(part, some, REMOVED) for some in (level, features))
    np.testing.assert_array_equal(image_of(one, 12), image_of(other, 12))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quantile": 1.0}, "quantile"),
        ({"reach": -1}, "reach"),
        ({"feather": -0.5}, "feather"),
        ({"n_rounds": 0}, "n_rounds"),
    ],
)
def test_values_that_cannot_be_used_are_refused(part, features, options, message):
    with pytest.raises(ParameterError, match=message):
        heal_images(part, features, REMOVED, **options)


def test_nothing_removed_and_other_detectors_are_refused(part, features):
    with pytest.raises(ParameterError, match="none to heal"):
        heal_images(part, features, REMOVED[:0])
    for other in (detectors.create("knn"), made(residual="ssim"), made(grid=(8, 8))):
        with pytest.raises(ParameterError, match="healed by"):
            kept_images(other, features, np.arange(N_KEPT))

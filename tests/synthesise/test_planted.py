"""Planted defects have the width that was asked for, where the product is."""

import numpy as np
import pytest

from anomalylab import synthesise
from anomalylab.errors import ParameterError, UnknownNameError
from anomalylab.synthesise.planted import TOLERANCE, plant, width_of
from anomalylab.synthesise.product import product_mask
from anomalylab.synthesise.scratch import bent_curve, distance_to

KINDS = sorted(synthesise.registry)
THIN = ("brush", "cutpaste_scar", "line", "scratch")


@pytest.fixture(scope="module")
def surface():
    rng = np.random.default_rng(0)
    coarse = rng.integers(60, 200, (30, 40, 3), dtype=np.uint8)
    return np.kron(coarse, np.ones((10, 10, 1), np.uint8))


def disc(shape, centre, radius):
    rows, cols = np.ogrid[: shape[0], : shape[1]]
    return np.hypot(rows - centre[0], cols - centre[1]) <= radius


def test_the_width_of_a_mask_is_the_diameter_of_the_largest_disc_inside_it():
    mask = np.zeros((40, 60), bool)
    mask[10:15, 5:50] = True
    assert width_of(mask) == 5
    assert width_of(disc((40, 60), (20, 30), 8)) == pytest.approx(16, abs=1)
    assert width_of(np.zeros((5, 5), bool)) == 0


def test_the_width_of_a_mask_that_fills_the_picture_is_its_shorter_side():
    assert width_of(np.ones((7, 20), bool)) == 7


@pytest.mark.parametrize(
    ("kind", "width"), [(kind, 6) for kind in KINDS] + [(k, 20) for k in KINDS if k not in THIN]
)
def test_a_planted_defect_has_the_width_asked_for_or_is_none(kind, width, surface):
    found = [plant(surface, kind, width=width, contrast=1.0, seed=seed) for seed in range(8)]
    planted = [one for one in found if one is not None]
    assert len(planted) >= 6
    for one in planted:
        assert 1 / TOLERANCE <= width_of(one.mask) / width <= TOLERANCE
        assert one.width == width_of(one.mask)


@pytest.mark.parametrize("kind", KINDS)
def test_pixels_change_inside_the_mask_only_and_by_as_much_as_is_told(kind, surface):
    before = surface.copy()
    one = plant(surface, kind, width=10, contrast=0.5, seed=3)
    np.testing.assert_array_equal(one.image[~one.mask], before[~one.mask])
    np.testing.assert_array_equal(surface, before)
    change = np.abs(one.image.astype(int) - before)[one.mask].mean(axis=0).max()
    assert one.difference == pytest.approx(change)
    assert change > 0


def test_the_same_seed_gives_the_same_picture_and_another_seed_another(surface):
    one, same, other = (plant(surface, "spot", width=9, contrast=1.0, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.image, same.image)
    assert (one.mask != other.mask).any()


def test_contrast_changes_how_strong_a_defect_is_and_not_where_it_lies(surface):
    faint, clear = (plant(surface, "spot", width=9, contrast=c, seed=1) for c in (0.3, 1.0))
    np.testing.assert_array_equal(faint.mask, clear.mask)
    assert faint.difference < clear.difference / 2


@pytest.mark.parametrize("kind", KINDS)
def test_defects_lie_on_the_product(kind, surface):
    where = disc(surface.shape[:2], (150, 250), 90)
    for seed in range(6):
        one = plant(surface, kind, width=8, contrast=1.0, seed=seed, where=where)
        assert one is None or not (one.mask & ~where).any()


def test_what_cannot_be_planted_is_refused(surface):
    with pytest.raises(ParameterError, match=r"3 to 150 pixels wide in an image of 400 x 300, not"):
        plant(surface, "spot", width=200, contrast=1.0, seed=0)
    nowhere = np.zeros(surface.shape[:2], bool)
    with pytest.raises(ParameterError, match="leaves no room"):
        plant(surface, "spot", width=9, contrast=1.0, seed=0, where=nowhere)
    with pytest.raises(UnknownNameError, match="spot"):
        plant(surface, "spott", width=9, contrast=1.0, seed=0)


def test_a_defect_that_changes_pixels_outside_its_mask_is_refused(surface, monkeypatch):
    def dishonest(image, rng, contrast=1.0, *, where=None, scale=1.0):
        mask = np.zeros(image.shape[:2], bool)
        mask[10:20, 10:20] = True
        return 255 - image, mask

    monkeypatch.setitem(synthesise.registry._factories, "dishonest", dishonest)
    with pytest.raises(ParameterError, match="'dishonest' changes pixels outside its mask"):
        plant(surface, "dishonest", width=10, contrast=1.0, seed=0)


def test_a_registered_defect_of_unknown_size_is_scaled_to_the_width(surface, monkeypatch):
    def square(image, rng, contrast=1.0, *, where=None, scale=1.0):
        side = max(1, round(0.4 * scale * min(image.shape[:2])))
        mask = np.zeros(image.shape[:2], bool)
        mask[2 : 2 + side, 2 : 2 + side] = True
        return np.where(mask[..., None], 255 - image, image), mask

    monkeypatch.setitem(synthesise.registry._factories, "square", square)
    one = plant(surface, "square", width=30, contrast=1.0, seed=0)
    assert one.width == pytest.approx(30, abs=1)


def test_a_scratch_that_would_be_longer_than_the_image_is_none(surface):
    assert plant(surface, "scratch", width=60, contrast=1.0, seed=0) is None


@pytest.mark.parametrize("seed", range(5))
def test_distances_within_reach_of_a_scratch_equal_those_without_a_limit(seed):
    points = bent_curve(np.random.default_rng(seed), np.array([40.0, 60.0]), 90)
    near, along = distance_to((80, 120), points, reach=6)
    all_distances, all_along = distance_to((80, 120), points)
    is_near = np.abs(all_distances) <= 6
    assert is_near.sum() > 500
    np.testing.assert_array_equal(near[is_near], all_distances[is_near])
    np.testing.assert_array_equal(along[is_near], all_along[is_near])
    assert (np.abs(near[~is_near]) > 6).all()


def test_a_product_on_an_even_ground_is_found_within_a_pixel_of_the_look_at_it():
    truth = disc((300, 400), (150, 180), 100)
    noise = np.random.default_rng(0).normal(0, 2, (300, 400, 3))
    picture = np.clip(np.where(truth[..., None], 120, 220) + noise, 0, 255).astype(np.uint8)
    mask = product_mask(picture)
    assert not (mask & ~truth).any()
    assert (mask & truth).sum() > 0.93 * truth.sum()


def test_holes_in_a_product_belong_to_it():
    truth = disc((200, 200), (100, 100), 70)
    picture = np.where(truth[..., None], 120, 220).astype(np.uint8).repeat(3, axis=2)
    picture[90:110, 90:110] = 220
    assert product_mask(picture)[100, 100]


def test_a_surface_that_fills_the_picture_tells_no_product(surface):
    even = np.full((200, 200, 3), 130, np.uint8)
    assert product_mask(surface) is None
    assert product_mask(even) is None


def test_scattered_things_on_an_even_ground_are_no_product():
    picture = np.full((200, 200, 3), 200, np.uint8)
    for row, col in ((40, 40), (40, 150), (150, 40), (150, 150)):
        picture[disc((200, 200), (row, col), 25)] = 60
    assert product_mask(picture) is None

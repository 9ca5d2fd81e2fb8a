"""Defects have exact masks, and surfaces are seeded."""

import inspect

import numpy as np
import pytest

from anomalylab import synthesise
from anomalylab.errors import DatasetError, ParameterError, UnknownNameError
from anomalylab.synthesise import photographs
from anomalylab.synthesise.fabric import fabric
from anomalylab.synthesise.missing_part import missing_part
from anomalylab.synthesise.paint import (
    blob,
    lay_on,
    offsets,
    pick_centre,
    pick_colour,
    smooth_noise,
)
from anomalylab.synthesise.part import part
from anomalylab.synthesise.patch_swap import patch_swap
from anomalylab.synthesise.photographs import REGIONS, crop
from anomalylab.synthesise.recipe import PRESETS, Picture, Recipe, kinds
from anomalylab.synthesise.scratch import bent_curve, distance_to
from anomalylab.synthesise.surfaces import SURFACES, damage, draw

KINDS = sorted(synthesise.registry)
FOR_ALL_KINDS = pytest.mark.parametrize("kind", KINDS)
FOR_ALL_SURFACES = pytest.mark.parametrize("category", SURFACES)


@pytest.fixture
def image():
    """Grey of every level, coarse enough for a turned piece of it to differ."""
    rng = np.random.default_rng(0)
    return np.kron(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8), np.ones((8, 8, 1), np.uint8))


def put(kind, image, seed=1, contrast=1.0, **params):
    return synthesise.registry.get(kind)(image, np.random.default_rng(seed), contrast, **params)


USUAL = ("missing_part", "patch_swap", "scratch", "spot", "stain")


def test_ten_defects_are_registered():
    assert sorted({*KINDS}) == sorted({*USUAL, *synthesise.FOR_TRAINING})


def test_where_none_is_named_the_five_that_were_measured_are_painted_as_before():
    assert synthesise.usual() == USUAL
    assert kinds(7) == [*USUAL, *USUAL[:2]]


@FOR_ALL_KINDS
@pytest.mark.parametrize("seed", range(5))
def test_nothing_changes_outside_the_mask(kind, image, seed):
    before = image.copy()
    damaged, mask = put(kind, image, seed)
    assert damaged.dtype == np.uint8
    assert damaged.shape == image.shape
    assert mask.dtype == bool
    assert 0 < mask.sum() < mask.size / 2
    np.testing.assert_array_equal(damaged[~mask], image[~mask])
    np.testing.assert_array_equal(image, before)


@FOR_ALL_KINDS
@pytest.mark.parametrize("contrast", [0.2, 0.5, 1.0])
def test_pixels_inside_the_mask_change_with_the_contrast(kind, image, contrast):
    changes = []
    for seed in range(5):
        damaged, mask = put(kind, image, seed, contrast)
        changes.append(np.abs(damaged[mask].astype(float) - image[mask]).mean())
    assert np.mean(changes) > 30 * contrast


@pytest.mark.parametrize("level", [0, 60, 128, 200, 255])
@pytest.mark.parametrize("kind", sorted({*USUAL} - {"patch_swap"}))
def test_a_defect_shows_on_any_grey(kind, level):
    flat = np.full((96, 96, 3), level, np.uint8)
    damaged, mask = put(kind, flat)
    assert np.abs(damaged[mask].astype(float) - level).mean() > 25


@FOR_ALL_KINDS
def test_contrast_decides_how_strong_a_defect_is_and_not_where(kind, image):
    _, mask = put(kind, image, contrast=1.0)
    faint, faint_mask = put(kind, image, contrast=0.0)
    np.testing.assert_array_equal(mask, faint_mask)
    np.testing.assert_array_equal(faint, image)


@FOR_ALL_KINDS
def test_the_same_seed_gives_the_same_defect(kind, image):
    for first, second in zip(put(kind, image, 3), put(kind, image, 3), strict=True):
        np.testing.assert_array_equal(first, second)
    assert (put(kind, image, 3)[1] != put(kind, image, 4)[1]).any()


@FOR_ALL_KINDS
def test_a_defect_stays_on_the_object(kind, image):
    where = np.zeros(image.shape[:2], bool)
    where[20:80, 30:110] = True
    for seed in range(3):
        damaged, mask = put(kind, image, seed, where=where)
        assert mask.any()
        assert not (mask & ~where).any()
        np.testing.assert_array_equal(damaged[~where], image[~where])


@FOR_ALL_KINDS
def test_twice_the_scale_covers_more(kind, image):
    small, large = (
        sum(put(kind, image, seed, scale=scale)[1].sum() for seed in range(5)) for scale in (1, 2)
    )
    assert large > 1.5 * small


@FOR_ALL_KINDS
@pytest.mark.parametrize("shape", [(16, 16), (9, 200)])
def test_small_and_narrow_images_can_be_damaged(kind, shape):
    image = np.full((*shape, 3), 120, np.uint8)
    assert put(kind, image)[0].shape == image.shape


@FOR_ALL_KINDS
def test_unusable_arguments_are_refused(kind, image):
    with pytest.raises(ParameterError, match=r"contrast must lie in \[0, 1\]"):
        put(kind, image, contrast=1.5)
    with pytest.raises(ParameterError, match="uint8 image"):
        put(kind, image.astype(float))
    with pytest.raises(ParameterError, match="at least one pixel"):
        put(kind, image, where=np.zeros(image.shape[:2], bool))


@FOR_ALL_KINDS
def test_every_defect_takes_the_same_arguments(kind):
    parameters = list(inspect.signature(synthesise.registry.get(kind)).parameters)
    assert parameters[:6] == ["image", "rng", "contrast", "where", "scale", "centre"]


@FOR_ALL_KINDS
def test_a_defect_lies_where_its_centre_is_put(kind, image):
    for centre in ((20.0, 30.0), (70.0, 100.0)):
        for seed in range(3):
            rows, cols = np.nonzero(put(kind, image, seed, centre=centre, scale=0.5)[1])
            assert np.hypot(rows - centre[0], cols - centre[1]).min() <= 12


def test_a_swapped_patch_shows_its_source():
    image = np.full((64, 64, 3), 40, np.uint8)
    source = np.full((30, 50, 3), 200, np.uint8)
    swapped, mask = patch_swap(image, np.random.default_rng(0), scale=2, source=source)
    assert (swapped[mask] > 40).all()
    assert (swapped == 200).all(axis=2).sum() > 0.5 * mask.sum()


def test_a_missing_part_shows_what_lies_behind_it():
    image, behind = np.full((64, 64, 3), 200, np.uint8), np.full((64, 64, 3), 10, np.uint8)
    broken, mask = missing_part(image, np.random.default_rng(0), scale=2, behind=behind)
    assert (broken == 10).all(axis=2).sum() > 0.7 * mask.sum()
    with pytest.raises(ParameterError, match="behind must have the image's shape"):
        missing_part(image, np.random.default_rng(0), behind=behind[:10])


def test_paint_is_mixed_by_coverage_and_contrast():
    image = np.full((1, 3, 3), 100, np.uint8)
    painted, mask = lay_on(image, np.full(3, 200), np.array([[0.0, 0.5, 1.0]]), 0.5)
    assert painted[0, :, 0].tolist() == [100, 125, 150]
    assert mask.tolist() == [[False, True, True]]


def test_dark_integer_paint_does_not_wrap_around():
    image = np.full((1, 1, 3), 200, np.uint8)
    painted, _ = lay_on(image, np.full((1, 1, 3), 10, np.uint8), np.ones((1, 1)), 1.0)
    assert painted[0, 0].tolist() == [10, 10, 10]


def test_a_centre_lies_inside_or_at_the_rim_as_asked():
    where = np.zeros((60, 60), bool)
    where[20:50, 20:50] = True
    rng = np.random.default_rng(0)
    for _ in range(20):
        row, col = pick_centre(rng, (60, 60), 3, where, inside=(1.0, 1.0))
        assert 23 <= row <= 46
        assert 23 <= col <= 46
        row, col = pick_centre(rng, (60, 60), 3, where, inside=(0.3, 0.7))
        assert min(row - 20, 49 - row, col - 20, 49 - col) < 3


def test_a_turned_axis_measures_along_itself():
    down, right = offsets((3, 5), (1, 1), np.pi / 2)
    assert down[1, 4] == pytest.approx(-3, abs=1e-6)
    assert right[1, 4] == pytest.approx(0, abs=1e-6)


def test_an_even_blob_is_a_disc():
    depth = blob(np.random.default_rng(0), (21, 21), (10, 10), 5, unevenness=0)
    assert depth[10, 10] == pytest.approx(5)
    assert depth[10, 15] == pytest.approx(0, abs=1e-6)
    assert (depth >= 0).sum() == sum(
        y * y + x * x <= 25 for y in range(-5, 6) for x in range(-5, 6)
    )


@pytest.mark.parametrize("sigma", [1.0, (0.8, 3.0), 20.0])
def test_smooth_noise_has_the_mean_and_spread_it_promises(sigma):
    field = smooth_noise(np.random.default_rng(0), (50, 70), sigma)
    assert field.shape == (50, 70)
    assert field.mean() == pytest.approx(0, abs=1e-4)
    assert field.std() == pytest.approx(1, abs=1e-4)


def test_the_colour_drawn_stands_out_or_is_the_farthest():
    rng, mask = np.random.default_rng(0), np.ones((2, 2), bool)
    white = np.full((2, 2, 3), 255, np.uint8)
    palette = [(250, 250, 250), (0, 0, 0), (240, 240, 240)]
    assert pick_colour(rng, palette, white, mask).tolist() == [0, 0, 0]
    near = [(250, 250, 250), (240, 240, 240)]
    assert pick_colour(rng, near, white, mask).tolist() == [240, 240, 240]


def test_the_distance_to_a_scratch_equals_that_to_its_densely_sampled_curve():
    points = bent_curve(np.random.default_rng(0), (20.0, 15.0), 30.0)
    distance, _ = distance_to((40, 30), points)
    t = np.linspace(0, len(points) - 1, 5000)
    index = np.arange(len(points))
    dense = np.stack([np.interp(t, index, points[:, axis]) for axis in (0, 1)], axis=1)
    pixels = np.moveaxis(np.indices((40, 30)), 0, 2)[:, :, None]
    slow = np.linalg.norm(pixels - dense, axis=3).min(axis=2)
    np.testing.assert_allclose(np.abs(distance), slow, atol=0.01)


@FOR_ALL_SURFACES
def test_a_surface_is_seeded_and_varies(category):
    first, again, other = (
        draw(category, np.random.default_rng(seed), 64, "train").image for seed in (0, 0, 1)
    )
    assert first.shape == (64, 64, 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@FOR_ALL_SURFACES
@FOR_ALL_KINDS
def test_every_defect_shows_on_every_surface(category, kind):
    rng = np.random.default_rng(5)
    scene = draw(category, rng, 96, "test")
    image, mask = damage(scene, category, kind, rng, 1.0)
    np.testing.assert_array_equal(image[~mask], scene.image[~mask])
    assert np.abs(image[mask].astype(float) - scene.image[mask]).mean() > 5


@pytest.mark.parametrize("surface", [fabric, part])
def test_a_drawn_surface_refuses_too_few_pixels(surface):
    with pytest.raises(ParameterError, match="at least 32 pixels"):
        surface(np.random.default_rng(0), 31)


def test_the_part_is_metal_on_its_mat_and_moves():
    scenes = [part(np.random.default_rng(seed), 96) for seed in range(3)]
    for scene in scenes:
        assert 0.25 < scene.where.mean() < 0.55
        assert scene.image[scene.where].mean() > scene.image[~scene.where].mean() + 60
        assert scene.behind.mean() < 90
    assert (scenes[0].where != scenes[1].where).any()


@pytest.mark.parametrize("name", REGIONS)
def test_training_and_test_crops_never_share_a_pixel(name):
    used = {split: np.zeros((512, 512), bool) for split in ("train", "test")}
    for split, pixels in used.items():
        for seed in range(40):
            left, top, right, bottom = crop(
                np.random.default_rng(seed), 32, name=name, split=split
            ).box
            assert 0 <= left < right <= 512
            assert 0 <= top < bottom <= 512
            pixels[top:bottom, left:right] = True
    assert not (used["train"] & used["test"]).any()
    assert used["train"].any()


def test_a_crop_shows_the_pixels_of_its_box():
    from PIL import Image

    scene = crop(np.random.default_rng(0), 64, name="brick", split="train")
    whole = photographs.grey("brick")
    grey = np.asarray(whole.crop(scene.box).resize((64, 64), Image.BICUBIC))
    seen = scene.image.mean(axis=2)
    found = max(np.corrcoef(view.ravel(), seen.ravel())[0, 1] for view in (grey, grey[:, ::-1]))
    assert found > 0.98


def test_a_missing_photograph_is_reported():
    with pytest.raises(DatasetError, match=r"lacks data/sand\.png"):
        photographs.grey("sand")


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(UnknownNameError, match="gravel"):
        draw("gravle", np.random.default_rng(0), 64, "train")
    with pytest.raises(UnknownNameError, match="scratch"):
        synthesise.registry.get("scrach")


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_names_a_contrast_for_every_surface(preset):
    assert set(PRESETS[preset]) == set(SURFACES)
    assert all(0 < contrast <= 1 for contrast in PRESETS[preset].values())


def test_a_hard_defect_is_fainter_than_an_easy_one():
    assert all(PRESETS["hard"][name] < PRESETS["easy"][name] for name in SURFACES)


def test_a_picture_depends_on_its_own_number_and_not_on_how_many_there_are():
    picture = Picture("train", 3)
    few, many = Recipe(n_train=4, size=48), Recipe(n_train=100, size=48)
    np.testing.assert_array_equal(picture.paint(few)[0], picture.paint(many)[0])
    assert (picture.paint(few)[0] != Picture("good", 3).paint(few)[0]).any()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"category": "brik"}, "brick"),
        ({"preset": "esy"}, "easy"),
        ({"contrast": -0.1}, "contrast"),
        ({"n_train": -1}, "n_train"),
        ({"seed": -1}, "seed"),
        ({"size": 8}, "size"),
    ],
)
def test_an_unusable_recipe_is_refused(params, message):
    with pytest.raises((ParameterError, UnknownNameError), match=message):
        Recipe(**params)

"""Versions of images to learn from, and what the frozen part of a network makes of them."""

import numpy as np
import pytest
import torch

from anomalylab import extractors
from anomalylab.errors import ParameterError
from anomalylab.synthesise.twin import TwinOptions
from anomalylab.training.lessons import Lessons
from anomalylab.training.versions import PLAIN, Versions


@pytest.fixture(scope="module")
def body():
    return extractors.body("tiny", size=32)


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (6, 32, 32, 3)).astype(np.uint8)


def versions(body, images, *, with_twins=True, seed=0, **options):
    return Versions(body, images, Lessons(**options), with_twins=with_twins, seed=seed)


def lower(body, images):
    with torch.inference_mode():
        return body.lower(torch.from_numpy(np.stack(images))).numpy()


def key(maps):
    """What tells maps apart, whatever else was computed at the same time."""
    return tuple(maps.ravel()[::7].round(3).tolist())


def test_maps_are_those_of_images_first_and_of_their_twins_after(body, images):
    made = versions(body, images)
    rows = np.array([4, 1])
    shown = [made.shown(row, PLAIN) for row in rows]
    expected = lower(body, [pair[0] for pair in shown] + [pair[1] for pair in shown])
    np.testing.assert_allclose(made.maps(rows), expected, atol=1e-5)
    np.testing.assert_array_equal(shown[0][0], images[4])


def test_a_twin_is_its_image_but_for_the_defect(body, rng):
    images = np.full((3, 64, 64, 3), 90, np.uint8)
    made = versions(body, images)
    for row in range(3):
        image, twin = made.shown(row, PLAIN)
        changed = (image != twin).any(axis=2)
        assert 0 < changed.mean() < 0.5


def test_only_as_many_versions_are_shown_as_are_kept(body, images):
    made = versions(body, images, copies=3)
    expected = {key(lower(body, [one])[0]) for k in (1, 2, 3) for one in made.shown(0, k)}
    rng = np.random.default_rng(1)
    found = {key(one) for _ in range(40) for one in made.maps(np.array([0]), rng)}
    assert found == expected
    assert len(expected) == 6


def test_without_copies_every_version_is_a_new_one(body, images):
    made = versions(body, images, copies=None)
    rng = np.random.default_rng(1)
    found = {one.tobytes() for _ in range(20) for one in made.maps(np.array([0]), rng)}
    assert len(found) == 40


def test_a_version_depends_on_the_image_and_the_seed_and_not_on_its_row(body, images):
    all_of_them, some = versions(body, images), versions(body, images[[5, 2]])
    other = versions(body, images, seed=1)
    for of_all, of_some in zip(all_of_them.shown(2, 3), some.shown(1, 3), strict=True):
        np.testing.assert_array_equal(of_all, of_some)
    assert (other.shown(2, 3)[1] != all_of_them.shown(2, 3)[1]).any()


def test_with_labels_there_are_no_twins(body, images):
    made = versions(body, images, with_twins=False)
    assert made.maps(np.array([0, 1])).shape == (2, *body.shape)
    assert len(made.shown(0, 1)) == 1
    assert (made.shown(0, 1)[0] != images[0]).any()


def test_where_nothing_is_augmented_an_image_is_the_same_in_all_versions(body, images):
    made = versions(body, images, augment=False)
    np.testing.assert_array_equal(made.shown(0, 2)[0], images[0])
    assert (made.shown(0, 1)[1] != made.shown(0, 2)[1]).any()


def test_an_image_without_an_object_to_draw_on_is_named(body):
    flat = np.full((2, 32, 32, 3), 255, np.uint8)
    with pytest.raises(ParameterError, match=r"image 0 of those to learn from.*anywhere"):
        versions(body, flat, twins=TwinOptions(place="on-blob")).maps(np.array([0]))


@pytest.mark.parametrize(
    "options", [{"copies": 0}, {"mixup": -0.1}, {"head_epochs": -1}, {"rounds": 0}]
)
def test_impossible_lessons_are_refused(options):
    with pytest.raises(ParameterError):
        Lessons(**options)

"""Copies of images: how many, of which, and what stands beyond their borders."""

import numpy as np
import pytest

from anomalylab.errors import ParameterError
from anomalylab.storage.cache import cache_folder
from anomalylab.training.autoencoder import augment
from anomalylab.training.autoencoder.augment import augmented, border_colour
from anomalylab.training.autoencoder.options import Augmentation

PLAIN = {"rotation": 0.0, "is_flipped": False, "noise": 0.0}


@pytest.fixture
def images():
    """Three images of a bright bar on a dark ground, no two alike."""
    images = np.full((3, 24, 24, 3), 10, np.uint8)
    for number, image in enumerate(images):
        image[4 : 8 + 4 * number, 9:12] = 200
    return images


def test_so_many_come_out_and_the_images_themselves_first(images):
    copies = augmented(images, Augmentation(n_images=11), 0)
    assert copies.shape == (11, 24, 24, 3)
    assert copies.dtype == np.uint8
    assert (copies[:3] == images).all()
    assert len({copy.tobytes() for copy in copies}) == 11


def test_copies_of_nothing_changed_are_the_images_in_turn(images):
    copies = augmented(images, Augmentation(n_images=8, **PLAIN), 0)
    assert (copies == images[[0, 1, 2, 0, 1, 2, 0, 1]]).all()


def test_fewer_than_there_are_add_none(images):
    assert augmented(images, Augmentation(n_images=2), 0) is images


def test_mirrored_copies_are_mirrors(images):
    copies = augmented(images[:1], Augmentation(n_images=40, **(PLAIN | {"is_flipped": True})), 0)
    mirrors = {images[0][::a, ::b].tobytes() for a in (1, -1) for b in (1, -1)}
    assert {copy.tobytes() for copy in copies} == mirrors


@pytest.mark.parametrize(("fill", "corner"), [("black", 0), ("border", 10), ("auto", 10)])
def test_turned_copies_have_a_corner_of_one_colour(images, fill, corner):
    how = Augmentation(n_images=30, **(PLAIN | {"rotation": 45.0, "fill": fill}))
    corners = augmented(images, how, 0)[3:, 0, 0]
    assert {corner} <= set(np.unique(corners)) <= {corner, 10}


def test_where_the_border_varies_turned_copies_are_mirrored_beyond_it():
    rng = np.random.default_rng(0)
    images = rng.integers(60, 200, (2, 16, 40, 3)).astype(np.uint8)
    assert border_colour(images)[1] > augment.SAME
    how = Augmentation(n_images=30, noise=0.0, is_flipped=False)
    assert augmented(images, how, 0).min() >= 60  # no black corner
    black = Augmentation(n_images=30, noise=0.0, is_flipped=False, fill="black")
    assert augmented(images, black, 0).min() == 0


def test_noise_has_the_spread_asked_for():
    grey = np.full((1, 64, 64, 3), 128, np.uint8)
    copy = augmented(grey, Augmentation(n_images=2, **(PLAIN | {"noise": 0.05})), 0)[1]
    assert copy.std() == pytest.approx(0.05 * 255, rel=0.05)
    assert copy.mean() == pytest.approx(128, abs=0.5)


def test_copies_are_made_once_and_found_again(images, monkeypatch):
    how = Augmentation(n_images=7)
    first = np.array(augmented(images, how, 5))
    monkeypatch.setattr(augment, "_made", None)
    assert (augmented(images, how, 5) == first).all()
    with pytest.raises(TypeError):  # another seed is another set of copies
        augmented(images, how, 6)


def test_damaged_copies_are_made_again(images):
    how = Augmentation(n_images=9)
    first = np.array(augmented(images, how, 8))
    for path in cache_folder().rglob("images.npy"):
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
    assert (augmented(images, how, 8) == first).all()


@pytest.mark.parametrize("bad", [{"n_images": 0}, {"rotation": 200.0}, {"noise": -0.1}])
def test_values_that_cannot_be_used_are_refused(bad):
    with pytest.raises(ParameterError, match=next(iter(bad))):
        Augmentation(**bad)

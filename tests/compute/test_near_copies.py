"""Near copies are told from images that are merely alike."""

import numpy as np
import pytest

from anomalylab.compute import near_copies
from anomalylab.pictures.small_grey import LEVELS, small_grey


def part(rng, side=256):
    """A disc with a few marks of its own on plain ground: all parts are alike, none the same."""
    down, right = (np.mgrid[:side, :side] + 0.5) / side - 0.5
    grey = np.where(np.hypot(down, right) < 0.4, 150.0, 60.0)
    for _ in range(12):
        at = rng.uniform(-0.3, 0.3, 2)
        grey += rng.uniform(-30, 30) * np.exp(-((down - at[0]) ** 2 + (right - at[1]) ** 2) / 0.002)
    return as_rgb(grey + rng.normal(0, 2, grey.shape))


def as_rgb(grey):
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def found(images):
    pictures, own = map(np.array, zip(*map(small_grey, images), strict=True))
    pairs = near_copies.near_copies(pictures, own)
    return set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))


@pytest.fixture
def parts(rng):
    return [part(rng) for _ in range(20)]


def moved(image, rng):
    return np.roll(image, (2, -1), (0, 1))


def noisy(image, rng):
    return np.clip(image + rng.normal(0, 3, image.shape), 0, 255).astype(np.uint8)


def lighter(image, rng):
    return np.clip(image * 1.05, 0, 255).astype(np.uint8)


def test_parts_that_are_alike_are_no_copies(parts):
    assert found(parts) == set()


@pytest.mark.parametrize("copy", [moved, noisy, lighter])
def test_a_copy_is_found_and_nothing_else(parts, copy, rng):
    assert found([*parts, copy(parts[7], rng)]) == {(7, 20)}


def test_where_every_part_was_photographed_three_times_its_photographs_are_linked(parts, rng):
    images = [*parts, *[noisy(p, rng) for p in parts], *[moved(p, rng) for p in parts]]
    pairs = found(images)
    numbers = near_copies.linked(60, *np.array(sorted(pairs)).T)
    assert numbers.tolist() == [*range(20)] * 3


def test_the_residual_is_that_of_plain_least_squares(rng):
    one, other = rng.uniform(0, 255, (2, near_copies.SIDE, near_copies.SIDE))
    from scipy.ndimage import gaussian_filter

    a, b = (gaussian_filter(x, 0.7) for x in (one, other))
    least = []
    inner = slice(3, -3)
    for slow_a, slow_b in ((a, b), (b, a)):
        down, right = np.gradient(slow_a)
        parts = [np.ones_like(a), slow_a, down, right, *np.gradient(down), np.gradient(right)[1]]
        columns = np.stack([x[inner, inner].ravel() for x in parts], axis=1)
        shares = []
        for by in np.ndindex(3, 3):
            moved_b = slow_b[2 + by[0] : -4 + by[0] or None, 2 + by[1] : -4 + by[1] or None]
            left = moved_b.ravel() - columns @ np.linalg.lstsq(columns, moved_b.ravel())[0]
            shares.append(np.linalg.norm(left) / np.linalg.norm(moved_b - moved_b.mean()))
        least.append(min(shares))
    assert near_copies.residual(one, other) == pytest.approx(max(least), rel=1e-4)


def test_light_and_contrast_leave_no_residual(rng):
    picture = rng.uniform(0, 100, (near_copies.SIDE, near_copies.SIDE))
    assert near_copies.residual(picture, 2 * picture + 20) < 1e-3


def test_flat_pictures_and_one_alone_have_no_copies():
    flat = np.full((3, near_copies.SIDE, near_copies.SIDE), 7.0)
    assert len(near_copies.near_copies(flat, np.ones(3)).first) == 0
    assert len(near_copies.near_copies(flat[:1], np.zeros(1)).first) == 0


def test_numbers_follow_links_however_long():
    assert near_copies.linked(5, np.array([0, 3]), np.array([3, 4])).tolist() == [0, 1, 2, 0, 0]


def test_a_small_picture_is_kept_by_16_bits_without_loss(rng):
    picture, own = small_grey(part(rng, 300))
    assert (picture * LEVELS == np.rint(picture * LEVELS)).all()
    assert 0 < own < 0.1

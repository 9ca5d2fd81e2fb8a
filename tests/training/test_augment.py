"""Images are changed a little: by a projection and a light that are drawn."""

import numpy as np
import pytest

from anomalylab.training import augment
from anomalylab.training.augment import augmented, projection


class Drawn:
    """Draws what it is told to: numbers for chances, places within the ranges for values."""

    def __init__(self, *chances, at=0.5):
        self.chances, self.at = list(chances), at

    def random(self):
        return self.chances.pop(0)

    def uniform(self, low, high, size=None):
        value = low + self.at * (high - low)
        return value if size is None else np.full(size, value)


@pytest.fixture
def image(rng):
    return rng.integers(0, 256, (20, 30, 3)).astype(np.uint8)


def test_where_nothing_is_drawn_the_image_stays_as_it_is(image):
    np.testing.assert_array_equal(augmented(image, Drawn(1, 1, 1, 1, 1)), image)


def test_the_same_seed_gives_the_same_image_and_another_one_another(image):
    first, again, other = (augmented(image, np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert first.dtype == np.uint8
    assert first.shape == image.shape


def test_an_enlargement_reads_the_corners_further_inside():
    ways = projection(Drawn(1, 0, 1, at=1))  # the largest zoom, about the far corner
    # The far corner stays; the near one is read 2 / 1.1 away from it, at 1 - 2 / 1.1.
    for corner, expected in [((1, 1), (1, 1)), ((-1, -1), (1 - 2 / 1.1,) * 2)]:
        x, y, w = ways @ [*corner, 1]
        np.testing.assert_allclose((x / w, y / w), expected)


def test_a_turn_is_by_ten_degrees_at_most():
    ways = projection(Drawn(1, 1, 0, at=1))
    x, y, w = ways @ [1, 0, 1]
    assert np.degrees(np.arctan2(y / w, x / w)) == pytest.approx(-10)
    assert np.hypot(x / w, y / w) == pytest.approx(1)


def test_corners_move_by_a_tenth_of_the_image_at_most(rng):
    moved = []
    for _ in range(200):
        chances = iter([0.0, 1.0, 1.0])
        rng_of_corners = type("", (), {"random": lambda _, c=chances: next(c)})()
        rng_of_corners.uniform = rng.uniform
        ways = projection(rng_of_corners)
        x, y, w = ways @ np.c_[augment.CORNERS, np.ones(4)].T
        moved.append(np.abs(np.c_[x / w, y / w] - augment.CORNERS).max())
    assert 0.15 < max(moved) <= 0.2 + 1e-9


def test_what_lies_outside_is_black_and_the_middle_stays_white():
    white = np.full((40, 40, 3), 255, np.uint8)
    turned = augmented(white, Drawn(1, 1, 0, 1, 1, at=1))
    assert turned[0, 0].max() < 60
    assert turned[20, 20].min() == 255


@pytest.mark.parametrize(("at", "brighter"), [(0.0, False), (1.0, True)])
def test_light_changes_every_pixel_alike(at, brighter):
    grey = np.full((8, 8, 3), 128, np.uint8)
    lit = augmented(grey, Drawn(1, 1, 1, 0, 1, at=at))
    assert len(np.unique(lit)) == 1
    # logit(0.6) is 0.405, so that the middle becomes 0.6; darker it becomes 0.4.
    assert lit[0, 0, 0] == pytest.approx(255 * (0.6 if brighter else 0.4), abs=1.5)

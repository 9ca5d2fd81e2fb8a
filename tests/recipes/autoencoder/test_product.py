"""Background and small groups, on images made by hand."""

import numpy as np
import pandas as pd
import pytest

from anomalylab.recipes.autoencoder.product import Cleaning, background_of
from anomalylab.recipes.autoencoder.tables import fall_at_the_end


@pytest.fixture
def image():
    """A light square with a dark hole on dark ground."""
    image = np.full((12, 12, 3), 20, np.uint8)
    image[3:9, 3:9] = 180
    image[5:7, 5:7] = 20
    return image


def test_background_is_like_the_border_and_connected_to_it(image):
    found = background_of(image, np.array([22, 18, 20], np.uint8), 0.02)
    expected = np.ones((12, 12), bool)
    expected[3:9, 3:9] = False
    np.testing.assert_array_equal(found, expected)  # the hole is none


def test_what_is_unlike_the_border_is_no_background(image):
    assert not background_of(image, np.array([90, 90, 90], np.uint8), 0.1).any()


def test_residuals_of_the_background_are_set_aside(image):
    maps = np.full((1, 12, 12), 0.5, np.float32)
    cleaned = Cleaning(image[None], 0.05, 1).cleaned(image[None], maps)[0]
    assert cleaned[:3].max() == 0
    assert (cleaned[3:9, 3:9] == 0.5).all()
    assert maps.min() == 0.5


def test_every_threshold_calls_what_is_left_of_large_groups(image):
    from scipy import ndimage

    maps = np.random.default_rng(0).gamma(1, 0.2, (2, 12, 12)).astype(np.float32)
    images = np.stack([image, image])
    cleaned = Cleaning(images, None, 4).cleaned(images, maps)
    for tau in np.quantile(maps, [0.3, 0.6, 0.8, 0.95]):
        for before, after in zip(maps, cleaned, strict=True):
            groups, n = ndimage.label(before > tau, np.ones((3, 3)))
            sizes = np.bincount(groups.ravel(), minlength=n + 1)
            sizes[0] = 0
            np.testing.assert_array_equal(after > tau, (sizes >= 4)[groups])


def test_a_flat_curve_has_not_fallen():
    assert fall_at_the_end(pd.Series([1.0, 0.5, 0.5, 0.5, 0.5])) == 0
    assert fall_at_the_end(pd.Series([1.0, 0.9, 0.8, 0.5, 0.25])) == 0.5
    assert np.isnan(fall_at_the_end(pd.Series([1.0, 0.5])))

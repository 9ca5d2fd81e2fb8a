"""The windows of an image as points: what is known of each, and of those that are selected."""

import numpy as np
import pytest

from anomalylab.compute import window_moments, window_space
from anomalylab.pc_space import cloud as clouds
from anomalylab.pc_space.selection import Selection

WINDOW = 5


@pytest.fixture
def band(rng):
    band = rng.normal(size=(24, 31))
    band[10:14, 18:22] += 6
    return band


@pytest.fixture
def mask():
    mask = np.zeros((24, 31), bool)
    mask[10:14, 18:22] = True
    return mask


@pytest.fixture
def cloud(band, mask):
    space = window_space.fit(window_moments.moments(band, WINDOW), 3)
    return clouds.make_cloud("a.png", band, space, mask)


def one_window(cloud):
    """The window whose centre is the pixel (7, 9)."""
    return Selection("point", (), (7, 9, 0)).windows(cloud)


def test_every_window_is_a_point_with_three_coordinates_and_a_residual(cloud):
    assert cloud.shape == (20, 27)
    assert cloud.coordinates.shape == (20, 27, 3)
    assert cloud.axes == ("PC1", "PC2", "PC3", "residual")
    np.testing.assert_array_equal(cloud.along("PC2"), cloud.coordinates[..., 1])
    np.testing.assert_allclose(cloud.along("residual") ** 2, cloud.residual, rtol=1e-5)


def test_windows_that_touch_a_defect_are_those_that_hold_one_of_its_pixels(mask):
    view = np.lib.stride_tricks.sliding_window_view(mask, (WINDOW, WINDOW))
    np.testing.assert_array_equal(clouds.touching(mask, WINDOW), view.any(axis=(2, 3)))


def test_selected_windows_light_up_at_their_centres(cloud):
    selected = one_window(cloud)
    pixels = clouds.as_pixels(cloud, selected)
    assert pixels.shape == (24, 31)
    assert pixels.sum() == 1
    assert pixels[7, 9]


def test_the_most_extreme_windows_come_first_and_apart(cloud):
    everything = np.ones(cloud.shape, bool)
    found = clouds.most_extreme(cloud, everything, 6, cloud.distance)
    assert len(found) == 6
    assert found["value"].is_monotonic_decreasing
    assert found["value"].iloc[0] == pytest.approx(cloud.distance.max())
    places = found[["row", "col"]].to_numpy()
    apart = np.abs(places[:, None] - places[None]).max(axis=2)
    assert (apart[~np.eye(6, dtype=bool)] > WINDOW // 2).all()


def test_there_are_no_more_extreme_windows_than_selected_ones(cloud):
    selected = one_window(cloud)
    found = clouds.most_extreme(cloud, selected, 6, cloud.distance)
    assert found[["row", "col"]].to_numpy().tolist() == [[5, 7]]
    assert clouds.most_extreme(cloud, selected & False, 6, cloud.distance).empty


def test_the_share_on_the_defect_is_that_of_the_selected_windows(cloud):
    on_it = Selection("rectangle", (), (10, 18, 13, 21)).windows(cloud)
    assert clouds.defect_share(cloud, on_it) == 1
    everything = np.ones(cloud.shape, bool)
    assert clouds.defect_share(cloud, everything) == pytest.approx(cloud.on_defect.mean())
    assert clouds.defect_share(cloud, everything & False) is None


def test_without_a_mask_there_is_no_share(band):
    space = window_space.fit(window_moments.moments(band, WINDOW))
    cloud = clouds.make_cloud("a.png", band, space)
    assert clouds.defect_share(cloud, np.ones(cloud.shape, bool)) is None


def test_the_patch_of_a_window_is_cut_around_its_centre(cloud, band):
    patch = clouds.patch(band, cloud, 5, 7)
    assert patch.shape == (WINDOW, WINDOW)
    assert patch[2, 2] == band[7, 9]

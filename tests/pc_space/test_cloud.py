"""Windows are chosen in the cloud and in the image by the same few functions."""

import numpy as np
import pytest

from anomalylab.compute import window_moments, window_space
from anomalylab.pc_space import cloud as clouds

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


def test_every_window_is_a_point_with_three_coordinates_and_a_residual(cloud):
    assert cloud.shape == (20, 27)
    assert cloud.coordinates.shape == (20, 27, 3)
    assert cloud.axes == ("PC1", "PC2", "PC3", "residual")
    np.testing.assert_array_equal(cloud.along("PC2"), cloud.coordinates[..., 1])
    np.testing.assert_allclose(cloud.along("residual") ** 2, cloud.residual, rtol=1e-5)


def test_windows_that_touch_a_defect_are_those_that_hold_one_of_its_pixels(mask):
    view = np.lib.stride_tricks.sliding_window_view(mask, (WINDOW, WINDOW))
    np.testing.assert_array_equal(clouds.touching(mask, WINDOW), view.any(axis=(2, 3)))


def test_a_box_selects_the_points_inside_it_and_on_its_border(cloud):
    x, y = cloud.along("PC1"), cloud.along("PC2")
    corner = x[3, 4], y[3, 4]
    selected = clouds.in_box(cloud, "PC1", "PC2", (corner[0], corner[1], np.inf, np.inf))
    np.testing.assert_array_equal(selected, (x >= corner[0]) & (y >= corner[1]))
    assert selected[3, 4]


def test_a_square_lasso_selects_what_the_box_does(cloud):
    bounds = -1.05, -0.77, 2.11, 3.3
    corners = [(-1.05, -0.77), (2.11, -0.77), (2.11, 3.3), (-1.05, 3.3)]
    np.testing.assert_array_equal(
        clouds.in_polygon(cloud, "PC1", "residual", corners),
        clouds.in_box(cloud, "PC1", "residual", bounds),
    )


def test_a_lasso_leaves_out_what_its_dent_leaves_out(cloud):
    x, y = cloud.along("PC1"), cloud.along("PC2")
    low, high = min(x.min(), y.min()) - 1, max(x.max(), y.max()) + 1
    triangle = [(low, low), (high, low), (high, high)]
    np.testing.assert_array_equal(clouds.in_polygon(cloud, "PC1", "PC2", triangle), x > y)


def test_a_lasso_of_two_points_selects_nothing(cloud):
    assert not clouds.in_polygon(cloud, "PC1", "PC2", [(-1, -1), (1, 1)]).any()


def test_a_sweep_selects_between_two_positions(cloud):
    selected = clouds.in_interval(cloud, "PC3", -0.5, 0.5)
    np.testing.assert_array_equal(selected, np.abs(cloud.along("PC3")) <= 0.5)


def test_windows_near_a_pixel_are_counted_from_their_centres(cloud):
    assert clouds.near_pixel(cloud, 7, 9, 0).nonzero() == (np.array([5]), np.array([7]))
    assert clouds.near_pixel(cloud, 7, 9, 1).sum() == 5
    assert not clouds.near_pixel(cloud, 0, 0, 1).any()


def test_a_rectangle_of_the_image_selects_the_centres_in_it(cloud):
    selected = clouds.in_rectangle(cloud, 2, 2, 3, 4)
    rows, cols = selected.nonzero()
    assert set(zip(rows.tolist(), cols.tolist(), strict=True)) == {
        (row, col) for row in (0, 1) for col in (0, 1, 2)
    }


def test_selected_windows_light_up_at_their_centres(cloud):
    selected = clouds.near_pixel(cloud, 7, 9, 0)
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
    selected = clouds.near_pixel(cloud, 7, 9, 0)
    found = clouds.most_extreme(cloud, selected, 6, cloud.distance)
    assert found[["row", "col"]].to_numpy().tolist() == [[5, 7]]
    assert clouds.most_extreme(cloud, selected & False, 6, cloud.distance).empty


def test_the_share_on_the_defect_is_that_of_the_selected_windows(cloud):
    on_it = clouds.in_rectangle(cloud, 10, 18, 13, 21)
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

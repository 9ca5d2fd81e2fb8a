"""Sums over all windows: exact, additive, and made without the windows."""

import tracemalloc

import numpy as np
import pytest

from anomalylab.compute import window_moments
from anomalylab.compute.window_moments import Moments, check_window, moments, moments_by_matrix
from anomalylab.errors import ParameterError


def draw(height, width, seed=0):
    """An image whose neighbouring pixels are alike, far from 0."""
    noise = np.random.default_rng(seed).normal(size=(height, width))
    return noise.cumsum(axis=0).cumsum(axis=1) / height + 7


def assert_same(one, other, tolerance):
    assert one.count == other.count
    for a, b in ((one.total, other.total), (one.products, other.products)):
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * np.abs(b).max())


def by_hand(image, window):
    height, width = image.shape
    windows = [
        image[i : i + window, j : j + window].ravel()
        for i in range(height - window + 1)
        for j in range(width - window + 1)
    ]
    matrix = np.array(windows)
    return Moments(len(matrix), matrix.sum(axis=0), matrix.T @ matrix)


@pytest.mark.parametrize("window", [1, 3, 5, 9])
@pytest.mark.parametrize(("more_rows", "more_cols"), [(0, 0), (0, 11), (14, 0), (6, 23), (1, 1)])
def test_the_sums_are_those_of_the_window_matrix(window, more_rows, more_cols):
    image = draw(2 * window - 1 + more_rows, 2 * window - 1 + more_cols)
    assert_same(moments(image, window), by_hand(image, window), 1e-13)


@pytest.mark.parametrize("shape", [(5, 5), (5, 30), (8, 8), (30, 6)])
def test_images_hardly_larger_than_the_window_are_no_exception(shape):
    image = draw(*shape)
    assert_same(moments(image, 5), by_hand(image, 5), 1e-13)


def test_the_window_of_the_original_agrees_to_ten_digits():
    image = draw(70, 83)
    assert_same(moments(image, 25), moments_by_matrix(image, 25), 1e-13)


def test_one_window_of_two_pixels_by_hand():
    found = moments(np.array([[1.0, 2.0], [3.0, 5.0]]), 1)
    assert found.count == 4
    np.testing.assert_allclose(found.total, [11])
    np.testing.assert_allclose(found.products, [[39]])


def test_a_bright_image_loses_no_digits_of_its_variance():
    image = draw(40, 50)
    dark, bright = moments(image, 5), moments(image + 1000, 5)
    variances = [
        m.products / m.count - np.outer(m.total, m.total) / m.count**2 for m in (dark, bright)
    ]
    np.testing.assert_allclose(*variances, rtol=1e-7, atol=1e-7 * np.abs(variances[0]).max())


def test_single_precision_is_summed_in_double():
    image = draw(40, 50).astype(np.float32)
    assert_same(moments(image, 5), moments(image.astype(float), 5), 1e-14)


def test_moments_of_two_images_add_up_and_come_apart():
    one, other = (moments(draw(30, 20 + seed, seed), 5) for seed in (1, 2))
    both = one + other
    assert both.count == 26 * 17 + 26 * 18
    assert_same(both - other, one, 1e-13)


def test_no_window_matrix_is_built():
    image = draw(200, 230)
    windows = (200 - 24) * (230 - 24) * 25**2 * 8
    tracemalloc.start()
    moments(image, 25)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < windows / 8
    assert peak < 50e6


def test_small_images_are_gathered_a_block_at_a_time(monkeypatch):
    image = draw(12, 40)
    whole = moments_by_matrix(image, 7)
    monkeypatch.setattr(window_moments, "BLOCK", 70)
    assert_same(moments_by_matrix(image, 7), whole, 1e-13)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("shape", [(30, 30), (6, 30)])
def test_values_that_are_not_finite_are_refused(value, shape):
    image = draw(*shape)
    image[3, 4] = value
    with pytest.raises(ParameterError, match="NaN"):
        moments(image, 5)


@pytest.mark.parametrize("window", [0, 2, -3, 2.5, "25"])
def test_a_window_must_be_odd(window):
    with pytest.raises(ParameterError, match="odd"):
        check_window(window)


def test_an_image_smaller_than_the_window_is_refused():
    with pytest.raises(ParameterError, match="20 x 40 pixels is smaller than the window of 25"):
        moments(np.zeros((20, 40)), 25)

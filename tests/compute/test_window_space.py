"""PC space is that of scikit-learn, and its coordinates are found without the windows."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.decomposition import PCA, IncrementalPCA

from anomalylab.compute import window_space
from anomalylab.compute.window_moments import moments, window_matrix
from anomalylab.compute.window_space import WindowSpace, fit, incremental
from anomalylab.errors import ParameterError


def draw(height, width, seed=0):
    """An image whose neighbouring pixels are alike, far from 0."""
    noise = np.random.default_rng(seed).normal(size=(height, width))
    return noise.cumsum(axis=0).cumsum(axis=1) / height + 7


IMAGES = [draw(40, 33, 1), draw(26, 47, 2), draw(33, 30, 3)]


@pytest.fixture
def windows():
    return np.concatenate([window_matrix(image, 5) for image in IMAGES])


@pytest.fixture
def space():
    return fit(sum((moments(image, 5) for image in IMAGES[1:]), moments(IMAGES[0], 5)), 3)


def test_mean_and_variances_are_those_of_all_windows(space, windows):
    theirs = PCA(3).fit(windows)
    np.testing.assert_allclose(space.mean, theirs.mean_)
    np.testing.assert_allclose(space.variances, theirs.explained_variance_, rtol=1e-9)
    np.testing.assert_allclose(space.total_variance, windows.var(axis=0, ddof=1).sum())


def test_components_are_those_of_scikit_learn_but_for_the_sign(space, windows):
    theirs = PCA(3).fit(windows).components_
    np.testing.assert_allclose(np.abs(np.sum(space.components * theirs, axis=1)), 1, rtol=1e-10)


def test_the_heaviest_weight_of_each_component_is_positive(space):
    heaviest = np.abs(space.components).argmax(axis=1)
    assert (space.components[np.arange(3), heaviest] > 0).all()


@pytest.mark.parametrize("shape", [(5, 5), (5, 19), (31, 29), (64, 47)])
def test_coordinates_and_what_is_left_are_those_of_each_window(space, shape):
    image = draw(*shape, seed=9)
    centred = window_matrix(image, 5) - space.mean
    expected = centred @ space.components.T
    left = ((centred - expected @ space.components) ** 2).sum(axis=1)
    coordinates, residual = space.project(image)
    assert residual.shape == (shape[0] - 4, shape[1] - 4)
    np.testing.assert_allclose(coordinates.reshape(-1, 3), expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(residual.ravel(), left, rtol=0, atol=1e-9)


def test_coordinates_agree_with_scikit_learn_to_eight_digits(windows):
    pca = PCA(2).fit(windows)
    space = WindowSpace(5, pca.mean_, pca.components_, pca.explained_variance_, 1.0)
    expected = pca.transform(window_matrix(IMAGES[1], 5))
    found = space.project(IMAGES[1])[0].reshape(-1, 2)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8 * np.abs(expected).max())


def test_coordinates_alone_are_those_of_the_whole_projection(space):
    np.testing.assert_array_equal(space.coordinates(IMAGES[0]), space.project(IMAGES[0])[0])


def test_the_first_window_of_an_image_is_its_upper_left_corner(space):
    image = np.zeros((9, 9))
    image[0, 0] = 1
    coordinates = space.coordinates(image) + space.components @ space.mean
    np.testing.assert_allclose(coordinates[0, 0], space.patches[:, 0, 0], atol=1e-12)
    np.testing.assert_allclose(coordinates[1:, 1:], 0, atol=1e-12)


def test_far_from_zero_no_digits_are_lost():
    image = draw(40, 33)
    near, far = fit(moments(image, 5)), fit(moments(image + 1000, 5))
    np.testing.assert_allclose(
        near.project(image)[1], far.project(image + 1000)[1], rtol=1e-5, atol=1e-6
    )


def test_distances_are_squared_deviations_from_the_mean_window(space, windows):
    coordinates = (windows - space.mean) @ space.components.T
    expected = (coordinates**2 / coordinates.var(axis=0, ddof=1)).sum(axis=1)
    np.testing.assert_allclose(space.distances(coordinates), expected, rtol=1e-7)


def test_a_constant_training_image_makes_a_space_without_variance():
    space = fit(moments(np.zeros((30, 30)), 5))
    coordinates, residual = space.project(np.zeros((12, 30)))
    assert space.total_variance == 0
    assert not coordinates.any()
    assert not residual.any()
    assert not space.distances(coordinates).any()


def test_without_training_variance_any_structure_is_far():
    space = fit(moments(np.full((30, 30), 2.0), 5))
    coordinates, residual = space.project(draw(20, 20))
    assert (space.distances(coordinates) + residual).min() > 0


def test_threads_may_share_a_space(space, monkeypatch):
    monkeypatch.setattr(window_space, "HELD_SHAPES", 2)
    images = [draw(20 + 3 * (i % 4), 30, seed=i) for i in range(24)]
    expected = [space.project(image)[1] for image in images]
    with ThreadPoolExecutor(4) as pool:
        for one, other in zip(pool.map(space.project, images), expected, strict=True):
            np.testing.assert_array_equal(one[1], other)
    assert len(space.held_spectra) <= 2


def test_incremental_axes_are_those_of_scikit_learn_in_the_same_order():
    pca = IncrementalPCA(2)
    for image in IMAGES:
        pca.partial_fit(window_matrix(image, 5))
    space = incremental(iter(IMAGES), 5)
    np.testing.assert_allclose(np.abs(space.components), np.abs(pca.components_), atol=1e-12)
    np.testing.assert_allclose(space.variances, pca.explained_variance_)
    assert (space.components[[0, 1], np.abs(space.components).argmax(axis=1)] > 0).all()


def test_incremental_mean_and_total_variance_are_exact(space):
    found = incremental(IMAGES, 5, 3)
    np.testing.assert_allclose(found.mean, space.mean, rtol=1e-12)
    np.testing.assert_allclose(found.total_variance, space.total_variance, rtol=1e-10)


def test_of_one_image_incremental_and_exact_axes_are_the_same():
    one, other = incremental(IMAGES[:1], 5), fit(moments(IMAGES[0], 5))
    np.testing.assert_allclose(one.components, other.components, atol=1e-8)


@pytest.mark.parametrize("n_components", [0, 1, 26])
@pytest.mark.parametrize(
    "solve", [lambda n: fit(moments(IMAGES[0], 5), n), lambda n: incremental(IMAGES, 5, n)]
)
def test_a_space_has_at_least_two_axes_and_at_most_the_pixels_of_a_window(solve, n_components):
    with pytest.raises(ParameterError, match="2 to 25"):
        solve(n_components)


def test_one_window_spans_no_space():
    with pytest.raises(ParameterError, match="at least 2 windows"):
        fit(moments(draw(5, 5), 5))
    with pytest.raises(ParameterError, match="needs 3 windows per image, not 1"):
        incremental([draw(5, 5)], 5, 3)


def test_no_image_spans_no_space():
    with pytest.raises(ParameterError, match="at least 1 image"):
        incremental([], 5)


def test_an_image_smaller_than_the_window_is_not_projected(space):
    with pytest.raises(ParameterError, match="4 x 9 pixels is smaller"):
        space.project(np.zeros((4, 9)))


def test_one_value_that_is_not_finite_does_not_spread_but_is_refused(space):
    image = draw(20, 20)
    image[3, 4] = np.nan
    with pytest.raises(ParameterError, match="NaN"):
        space.project(image)


@pytest.mark.parametrize("window", [7, 15])
def test_axes_found_from_a_near_space_are_those_of_the_factorisation(window):
    images = [draw(60, 50, seed) for seed in range(5)]
    parts = [moments(image, window) for image in images]
    total = sum(parts[1:], start=parts[0])
    whole = window_space.fit(total, 2)
    for part in parts:
        near = window_space.fit(total - part, 2, near=whole)
        plain = window_space.fit(total - part, 2)
        np.testing.assert_allclose(near.components, plain.components, atol=1e-10)
        np.testing.assert_allclose(near.variances, plain.variances, rtol=1e-10)


def test_a_near_space_does_no_harm_where_nothing_varies():
    total = moments(np.full((40, 40), 3.0), 9)
    whole = window_space.fit(total, 2)
    flat = window_space.fit(total, 2, near=whole)
    np.testing.assert_allclose(flat.variances, 0, atol=1e-9)

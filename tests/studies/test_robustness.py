"""The analysis of robustness: Gaussians, axes of change and distances, against plain formulas."""

import numpy as np
import pytest
from scipy.linalg import eigh
from sklearn.covariance import LedoitWolf

from anomalylab.errors import ParameterError, UnknownNameError
from anomalylab.studies.robustness import axes_of_change, contours, distances, fit
from anomalylab.studies.robustness.distances import nearest


@pytest.fixture(params=[(30, 60), (80, 9)], ids=["fewer images", "fewer channels"])
def polluted(request):
    """Vectors whose defects spread along two oblique directions, and which they are."""
    rng = np.random.default_rng(3)
    n, d = request.param
    is_defect = np.arange(n) % 5 == 0
    vectors = rng.normal(size=(n, d)) * np.linspace(0.5, 1.5, d)
    plane = np.linalg.qr(rng.normal(size=(d, 2)))[0]
    vectors[is_defect] += (rng.normal(size=(is_defect.sum(), 2)) * [9, 5] + [4, 0]) @ plane.T
    return vectors, is_defect


def dense(of):
    return of.identity * np.eye(len(of.mean)) + of.weight * of.centred.T @ of.centred


def both_fits(vectors, is_defect):
    return fit(vectors[~is_defect]), fit(vectors)


def test_a_fit_is_that_of_ledoit_and_wolf(polluted):
    vectors, _ = polluted
    expected = LedoitWolf().fit(vectors)
    found = fit(vectors)
    np.testing.assert_allclose(dense(found), expected.covariance_, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found.variances(), np.diag(expected.covariance_))
    directions = np.random.default_rng(0).normal(size=(vectors.shape[1], 2))
    along = directions.T @ expected.covariance_ @ directions
    np.testing.assert_allclose(found.covariance_along(directions), along)


def test_in_the_span_of_the_images_lies_the_answer_of_the_whole_eigenproblem(polluted):
    healthy, all_ = both_fits(*polluted)
    found = axes_of_change(healthy, all_, "difference")
    sizes, vectors = np.linalg.eigh(dense(all_) - dense(healthy))
    first = np.argsort(-np.abs(sizes))[:2]
    np.testing.assert_allclose(found.sizes, sizes[first], rtol=1e-8)
    overlap = np.abs(np.diag(found.directions.T @ vectors[:, first]))
    np.testing.assert_allclose(overlap, 1, atol=1e-7)


def test_the_largest_factor_is_that_of_the_whole_generalised_problem(polluted):
    healthy, all_ = both_fits(*polluted)
    found = axes_of_change(healthy, all_, "ratio")
    sizes, vectors = eigh(dense(all_), dense(healthy))
    np.testing.assert_allclose(found.sizes, sizes[::-1][:2], rtol=1e-8)
    expected = vectors[:, ::-1][:, :2] / np.linalg.norm(vectors[:, ::-1][:, :2], axis=0)
    np.testing.assert_allclose(np.abs(np.diag(found.directions.T @ expected)), 1, atol=1e-7)


def test_the_channels_are_those_whose_variance_changes_most():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(40, 6))
    is_defect = np.arange(40) < 8
    vectors[is_defect, 4] += rng.normal(size=8) * 20
    vectors[is_defect, 1] += rng.normal(size=8) * 8
    found = axes_of_change(*both_fits(vectors, is_defect), "channels")
    assert found.directions.argmax(axis=0).tolist() == [4, 1]
    assert found.sizes[0] > found.sizes[1] > 0


def test_an_unknown_definition_names_those_there_are(polluted):
    with pytest.raises(UnknownNameError, match="difference"):
        axes_of_change(*both_fits(*polluted), "diference")


def test_contours_are_marginals_of_the_gaussians(polluted):
    vectors, is_defect = polluted
    gaussians = both_fits(vectors, is_defect)
    drawn = contours(vectors, is_defect, gaussians, axes_of_change(*gaussians))
    directions = drawn.axes.directions
    np.testing.assert_allclose(drawn.healthy.mean, 0, atol=1e-12)
    for plane, of in zip((drawn.healthy, drawn.polluted), gaussians, strict=True):
        np.testing.assert_allclose(plane.covariance, directions.T @ dense(of) @ directions)
        np.testing.assert_allclose(plane.radii(plane.contour(2)), 2)
    assert (drawn.points[is_defect].mean(axis=0) > 0).all()


def test_defects_that_widen_the_contours_hide_within_them():
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(100, 5))
    is_defect = np.arange(100) < 20
    vectors[is_defect, 0] += 5
    gaussians = both_fits(vectors, is_defect)
    drawn = contours(vectors, is_defect, gaussians, axes_of_change(*gaussians))
    assert drawn.is_beyond("healthy")[is_defect].mean() > 0.9
    assert drawn.is_hidden.sum() > 15
    assert not drawn.is_hidden[~is_defect].any()


def test_the_mean_squared_distance_within_a_set_is_twice_its_total_variance():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(25, 7))
    is_defect = np.arange(25) % 3 == 0
    found = distances(vectors, is_defect)
    for values, rows in zip(found.between[::2], (~is_defect, is_defect), strict=True):
        trace = np.trace(np.cov(vectors[rows].T, ddof=1))
        assert np.square(values).mean() == pytest.approx(2 * trace)


def test_distances_by_hand():
    """Healthy at 0, 1, 3; defects at 10, 12, 16."""
    vectors = np.array([[0.0], [1], [3], [10], [12], [16]])
    is_defect = np.arange(6) > 2
    found = distances(vectors, is_defect)
    assert found.means == pytest.approx((2, 34 / 3, 4))
    assert [ratio for ratio, _, _ in found.ratios] == pytest.approx([17 / 3, 6 / 17])
    assert (found.defects.n, found.defects.n_same) == (3, 3)
    assert (found.healthy.n, found.healthy.n_same) == (3, 3)


def test_a_ratio_without_one_image_is_what_the_interval_is_made_of():
    """The jackknife of both classes, each image left out in turn and all measured anew."""
    rng = np.random.default_rng(5)
    vectors = rng.normal(size=(12, 3))
    is_defect = np.arange(12) < 4
    vectors[is_defect] *= 3
    found = distances(vectors, is_defect)
    spread = np.zeros(2)
    for of_class in (is_defect, ~is_defect):
        parts = []
        for i in np.flatnonzero(of_class):
            rest = np.delete(np.arange(12), i)
            hh, hd, dd = distances(vectors[rest], is_defect[rest]).means
            parts.append((hd / hh, dd / hd))
        spread += (len(parts) - 1) * np.var(parts, axis=0)
    for (value, low, high), variance in zip(found.ratios, spread, strict=True):
        assert high - value == pytest.approx(1.959964 * variance**0.5)
        assert value - low == pytest.approx(high - value)


def test_neighbours_of_dealt_classes_are_as_many_as_chance_gives():
    """Of n images, k defective, chance gives k (k - 1) / (n - 1) defects beside a defect."""
    rng = np.random.default_rng(0)
    apart = np.abs(rng.normal(size=(40, 1)) - rng.normal(size=(1, 40)))
    is_defect = np.arange(40) < 10
    defects, _ = nearest(apart, is_defect, seed=0)
    assert defects.expected == pytest.approx(10 * 9 / 39, rel=0.05)
    assert defects.low <= defects.expected <= defects.high


def test_too_few_of_a_class_are_refused():
    with pytest.raises(ParameterError, match="3 healthy and 3 defective"):
        distances(np.zeros((8, 2)), np.arange(8) < 2)


def test_images_that_are_all_the_same_are_refused():
    with pytest.raises(ParameterError, match="the same features"):
        fit(np.ones((4, 3)))

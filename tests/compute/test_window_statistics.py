"""What is measured of windows, by hand, and the same for detector and recipe."""

import numpy as np
import pytest
from scipy import stats

from anomalylab.compute.window_moments import moments
from anomalylab.compute.window_space import fit
from anomalylab.compute.window_statistics import (
    STATISTICS,
    image_score,
    mahalanobis_of,
    outside_of,
    reach_of,
    residual_of,
)
from anomalylab.detectors import create
from anomalylab.features import Features, ImageLevel
from anomalylab.pc_space.info import GRID
from anomalylab.recipes.pc_space.projections import without_labels

SIDE = 5


@pytest.fixture
def band(rng):
    return rng.normal(size=(60, 70)).cumsum(axis=1)


def test_windows_of_the_training_image_average_one(band):
    space = fit(moments(band, SIDE), 3)
    coordinates, residual = space.project(band)
    assert residual_of(space, residual).mean() == pytest.approx(1, rel=1e-3)
    assert mahalanobis_of(space, space.distances(coordinates)).mean() == pytest.approx(1, rel=1e-3)


def test_statistics_are_those_of_their_formulas(band):
    space = fit(moments(band, SIDE), 3)
    windows = np.lib.stride_tricks.sliding_window_view(band, (SIDE, SIDE)).reshape(-1, SIDE**2)
    centred = windows - windows.mean(axis=0)
    variances, vectors = np.linalg.eigh(centred.T @ centred / (len(windows) - 1))
    z = centred @ vectors[:, -3:]
    squared = (centred**2).sum(axis=1) - (z**2).sum(axis=1)
    coordinates, residual = space.project(band)
    np.testing.assert_allclose(
        residual_of(space, residual).ravel(), squared / variances[:-3].sum(), rtol=1e-6
    )
    expected = (z**2 / variances[-3:]).sum(axis=1) / 3
    found = mahalanobis_of(space, space.distances(coordinates)).ravel()
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("n_components", [2, 5, 12])
def test_the_reach_is_the_quantile_of_chi_squared(n_components):
    for coverage in (0.5, 0.9, 0.999):
        assert reach_of(coverage, n_components) == stats.chi2.ppf(coverage, n_components)
    assert outside_of(np.array([1.0, 9.0, 9.1]), 9.0).tolist() == [0, 0, 1]


def test_an_image_scores_by_its_highest_cell_or_by_its_share_outside():
    of_windows, score_map = np.array([[0.0, 1.0], [0.0, 0.0]]), np.array([[0.5, 3.0]])
    assert image_score("outside", of_windows, score_map) == 0.25
    assert image_score("residual", of_windows, score_map) == 3


@pytest.mark.parametrize("statistic", STATISTICS)
def test_detector_and_recipe_measure_an_image_alike(band, statistic):
    space = fit(moments(band, SIDE) + moments(band, SIDE), 2)
    coverage = float(stats.chi2.cdf(9, 2))  # the recipe's three deviations
    detector = create(
        "window_pca", window=SIDE, statistic=statistic, grid=GRID, coverage=coverage
    ).fit(Features({"band": ImageLevel(lambda row: band[..., None], np.arange(2))}))
    scores, maps = detector.score(Features({"band": ImageLevel(lambda row: band[..., None], [0])}))
    seen = without_labels(band.shape, space, *space.project(band))
    np.testing.assert_allclose(maps[0], seen[statistic], rtol=1e-5)
    assert scores[0] == pytest.approx(seen["scores"][STATISTICS.index(statistic)], rel=1e-5)

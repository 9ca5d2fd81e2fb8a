"""The fitted bulk and the verdict: promises hold on simulated images whose labels were hidden."""

import numpy as np
import pytest

from anomalylab.errors import ParameterError
from anomalylab.verdicts.bulk import fit_bulk


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_the_threshold_has_the_expected_number_beyond_it(rng):
    bulk = fit_bulk(rng.gumbel(size=80))
    for expected in (0.1, 0.5, 3):
        threshold = bulk.threshold(expected_false=expected)
        assert bulk.p_value([threshold])[0] * 80 == pytest.approx(expected)


def test_units_do_not_matter(rng):
    scores = rng.gumbel(size=60)
    bulk, scaled = fit_bulk(scores), fit_bulk(1000 + 7 * scores)
    assert scaled.threshold() == pytest.approx(1000 + 7 * bulk.threshold())


def test_p_values_fall_with_the_score(rng):
    p_values = fit_bulk(rng.normal(size=60)).p_value(np.linspace(-5, 30, 200))
    assert (np.diff(p_values) <= 0).all()
    assert 0 <= p_values.min() < 1e-3 < 0.99 < p_values.max() <= 1


def test_the_density_is_the_slope_of_the_p_value(rng):
    bulk = fit_bulk(rng.gumbel(size=60))
    grid = np.linspace(-3, bulk.trusted_up_to - 0.1, 5000)
    lost = bulk.p_value(grid[0]) - bulk.p_value(grid[-1])
    assert np.trapezoid(bulk.density(grid), grid) == pytest.approx(lost[0], rel=1e-4)


def test_what_the_upper_quarter_scores_does_not_move_the_fit(rng):
    scores = np.sort(rng.normal(size=80))
    far = np.append(scores[:60], scores[60:] + 100)
    assert fit_bulk(far).threshold() == fit_bulk(scores).threshold()


@pytest.mark.parametrize("bad", [np.arange(7.0), np.ones(40), np.append(np.arange(40.0), np.nan)])
def test_scores_that_cannot_be_fitted_are_refused(bad):
    with pytest.raises(ParameterError):
        fit_bulk(bad)


@pytest.mark.parametrize("expected_false", [0, 20, np.nan])
def test_an_impossible_expected_number_is_refused(expected_false, rng):
    with pytest.raises(ParameterError, match="above 0 and below 20"):
        fit_bulk(rng.normal(size=80)).threshold(expected_false=expected_false)


def test_a_gap_is_as_likely_as_simulated_images_leave_it_empty():
    rng = np.random.default_rng(0)
    chances = []
    for _ in range(60):
        scores = np.sort(rng.lognormal(sigma=0.5, size=40))
        chances.extend(fit_bulk(scores).gap_chances(scores[30:]))
    # Uniform if the distribution were known; at most so because it is not.
    assert np.mean(np.array(chances) < 0.1) < 0.13
    assert 0.4 < np.mean(chances) < 0.6

"""Intervals of pixel rates: over images, never a point, the same for the same seed."""

import numpy as np
import pytest

from anomalylab.errors import ParameterError
from anomalylab.metrics.over_levels import RATES, count, rates_over_levels
from anomalylab.metrics.pixel_rates import Called, called_above, pixel_rate_intervals

SIDE = 20


def drawn(n_defective, n_good, share=0.7, seed=0):
    """Return masks and levels of images in which a share of each defect lies high, others low."""
    rng = np.random.default_rng(seed)
    masks, levels = np.zeros((2, n_defective + n_good, SIDE, SIDE), np.uint8)
    for i in range(n_defective):
        masks[i, 3:9, 3:13] = 1
        own = np.clip(rng.normal(share, 0.2), 0, 1)
        levels[i] = np.where(masks[i], 200 * (rng.random((SIDE, SIDE)) < own), 0)
    levels[rng.random(levels.shape) < 0.01] = 150
    return masks.astype(bool), levels


def intervals(masks, levels, level=100, **options):
    return pixel_rate_intervals(called_above(count(masks, levels), level), seed=3, **options)


@pytest.mark.parametrize("level", [0, 100, 149, 199, 255])
def test_what_is_called_is_what_the_curve_counts_and_lies_inside(level):
    masks, levels = drawn(8, 5)
    pixels = count(masks, levels)
    called = called_above(pixels, level)
    assert (called.found == ((levels > level) & masks).sum(axis=(1, 2))).all()
    assert (called.false == ((levels > level) & ~masks).sum(axis=(1, 2))).all()
    assert (called.missed == ((levels <= level) & masks).sum(axis=(1, 2))).all()
    assert (sum(called) == SIDE * SIDE).all()
    own = rates_over_levels(pixels).loc[level]
    for name, (low, high) in pixel_rate_intervals(called, seed=0).items():
        assert 0 <= low <= own[name] <= high <= 1


def test_more_images_and_not_more_pixels_make_an_interval_narrow():
    masks, levels = drawn(6, 6)
    few = intervals(masks, levels)
    many = intervals(*drawn(60, 60))
    large = intervals(masks.repeat(4, 1).repeat(4, 2), levels.repeat(4, 1).repeat(4, 2))
    for name in RATES:
        width = {
            key: found[name][1] - found[name][0]
            for key, found in {"few": few, "many": many, "large": large}.items()
        }
        assert width["many"] < width["few"] / 2
        assert width["large"] == pytest.approx(width["few"], rel=1e-6)


def test_what_never_went_wrong_may_still_do_so():
    masks = drawn(5, 5)[0]
    perfect = intervals(masks, 200 * masks.astype(np.uint8))
    nothing = intervals(masks, np.zeros(masks.shape, np.uint8))
    for name in ("precision", "recall", "f1"):
        assert perfect[name][0] < 0.9
        assert perfect[name][1] == 1
        assert nothing[name][0] == 0
        assert nothing[name][1] > 0.1


def test_the_share_that_an_interval_holds_on_new_images_is_what_it_says():
    true = rates_over_levels(count(*drawn(2000, 2000, seed=99))).loc[100]
    hits = dict.fromkeys(RATES, 0)
    n_trials = 100
    for seed in range(1, n_trials + 1):
        masks, levels = drawn(12, 12, seed=seed)
        for name, (low, high) in intervals(masks, levels, n_resamples=200).items():
            hits[name] += low <= true[name] <= high
    assert min(hits.values()) >= 0.93 * n_trials


def test_the_same_seed_draws_the_same_and_types_alone_need_no_good_image():
    masks, levels = drawn(6, 0)
    assert intervals(masks, levels) == intervals(masks, levels)
    assert set(intervals(masks, levels)) == set(RATES)
    masks, levels = drawn(0, 4)
    assert intervals(masks, levels) == {}


def test_what_cannot_be_used_is_refused():
    one = Called(*np.ones((4, 1), int))
    with pytest.raises(ParameterError, match="n_resamples"):
        pixel_rate_intervals(one, n_resamples=0, seed=0)
    with pytest.raises(ParameterError, match="level"):
        pixel_rate_intervals(one, level=1.5, seed=0)

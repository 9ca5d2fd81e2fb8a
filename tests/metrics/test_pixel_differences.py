"""Pixel metrics and their differences: the metrics themselves on all images, and what is drawn."""

import numpy as np
import pytest

from anomalylab.errors import ParameterError
from anomalylab.metrics import au_pro, pixel_auroc
from anomalylab.metrics.pixel_differences import (
    BinnedPixels,
    paired_pixel_differences,
    pixel_metric_intervals,
)


@pytest.fixture
def images():
    """Twelve images, of which eight have two regions; one map tells more than the other."""
    rng = np.random.default_rng(3)
    masks = np.zeros((12, 24, 24), bool)
    masks[:8, 3:8, 3:9] = True
    masks[:8, 15:17, 12:14] = True
    noise = rng.normal(size=masks.shape)
    better = masks * 2.0 + noise + 0.3 * rng.normal(size=masks.shape)
    worse = masks * 1.0 + noise + 0.3 * rng.normal(size=masks.shape)
    return masks, better.astype(np.float32), worse.astype(np.float32)


def test_on_all_images_they_are_the_differences_of_the_metrics(images):
    masks, better, worse = images
    found = paired_pixel_differences(*(BinnedPixels.of(masks, one) for one in (better, worse)))
    for name, metric in (("pixel_auroc", pixel_auroc), ("au_pro", au_pro)):
        exact = metric(masks, better) - metric(masks, worse)
        difference, low, high = found[name]
        assert difference == pytest.approx(exact, abs=0.01)
        assert 0 < low < difference < high


def test_counts_of_a_resample_are_those_of_images_that_stand_twice(images):
    masks, better, _ = images
    weights = np.ones((1, 12))
    weights[0, [0, 9]] = 2
    auroc, pro = BinnedPixels.of(masks, better).values(weights, 0.3)
    twice = np.r_[0:12, 0, 9]
    assert auroc[0] == pytest.approx(pixel_auroc(masks[twice], better[twice]), abs=0.01)
    assert pro[0] == pytest.approx(au_pro(masks[twice], better[twice]), abs=0.01)


def test_a_method_is_no_better_than_itself(images):
    masks, better, _ = images
    binned = BinnedPixels.of(masks, better)
    assert set(paired_pixel_differences(binned, binned).values()) == {(0.0, 0.0, 0.0)}


def test_one_defective_image_bounds_nothing(images):
    masks, better, worse = (one[7:] for one in images)
    found = paired_pixel_differences(*(BinnedPixels.of(masks, one) for one in (better, worse)))
    assert np.isfinite(found["au_pro"][0])
    assert np.isnan(found["au_pro"][1:]).all()


def test_other_images_are_refused(images):
    masks, better, worse = images
    with pytest.raises(ParameterError, match="same images"):
        paired_pixel_differences(
            BinnedPixels.of(masks, better), BinnedPixels.of(masks[:5], worse[:5])
        )
    with pytest.raises(ParameterError, match="a map for each mask"):
        BinnedPixels.of(masks, better[:3])


def test_intervals_hold_the_metrics_and_are_wider_with_fewer_images(images):
    masks, better, _ = images
    many = pixel_metric_intervals(BinnedPixels.of(masks, better))
    few = pixel_metric_intervals(BinnedPixels.of(masks[6:10], better[6:10]))
    for name, metric in (("pixel_auroc", pixel_auroc), ("au_pro", au_pro)):
        low, high = many[name]
        assert 0 < low < metric(masks, better) < high < 1
        assert few[name][0] < low
        assert few[name][1] > high


def test_what_went_well_on_all_images_may_go_wrong_on_others(images):
    masks, better = (np.kron(one, np.ones((4, 4))) for one in images[:2])
    masks = masks.astype(bool)
    found = pixel_metric_intervals(BinnedPixels.of(masks, better + 20 * masks))
    for low, high in found.values():
        assert 0.3 < low < 0.95
        assert high > 0.99


def test_what_went_wrong_on_all_images_may_go_well_on_others(images):
    masks, better = (np.kron(one, np.ones((4, 4))) for one in images[:2])
    masks = masks.astype(bool)
    found = pixel_metric_intervals(BinnedPixels.of(masks, better - 20 * masks))
    for low, high in found.values():
        assert low == pytest.approx(0, abs=0.01)
        assert 0.05 < high < 0.8


def test_a_worse_imagined_defect_lies_among_good_pixels_and_a_better_one_above_all(images):
    masks, better, _ = images
    binned = BinnedPixels.of(masks, better)
    for is_worse, auroc, pro in ((True, 0.5, 0.0), (False, 1.0, 1.0)):
        more = binned.with_imagined(is_worse=is_worse)
        assert more.n_regions.tolist() == [*binned.n_regions, 1, 0]
        assert (more.good + more.bad).sum(axis=1) == pytest.approx(24 * 24)
        alone = np.zeros((1, 14))
        alone[0, 12] = 1
        assert more.values(alone, 0.3)[0] == pytest.approx(auroc, abs=0.01)
        assert more.values(alone, 0.3)[1] == pytest.approx(pro, abs=0.01)


def test_without_a_defect_nothing_is_bounded_and_no_resample_is_refused(images):
    masks, better, _ = images
    binned = BinnedPixels.of(masks[8:], better[8:])
    assert pixel_metric_intervals(binned) == {}
    with pytest.raises(ParameterError, match="no image has a defect"):
        binned.with_imagined(is_worse=True)
    with pytest.raises(ParameterError, match="n_resamples must be at least 1, not 0"):
        pixel_metric_intervals(binned, n_resamples=0)


def test_the_same_seed_gives_the_same_intervals(images):
    binned = BinnedPixels.of(*images[:2])
    one, same, other = (pixel_metric_intervals(binned, seed=seed) for seed in (0, 0, 1))
    assert one == same != other

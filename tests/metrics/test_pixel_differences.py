"""Paired differences of pixel metrics: the metrics themselves on all images, and what is drawn."""

import numpy as np
import pytest

from anomalylab.errors import ParameterError
from anomalylab.metrics import au_pro, pixel_auroc
from anomalylab.metrics.pixel_differences import BinnedPixels, paired_pixel_differences


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

"""Thresholds between 256 levels, against counting pixel by pixel."""

import numpy as np
import pytest

from anomalylab.errors import ParameterError, UnknownNameError
from anomalylab.metrics.over_levels import (
    Pixels,
    best_level,
    count,
    levels_of,
    rates_over_levels,
    thresholds,
)


@pytest.fixture
def drawn(rng):
    """Maps and masks of three images: with some defective pixels, with one, and with none."""
    maps = rng.gamma(1, 0.1, (3, 12, 9)).astype(np.float32)
    masks = rng.random((3, 12, 9)) < np.array([0.3, 0, 0])[:, None, None]
    masks[1, 4, 4] = True
    return masks, maps + 0.2 * masks


def slowly(mask, called):
    """Rates by the letter, for one set of pixels."""
    pairs = list(zip(mask.ravel().tolist(), called.ravel().tolist(), strict=True))
    tp, fp, fn, tn = (pairs.count(one) for one in ((1, 1), (0, 1), (1, 0), (0, 0)))
    precision = tp / (tp + fp) if tp + fp else 0.0
    recall = tp / (tp + fn) if tp + fn else np.nan
    f1 = np.nan if not tp + fn else 2 / (1 / precision + 1 / recall) if tp else 0.0
    return [precision, recall, f1, (tp + tn) / len(pairs)]


def test_a_level_lies_above_a_threshold_if_its_value_does(drawn):
    _, maps = drawn
    steps = thresholds(maps.max())
    levels = levels_of(maps, steps)
    for k in range(255):
        np.testing.assert_array_equal(levels > k, maps > steps[k])
    assert levels.max() == 255


def test_a_value_at_a_threshold_does_not_exceed_it():
    steps = thresholds(0.51)
    assert levels_of(steps[[0, 1, 100, 254]], steps).tolist() == [0, 1, 100, 254]
    above = np.nextafter(steps[[0, 1, 100, 254]], 1)
    assert levels_of(above, steps).tolist() == [1, 2, 101, 255]


@pytest.mark.parametrize("average", ["pooled", "per image"])
def test_rates_over_all_thresholds_are_those_counted_one_by_one(drawn, average):
    masks, maps = drawn
    steps = thresholds(maps.max())
    rates = rates_over_levels(count(masks, levels_of(maps, steps)), average)
    assert rates["level"].tolist() == list(range(256))
    for k in [*range(0, 255, 20), 254]:
        called = maps > steps[k]
        if average == "pooled":
            expected = slowly(masks, called)
        else:
            each = [slowly(*one) for one in zip(masks, called, strict=True)]
            expected = np.nanmean(each, axis=0)
        found = rates.loc[k, ["precision", "recall", "f1", "accuracy"]].to_numpy(float)
        assert found == pytest.approx(expected, abs=1e-12)
    assert rates.loc[255, ["precision", "recall"]].tolist() == [0, 0]


def test_calling_nothing_is_accurate_and_worth_nothing():
    masks = np.zeros((1, 10, 10), bool)
    masks[0, 0, :2] = True
    rates = rates_over_levels(count(masks, np.zeros((1, 10, 10), np.uint8)))
    assert rates.loc[0, "accuracy"] == pytest.approx(0.98)
    assert rates.loc[0, ["precision", "recall", "f1"]].tolist() == [0, 0, 0]


def test_the_best_level_is_the_highest_of_the_best():
    # two defective pixels at level 9 and one good at 4: every threshold of 4 to 8 is perfect
    levels = np.array([[[9, 9, 4, 0]]], np.uint8)
    rates = rates_over_levels(count(np.array([[[True, True, False, False]]]), levels))
    assert best_level(rates) == 8
    assert rates.loc[[4, 8], "f1"].tolist() == [1, 1]
    assert rates.loc[3, "f1"] == pytest.approx(0.8)


def test_without_a_defective_pixel_recall_is_not_defined(drawn):
    masks, maps = drawn
    pixels = count(masks, levels_of(maps, thresholds(maps.max()))).of(np.array([2]))
    for average in ("pooled", "per image"):
        rates = rates_over_levels(pixels, average)
        assert rates["recall"].isna().all()
        assert rates["f1"].isna().all()
        assert best_level(rates) == 255


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(ParameterError, match="highest"):
        thresholds(0.0)
    with pytest.raises(UnknownNameError, match="pooled"):
        rates_over_levels(Pixels(*np.zeros((2, 1, 256), int)), "pool")

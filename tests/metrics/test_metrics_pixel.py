from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, ndimage
from sklearn import metrics as reference

from anomalylab.errors import ParameterError, UnknownNameError
from anomalylab.metrics import (
    UndefinedMetric,
    _areas,
    _pixel_counts,
    au_iou,
    au_iou_ceiling,
    au_pro,
    iou_curve,
    localisation,
    pixel_ap,
    pixel_auroc,
    pro_curve,
)

THRESHOLD_FREE = ("pixel_auroc", "pixel_ap", "partial_auroc", "au_pro", "au_iou")


def random_case(seed, n_levels=None):
    """Four images of three sizes, one of them good, scores on ``n_levels`` levels if given."""
    rng = np.random.default_rng(seed)
    sizes = [(9, 7), (9, 7), (5, 12), (6, 6)]
    masks = [rng.random(size) < 0.25 for size in sizes]
    masks[1][:] = False
    maps = [rng.normal(size=mask.shape) + mask for mask in masks]
    if n_levels is not None:
        maps = [np.round(scores * n_levels / 6) for scores in maps]
    return masks, [scores.astype(np.float32) for scores in maps]


CASES = [random_case(seed, n_levels) for seed in range(4) for n_levels in (None, 30, 4)]


def pooled(masks, maps):
    return np.concatenate([m.ravel() for m in masks]), np.concatenate([s.ravel() for s in maps])


def curves_over_all_thresholds(masks, maps):
    """FPR, PRO and true-positive rate at every distinct score, by counting each time."""
    labelled = [ndimage.label(mask, structure=np.ones((3, 3))) for mask in masks]
    truth, scores = pooled(masks, maps)
    points = [(0.0, 0.0, 0.0)]
    for threshold in np.unique(scores)[::-1]:
        overlaps = [
            (scores_i >= threshold)[regions == number].mean()
            for (regions, n_found), scores_i in zip(labelled, maps, strict=True)
            for number in range(1, n_found + 1)
        ]
        called = scores >= threshold
        points.append((called[~truth].mean(), np.mean(overlaps), called[truth].mean()))
    return np.array(points).T


def area_up_to(x, y, limit):
    """Integrate a polyline over [0, limit], divided by limit, one segment at a time."""
    total = 0.0
    for x0, x1, y0, y1 in zip(x[:-1], x[1:], y[:-1], y[1:], strict=True):
        if x0 < limit and x1 > x0:
            end = min(x1, limit)
            y_end = y0 + (y1 - y0) * (end - x0) / (x1 - x0)
            total += (end - x0) * (y0 + y_end) / 2
    return total / limit


@pytest.mark.parametrize("max_fpr", [0.05, 0.3, 1.0])
@pytest.mark.parametrize("case", CASES)
def test_au_pro_and_partial_auroc_equal_brute_force_over_all_thresholds(case, max_fpr):
    fpr, pro, tpr = curves_over_all_thresholds(*case)
    values, _ = localisation(*case, max_fpr=max_fpr)
    assert values["au_pro"] == pytest.approx(area_up_to(fpr, pro, max_fpr), abs=1e-12)
    assert values["partial_auroc"] == pytest.approx(area_up_to(fpr, tpr, max_fpr), abs=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_pixel_auroc_and_ap_equal_scikit_learn(case):
    values, _ = localisation(*case)
    truth, scores = pooled(*case)
    assert values["pixel_auroc"] == pytest.approx(reference.roc_auc_score(truth, scores), abs=1e-12)
    assert values["pixel_ap"] == pytest.approx(
        reference.average_precision_score(truth, scores), abs=1e-12
    )


@pytest.mark.parametrize("max_fpr", [0.3, 1.0])
@pytest.mark.parametrize("case", CASES[::2])
def test_au_iou_equals_numerical_integration_across_every_tie(case, max_fpr):
    fpr, _, tpr = curves_over_all_thresholds(*case)
    truth, _ = pooled(*case)
    n_defective, n_good = truth.sum(), (~truth).sum()
    total = 0.0
    for (x0, x1), (t0, t1) in zip(pairwise(fpr), pairwise(tpr), strict=True):
        if x0 < max_fpr and x1 > x0:

            def iou(x, x0=x0, x1=x1, t0=t0, t1=t1):
                found = t0 + (t1 - t0) * (x - x0) / (x1 - x0)
                return n_defective * found / (n_defective + x * n_good)

            total += integrate.quad(iou, x0, min(x1, max_fpr), epsabs=1e-14)[0]
    assert au_iou(*case, max_fpr=max_fpr) == pytest.approx(total / max_fpr, abs=1e-12)


@pytest.mark.parametrize("case", CASES[::3])
def test_au_iou_per_image_equals_a_fine_riemann_sum(case):
    masks, maps = case
    good = np.sort(np.concatenate([s[~m] for m, s in zip(masks, maps, strict=True)]))[::-1]
    edges = np.linspace(0, 0.3 * good.size, 20_001)
    middles = (edges[1:] + edges[:-1]) / 2
    areas = []
    for mask, scores in zip(masks, maps, strict=True):
        if mask.any():
            falling = np.unique(scores)[::-1]
            x = [0, *(point for t in falling for point in ((good > t).sum(), (good >= t).sum()))]
            hits = [0, *((mask & (scores >= t)).sum() for t in falling)]
            false = [0, *((~mask & (scores >= t)).sum() for t in falling)]
            hits, false = (np.repeat(y, 2)[:-1] for y in (hits, false))
            place = np.searchsorted(x, middles, side="right")
            x = np.append(x, good.size)
            hits, false = np.append(hits, hits[-1]), np.append(false, false[-1])
            part = (middles - x[place - 1]) / (x[place] - x[place - 1])
            hit = hits[place - 1] + part * (hits[place] - hits[place - 1])
            miss = false[place - 1] + part * (false[place] - false[place - 1])
            areas.append(np.mean(hit / (mask.sum() + miss)))
    assert au_iou(*case, average="per_image") == pytest.approx(np.mean(areas), abs=1e-4)


def test_with_one_image_per_image_and_pooled_iou_agree():
    masks, maps = CASES[1]
    per_image = au_iou(masks[:1], maps[:1], average="per_image")
    assert per_image == pytest.approx(au_iou(masks[:1], maps[:1]), abs=1e-12)


def test_au_pro_by_hand():
    # Regions of 1 and 2 pixels, 5 good pixels. Falling: hit both of the pair, 1 good, the single.
    mask = np.array([[1, 0, 0, 0], [0, 0, 1, 1]], dtype=bool)
    scores = np.array([[5, 6, 1, 1], [1, 1, 9, 8]], dtype=np.float32)
    # PRO is 1/2 up to an FPR of 1/5 and 1 from there on.
    assert au_pro([mask], [scores], max_fpr=0.2) == pytest.approx(0.5)
    assert au_pro([mask], [scores], max_fpr=0.4) == pytest.approx(0.75)


def test_a_perfect_map_scores_one_and_reaches_the_ceiling_of_iou():
    masks, _ = CASES[0]
    values, _ = localisation(masks, [mask.astype(np.float32) for mask in masks])
    assert [values[name] for name in THRESHOLD_FREE[:4]] == pytest.approx([1] * 4, abs=1e-12)
    share = np.concatenate([mask.ravel() for mask in masks]).mean()
    assert values["au_iou"] == pytest.approx(au_iou_ceiling(share), abs=1e-12)
    assert values["au_iou_ceiling"] == pytest.approx(au_iou_ceiling(share), abs=1e-12)


@pytest.mark.parametrize(
    ("share", "ceiling"), [(0.005, 0.069), (0.02, 0.187), (0.05, 0.334), (0.1, 0.485)]
)
def test_the_ceiling_of_iou_is_low_where_defects_are_small(share, ceiling):
    assert au_iou_ceiling(share) == pytest.approx(ceiling, abs=6e-4)


@pytest.mark.parametrize("max_fpr", [0.1, 0.3, 1.0])
def test_a_constant_map_scores_chance(max_fpr):
    masks, maps = CASES[0]
    values, _ = localisation(masks, [np.ones_like(scores) for scores in maps], max_fpr=max_fpr)
    assert values["au_pro"] == pytest.approx(max_fpr / 2, abs=1e-12)
    assert values["pixel_auroc"] == pytest.approx(0.5, abs=1e-12)


def test_a_constant_map_scores_the_iou_of_a_random_one():
    rng = np.random.default_rng(0)
    mask = np.zeros((200, 200), dtype=bool)
    mask[:40, :20] = True
    random = au_iou([mask], [rng.random(mask.shape).astype(np.float32)])
    assert au_iou([mask], [np.zeros(mask.shape, np.float32)]) == pytest.approx(random, rel=0.1)
    assert random == pytest.approx(0.0166, rel=0.1)  # known for 2 % defective pixels


@pytest.mark.parametrize("case", CASES[:3])
def test_only_the_order_of_scores_matters(case):
    masks, maps = case
    values, _ = localisation(masks, maps)
    doubled, _ = localisation(masks, [np.exp2(np.round(s, 2)) for s in maps])
    rounded, _ = localisation(masks, [np.round(s, 2) for s in maps])
    reversed_, _ = localisation(masks[::-1], maps[::-1])
    for name in THRESHOLD_FREE:
        assert doubled[name] == pytest.approx(rounded[name], abs=1e-12)
        assert reversed_[name] == pytest.approx(values[name], abs=1e-12)


def test_images_given_twice_change_nothing():
    masks, maps = CASES[1]
    once, _ = localisation(masks, maps)
    twice, _ = localisation(masks * 2, maps * 2)
    assert twice == pytest.approx(once, abs=1e-12)


def test_splitting_a_region_changes_the_overlap_but_no_pixel_metric():
    joined = np.zeros((6, 9), dtype=bool)
    joined[2, 1:8] = True
    split = joined.copy()
    split[2, 3], split[5, 8] = False, True  # as many pixels, two regions and a third
    scores = np.random.default_rng(0).normal(size=joined.shape).astype(np.float32)
    moved = scores.copy()
    moved[2, 3], moved[5, 8] = scores[5, 8], scores[2, 3]
    before, _ = localisation([joined], [scores])
    after, _ = localisation([split], [moved])
    assert before["au_iou"] == pytest.approx(after["au_iou"], abs=1e-12)
    assert before["pixel_auroc"] == pytest.approx(after["pixel_auroc"], abs=1e-12)
    assert before["au_pro"] != pytest.approx(after["au_pro"], abs=1e-3)


def test_pixels_that_touch_at_a_corner_are_one_region():
    mask = np.zeros((4, 4), dtype=bool)
    mask[0, 0] = mask[1, 1] = mask[2, 2] = mask[0, 3] = True
    scores = np.zeros((4, 4), np.float32)
    scores[0, 0] = 1
    assert _pixel_counts.count_pixels([mask], [scores]).n_regions == 2
    assert pro_curve([mask], [scores])[1][1] == pytest.approx((1 / 3 + 0) / 2)


@pytest.mark.parametrize(("fill", "reason"), [(False, "no anomalous pixels"), (True, "no normal")])
def test_without_defective_or_good_pixels_everything_is_nan_and_says_why(fill, reason):
    masks, maps = [np.full((3, 4), fill)], [np.zeros((3, 4), np.float32)]
    with pytest.warns(UndefinedMetric, match=reason):
        values, curves = localisation(masks, maps)
    assert np.isnan(list(values.values())).all()
    assert all(axis.size == 0 for curve in curves.values() for axis in curve)
    for metric in (au_pro, au_iou, pixel_auroc, pixel_ap):
        with pytest.warns(UndefinedMetric, match=reason):
            assert np.isnan(metric(masks, maps))
    for curve in (pro_curve, iou_curve):
        with pytest.warns(UndefinedMetric, match=reason):
            assert curve(masks, maps)[0].size == 0


def test_no_images_at_all_is_undefined():
    with pytest.warns(UndefinedMetric, match="no pixels at all"):
        assert np.isnan(au_pro([], []))


def test_single_metrics_select_from_the_whole():
    case = CASES[4]
    values, _ = localisation(*case, max_fpr=0.2)
    assert pixel_auroc(*case) == values["pixel_auroc"]
    assert pixel_auroc(*case, max_fpr=0.2) == values["partial_auroc"]
    assert pixel_ap(*case) == values["pixel_ap"]
    assert au_pro(*case, max_fpr=0.2) == values["au_pro"]
    assert au_iou(*case, max_fpr=0.2) == values["au_iou"]


@pytest.mark.parametrize("case", CASES[::4])
def test_curves_pass_through_every_threshold(case):
    fpr, pro, tpr = curves_over_all_thresholds(*case)
    x, y = pro_curve(*case)
    assert (np.diff(x) >= 0).all()
    assert (x[0], y[0]) == (0, 0)
    assert (x[-1], y[-1]) == pytest.approx((1, 1))
    truth, _ = pooled(*case)
    iou = tpr * truth.sum() / (truth.sum() + fpr * (~truth).sum())
    x_iou, y_iou = iou_curve(*case)
    lower, upper = np.interp(fpr - 1e-9, x, y), np.interp(fpr + 1e-9, x, y)
    assert ((lower - 1e-6 <= pro) & (pro <= upper + 1e-6)).all()
    distance = np.hypot(x_iou - fpr[:, None], y_iou - iou[:, None])
    assert distance.min(axis=1).max() < 2e-3


def test_curves_for_display_end_at_max_fpr_and_are_short():
    rng = np.random.default_rng(0)
    mask = rng.random((60, 60)) < 0.5
    maps = [(rng.normal(size=mask.shape) + mask).astype(np.float32)]
    values, curves = localisation([mask], maps, max_fpr=0.2)
    for fpr, height in curves.values():
        assert len(fpr) <= 500
        assert (fpr[0], fpr[-1]) == (0, pytest.approx(0.2))
        assert len(fpr) == len(height)
    assert np.trapezoid(*curves["pro"][::-1]) / 0.2 == pytest.approx(values["au_pro"], abs=5e-3)
    assert np.trapezoid(*curves["iou"][::-1]) / 0.2 == pytest.approx(values["au_iou"], abs=5e-3)


@pytest.mark.parametrize("n_bins", [1, 3, 1000])
def test_good_pixels_are_counted_the_same_whatever_the_bins(monkeypatch, n_bins):
    masks, maps = CASES[2]
    monkeypatch.setattr(_pixel_counts, "PIXELS_PER_BIN", 1 / 1000)
    monkeypatch.setattr(_pixel_counts, "MAX_BINS", n_bins)
    counts = _pixel_counts.count_pixels(masks, maps)
    truth, scores = pooled(masks, maps)
    falling = np.unique(scores[truth])[::-1]
    good = scores[~truth]
    np.testing.assert_array_equal(counts.good_above, [(good > t).sum() for t in falling])
    np.testing.assert_array_equal(counts.good_at, [(good >= t).sum() for t in falling])
    np.testing.assert_array_equal(counts.found, [(scores[truth] >= t).sum() for t in falling])


@pytest.mark.parametrize("case", CASES[:3])
def test_areas_and_curves_are_the_same_whatever_the_pieces(monkeypatch, case):
    whole, whole_curves = localisation(*case)
    pro, iou = pro_curve(*case), iou_curve(*case)
    monkeypatch.setattr(_areas, "SCORES_PER_PIECE", 3)
    values, curves = localisation(*case)
    assert values == pytest.approx(whole, abs=1e-12)
    np.testing.assert_allclose(pro_curve(*case), pro, atol=1e-12)
    np.testing.assert_allclose(iou_curve(*case), iou, atol=1e-12)
    for name, (fpr, height) in whole_curves.items():
        even = np.linspace(0, 0.3, 50)
        ours = np.interp(even, *curves[name])
        np.testing.assert_allclose(ours, np.interp(even, fpr, height), atol=0.02)


@pytest.mark.parametrize(
    "values",
    [
        [-3e38, 0.0, 3e38, 1e-45],
        [1.0, np.nextafter(np.float32(1), np.float32(2)), 1.0, 0.99999994],
        [1e-45, 0.0, -0.0, 2e-45],
        [1e6, 1.0, 2.0, 3.0],
    ],
)
def test_scores_of_extreme_size_are_ordered_exactly(values):
    rng = np.random.default_rng(0)
    scores = rng.choice(np.array(values, np.float32), size=(20, 20))
    mask = rng.random((20, 20)) < 0.3
    assert pixel_auroc([mask], [scores]) == pytest.approx(
        reference.roc_auc_score(mask.ravel(), scores.ravel().astype(float)), abs=1e-12
    )


def test_masks_and_maps_that_are_computed_on_demand_are_read_one_at_a_time():
    masks, maps = CASES[0]

    class OnDemand:
        n_alive = 0

        def __len__(self):
            return len(maps)

        def __iter__(self):
            for scores in maps:
                self.n_alive += 1
                yield scores.copy()
                self.n_alive -= 1
                assert self.n_alive == 0

    assert au_pro(masks, OnDemand()) == au_pro(masks, maps)


@pytest.mark.parametrize(
    ("masks", "maps", "message"),
    [
        ([np.zeros((2, 3), bool)], [np.zeros((3, 2), np.float32)], r"image 0.*\(2, 3\).*\(3, 2\)"),
        ([np.zeros((2, 3), bool)], [], "0 for 1"),
        ([np.zeros((2, 3), bool)], [np.zeros((2, 3))], "float64"),
        ([np.zeros((2, 3), np.uint8)], [np.zeros((2, 3), np.float32)], "uint8"),
        ([np.zeros((2, 3), bool)], [np.full((2, 3), np.nan, np.float32)], "NaN"),
        ([np.zeros((2, 3), bool)], [np.full((2, 3), np.inf, np.float32)], "infinity"),
        (iter([]), [], "not iterators"),
    ],
)
def test_unusable_masks_or_maps_are_refused(masks, maps, message):
    with pytest.raises(ParameterError, match=message):
        localisation(masks, maps)


@pytest.mark.parametrize("max_fpr", [0, -0.1, 1.1, float("nan")])
def test_a_false_positive_rate_outside_zero_and_one_is_refused(max_fpr):
    with pytest.raises(ParameterError, match="max_fpr"):
        au_pro(*CASES[0], max_fpr=max_fpr)


def test_an_unknown_average_is_refused():
    with pytest.raises(UnknownNameError, match="per_image"):
        au_iou(*CASES[0], average="image")

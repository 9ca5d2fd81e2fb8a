"""What each strategy computes equals fits made one by one; ties, nestedness and the small print."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refined import drawn, noted

from anomalylab import detectors, refine
from anomalylab.compute.locally_aware import neighbourhood_mean
from anomalylab.compute.order_weights import Order
from anomalylab.errors import ParameterError, UnknownNameError
from anomalylab.features import Features
from anomalylab.refine.cross_validation import ranks
from anomalylab.refine.stoc import consensus

TRAIN = np.random.default_rng(2).permutation(24)[:20]


@pytest.fixture(scope="module")
def features():
    return drawn(20, 4, far=4.0)[0]


def fitted(features, rows, name="mahalanobis", **params):
    return detectors.create(name, **params).fit(features.subset(rows))


def scores_of(features, train, query, name="mahalanobis", **params):
    return fitted(features, train, name, **params).image_scores(features.subset(query))


def test_sroc_is_one_fit_that_scores_what_it_was_fitted_on(features):
    found = refine.ranking("sroc", noted(features), TRAIN)
    np.testing.assert_allclose(found, scores_of(features, TRAIN, TRAIN), rtol=1e-6)


def test_sroc_leaves_groups_out(features):
    groups = np.arange(24) // 2
    grouped = Features(features.levels, groups)
    found = refine.ranking("sroc", noted(grouped, "knn", k=2), TRAIN, leave_out="group")
    for place, row in enumerate(TRAIN):
        others = TRAIN[groups[TRAIN] != groups[row]]
        assert found[place] == pytest.approx(scores_of(features, others, [row], "knn", k=2)[0])


def test_no_fold_is_scored_by_a_fit_that_saw_it(features):
    pool = noted(features)
    found = refine.ranking("cross-validation", pool, TRAIN, folds=4, seed=7)
    assert len(pool.calls) == 4
    scored = []
    for train, query, options in pool.calls:
        assert not set(train) & set(query)
        assert set(train) | set(query) == set(TRAIN)
        assert options == {}
        expected = scores_of(features, train, query)
        np.testing.assert_allclose(found[np.isin(TRAIN, query)], _in_order(expected, query))
        scored += list(query)
    assert sorted(scored) == sorted(TRAIN)


def _in_order(scores, rows):
    """Scores of rows in the order in which TRAIN lists them."""
    by_row = dict(zip(rows, scores, strict=True))
    return [by_row[row] for row in TRAIN if row in by_row]


def test_images_of_a_group_are_never_on_both_sides_of_a_fold_or_subset(features):
    groups = np.arange(24) // 3
    for name, options in (("cross-validation", {"folds": 3}), ("bagged", {"memories": 6})):
        pool = noted(Features(features.levels, groups))
        refine.ranking(name, pool, TRAIN, **options)
        for train, query, _ in pool.calls:
            assert not set(groups[train]) & set(groups[query])


def test_ranks_are_shares_at_or_below():
    np.testing.assert_allclose(ranks(np.array([5.0, 1.0, 9.0])), [2 / 3, 1 / 3, 1])
    np.testing.assert_allclose(ranks(np.array([2.0, 2.0])), [0.75, 0.75])


def test_calibration_makes_folds_alike(features):
    calibrated = {
        how: refine.ranking("cross-validation", noted(features), TRAIN, folds=2, calibrate=how)
        for how in ("none", "rank", "robust-z")
    }
    pool = noted(features)
    refine.ranking("cross-validation", pool, TRAIN, folds=2)
    for _, query, _ in pool.calls:
        here = np.isin(TRAIN, query)
        raw = calibrated["none"][here]
        np.testing.assert_allclose(calibrated["rank"][here], ranks(raw))
        assert np.median(calibrated["robust-z"][here]) == pytest.approx(0)
        deviation = np.median(np.abs(calibrated["robust-z"][here]))
        assert deviation == pytest.approx(1 / 1.4826)
        np.testing.assert_array_equal(np.argsort(raw), np.argsort(calibrated["robust-z"][here]))


def test_stoc_averages_fits_to_disjoint_parts_that_score_all(features):
    pool = noted(features)
    found = refine.ranking("stoc", pool, TRAIN, splits=4, seed=1)
    parts = [set(train) for train, _, _ in pool.calls]
    assert set.union(*parts) == set(TRAIN)
    assert sum(map(len, parts)) == len(TRAIN)
    expected = [scores_of(features, train, TRAIN) for train, _, _ in pool.calls]
    np.testing.assert_allclose(found, np.mean(expected, axis=0), rtol=1e-6)


@pytest.mark.parametrize("gamma", [0.1, 0.25, 0.4])
def test_the_consensus_keeps_what_no_detector_flags(features, gamma):
    pool = noted(features)
    found = refine.ranking("stoc", pool, TRAIN, splits=4, seed=1, rule="consensus")
    flagged = np.zeros(len(TRAIN), bool)
    for train, _, _ in pool.calls:
        scores = scores_of(features, train, TRAIN)
        threshold = np.sort(scores)[::-1][round(gamma * len(TRAIN))]  # gamma n lie above it
        flagged |= scores > threshold
    n_flagged = flagged.sum()
    assert gamma * len(TRAIN) <= n_flagged < len(TRAIN)
    np.testing.assert_array_equal(~refine.kept(found, n_flagged / len(TRAIN)), flagged)


def test_equal_highest_ranks_leave_in_the_order_of_the_second():
    # Ranks: detector one 1, 2, 3 of 3; detector two 2, 3, 1. Highest: 2/3, 1, 1; second: 1/3,
    # 2/3, 1/3. So the middle image leaves first, then the last.
    found = consensus(np.array([[1.0, 2, 3], [20, 30, 10]]))
    np.testing.assert_allclose(found, [2 / 3 + 1 / 36, 1 + 2 / 36, 1 + 1 / 36])


def test_bagged_memories_judge_what_lies_outside_of_them(features):
    pool = noted(features)
    found = refine.ranking("bagged", pool, TRAIN, memories=9, share=0.3, seed=4)
    assert len(pool.calls) == 9
    by_image = {row: [] for row in TRAIN}
    for train, query, _ in pool.calls:
        assert len(train) == 6
        assert not set(train) & set(query)
        for row, score in zip(query, scores_of(features, train, query), strict=True):
            by_image[row].append(score)
    np.testing.assert_allclose(found, [np.median(by_image[row]) for row in TRAIN], rtol=1e-6)


def test_each_image_is_outside_of_a_subset_however_few_are_asked_for(features):
    pool = noted(features)
    found = refine.ranking("bagged", pool, TRAIN, memories=1, share=0.9)
    assert len(pool.calls) > 1
    assert np.isfinite(found).all()


def test_an_audit_scores_all_by_what_it_has_not_flagged(features):
    pool = noted(features)
    found = refine.ranking("mad", pool, TRAIN, leave_out="none")
    (first, _, _), (second, query, _) = pool.calls
    scores = scores_of(features, first, TRAIN)
    centre = np.median(scores)
    limit = centre + 1.5 * 1.4826 * np.median(np.abs(scores - centre))
    np.testing.assert_array_equal(second, TRAIN[scores <= limit])
    assert len(second) < len(TRAIN)
    np.testing.assert_array_equal(query, TRAIN)
    again = scores_of(features, second, TRAIN)
    assert np.corrcoef(found, again)[0, 1] == pytest.approx(1)
    assert np.median(found) == pytest.approx(0)
    once = refine.ranking("mad", noted(features), TRAIN, leave_out="none", rounds=0)
    np.testing.assert_array_equal(np.argsort(once), np.argsort(scores))


def test_iterated_sroc_is_fitted_again_on_what_it_kept(features):
    pool = noted(features)
    found = refine.ranking("iterated-sroc", pool, TRAIN, reject=0.3, leave_out="group")
    before = None
    for train, query, options in pool.calls:
        np.testing.assert_array_equal(query, TRAIN)
        assert options == {"leave_out": "group"}
        if before is not None:
            np.testing.assert_array_equal(train, TRAIN[refine.kept(before, 0.3)])
        before = pool.pool.image_scores(train, TRAIN, leave_out="group")
    np.testing.assert_array_equal(found, before)
    assert 2 <= len(pool.calls) < 20
    kept = TRAIN[refine.kept(found, 0.3)]
    np.testing.assert_array_equal(kept, pool.calls[-1][0])  # a fixpoint


def test_one_iteration_is_sroc(features):
    one = refine.ranking("iterated-sroc", noted(features), TRAIN, reject=0.3, iterations=1)
    np.testing.assert_array_equal(one, refine.ranking("sroc", noted(features), TRAIN))


@pytest.mark.parametrize("seed", range(4))
def test_the_covariance_of_what_is_kept_never_grows(seed):
    level = np.random.default_rng(seed).standard_t(3, size=(40, 1, 1, 3)).astype(np.float32)
    features, everything = Features({"fine": level}), np.arange(40)
    pool = noted(features, "padim", covariance="ridge")
    refine.ranking("iterated-sroc", pool, everything, reject=0.4)
    assert len(pool.calls) > 2
    volumes = []
    for train, _, _ in pool.calls[1:]:  # from the second on, all are fits to 24 images
        covariance = np.cov(level[train, 0, 0].T) + 0.01 * np.eye(3)
        volumes.append(np.linalg.slogdet(covariance)[1])
    assert (np.diff(volumes) <= 1e-9).all()
    assert volumes[-1] < volumes[0]


def test_mahalanobis_does_not_grow_either_though_its_shrinkage_changes():
    falls = []
    for seed in range(6):
        level = np.random.default_rng(seed).standard_t(3, size=(80, 1, 1, 3)).astype(np.float32)
        pool = noted(Features({"fine": level}))
        refine.ranking("iterated-sroc", pool, np.arange(80), reject=0.4)
        fits = [np.cov(level[train, 0, 0].T) for train, _, _ in pool.calls[1:]]
        falls.append(np.diff([np.linalg.slogdet(covariance)[1] for covariance in fits]))
    assert (np.concatenate(falls) <= 1e-9).all()
    assert min(fall.sum() for fall in falls) < -0.01


@pytest.mark.parametrize(
    ("options", "weigh"),
    [
        ({}, lambda a: a[2]),
        ({"k": 1}, lambda a: a[0]),
        ({"rule": "lowest", "share": 0.25}, lambda a: a[: round(0.25 * len(a))].mean(axis=0)),
        ({"rule": "banks", "share": 0.1}, lambda a: _mean_of_banks(a, 2)),
    ],
)
def test_orders_weigh_the_nearest_cells_of_other_images(features, options, weigh):
    found = refine.ranking("orders", noted(features, "patchcore"), TRAIN, **options)
    cells = neighbourhood_mean(features.level("fine")).reshape(len(features), -1, 4)
    for place, row in enumerate(TRAIN):
        others = cells[TRAIN[row != TRAIN]]
        distance = np.linalg.norm(cells[row][:, None, None] - others[None], axis=3).min(axis=2)
        expected = weigh(np.sort(distance, axis=1).T).max()
        assert found[place] == pytest.approx(expected, rel=1e-4)


def _mean_of_banks(ordered, size):
    """Mean over all memories of so many images, of the distance to the nearest."""
    chosen = combinations(range(len(ordered)), size)
    return np.mean([ordered[list(images)].min(axis=0) for images in chosen], axis=0)


def test_orders_take_the_mean_of_the_highest_cells(features):
    pool = noted(features, "patchcore")
    found = refine.ranking("orders", pool, TRAIN, highest=0.5)
    cells = pool.order_maps(TRAIN, TRAIN, Order(3), leave_out="group").reshape(20, 4)
    np.testing.assert_allclose(found, np.sort(cells, axis=1)[:, 2:].mean(axis=1))


def test_orders_need_patchcore_and_enough_images(features):
    with pytest.raises(ParameterError, match="mahalanobis does not compare cells with every image"):
        refine.ranking("orders", noted(features), TRAIN)
    pool = noted(features, "patchcore")
    with pytest.raises(ParameterError, match="19 images to compare with, fewer than 20"):
        refine.ranking("orders", pool, TRAIN, k=20)
    assert pool.calls == []


def test_random_removal_finds_what_chance_finds():
    is_noise = np.arange(50) < 10
    found = []
    for seed in range(300):
        scores = refine.ranking("random", noted(drawn(50)[0]), np.arange(50), seed=seed)
        found.append(is_noise[~refine.kept(scores, 0.4)].sum())
    # Hypergeometric: 20 of 50 drawn, 10 polluted. Mean 4, variance 20 .2 .8 30/49 = 1.96.
    assert np.mean(found) == pytest.approx(4, abs=4 * np.sqrt(1.96 / 300))
    assert np.var(found) == pytest.approx(1.96, rel=0.35)


class Oracle:
    """A pool whose detector knows the truth."""

    def __init__(self, is_noise):
        self.features, self.is_noise = drawn(len(is_noise))[0], is_noise
        self.detector = detectors.create("mahalanobis")

    def image_scores(self, train, query, *, leave_out="none"):
        return self.is_noise[query].astype(float)


@pytest.mark.parametrize("name", ["sroc", "iterated-sroc", "cross-validation", "stoc", "bagged"])
def test_with_an_oracle_for_a_detector_a_strategy_is_perfect(name):
    is_noise = np.random.default_rng(3).permutation(40) < 8
    keep = refine.keep(name, Oracle(is_noise), np.arange(40), reject=0.2)
    np.testing.assert_array_equal(keep, refine.perfect(is_noise))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20), st.floats(0, 0.99))
@settings(max_examples=100, deadline=None)
def test_of_equal_scores_earlier_rows_leave_first(scores, reject):
    scores = np.array(scores, float)
    removed = np.flatnonzero(~refine.kept(scores, reject))
    by_hand = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
    assert sorted(by_hand[: len(removed)]) == list(removed)


def test_scores_that_are_not_finite_are_refused():
    with pytest.raises(ParameterError, match="1 not finite"):
        refine.kept(np.array([1.0, np.nan]), 0.5)


def test_a_ranking_that_needs_the_share_says_so(features):
    assert refine.depends_on_reject("iterated-sroc")
    assert not refine.depends_on_reject("sroc")
    with pytest.raises(ParameterError, match="give reject"):
        refine.ranking("iterated-sroc", noted(features), TRAIN)
    with pytest.raises(UnknownNameError, match="sroc"):
        refine.ranking("scor", noted(features), TRAIN)


def test_small_data_are_refused_with_the_numbers():
    """As a category of 60 images in 5 parts: 12 each, enough for 5 neighbours and not for 12."""
    features = drawn(60)[0]
    everything = np.arange(60)
    for name, options, numbers in [
        ("stoc", {"splits": 5}, "5 parts of 60 images leaves 12.*k=12 others, needs 13"),
        ("cross-validation", {"folds": 2}, "leaves 30.*k=30.*needs 31"),
        ("bagged", {"share": 0.1}, "0.1 of 60 images leaves 6.*k=6.*needs 7"),
        ("mad", {}, "half of 60 images leaves 30.*k=30.*needs 31"),
        ("iterated-sroc", {"reject": 0.8}, "0.8 of 60 images leaves 12.*k=12 others, needs 13"),
        ("sroc", {"leave_out": "group"}, "leaves 59.*k=59.*needs 60"),
    ]:
        k = int(numbers.partition("leaves ")[2].partition(".")[0].partition("*")[0])
        pool = noted(features, "knn", k=k)
        with pytest.raises(ParameterError, match=numbers):
            refine.ranking(name, pool, everything, **options)
        assert pool.calls == []
    with pytest.raises(ParameterError, match="2 to 3 parts"):
        refine.ranking("cross-validation", noted(features), np.arange(3))


def test_what_is_removed_is_replaced_by_as_many_others():
    train, keep = np.array([5, 3, 9, 1]), np.array([True, False, False, True])
    rows = refine.replaced(train, keep, np.array([20, 21, 22]), seed=0)
    assert list(rows[:2]) == [5, 1]
    assert len(set(rows)) == 4
    assert set(rows[2:]) <= {20, 21, 22}
    fewer = refine.replaced(train, np.array([True, True, False, True]), np.array([20, 21, 22]))
    assert fewer[-1] == rows[2]  # nested
    assert (
        len({tuple(refine.replaced(train, keep, np.arange(20, 30), seed=s)) for s in range(5)}) > 1
    )
    with pytest.raises(ParameterError, match="2 removed images need as many others, and 1"):
        refine.replaced(train, keep, np.array([20]))
    with pytest.raises(ParameterError, match="row 3 is both"):
        refine.replaced(train, keep, np.array([3, 20]))
    with pytest.raises(ParameterError, match="shape"):
        refine.replaced(train, keep[:2], np.array([20, 21]))


def test_one_detector_ranks_and_another_is_fitted(features):
    ranked_by, fitted_by = noted(features), noted(features, "knn", k=2)
    keep = refine.keep("sroc", ranked_by, TRAIN, reject=0.2)
    scores = fitted_by.image_scores(TRAIN[keep], np.arange(24))
    np.testing.assert_allclose(
        scores, scores_of(features, TRAIN[keep], np.arange(24), "knn", k=2), rtol=1e-5
    )

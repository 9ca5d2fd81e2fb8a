"""Without labels: a lower bound on the share, whether a ranking repeats, whether others agree."""

import math

import numpy as np
import pytest
from refined import drawn, noted

from anomalylab import refine
from anomalylab.errors import ParameterError
from anomalylab.features import Features
from anomalylab.refine._deviations import robust


def test_the_estimate_counts_what_lies_beyond_k_deviations():
    # Median 3.5, distances 2.5 1.5 .5 .5 1.5 26.5: their median is 1.5.
    estimate = refine.reject_estimate(np.array([1.0, 2, 3, 4, 5, 30]))
    assert estimate.threshold == pytest.approx(3.5 + 3 * 1.4826 * 1.5)
    assert (estimate.n_beyond, estimate.n_images) == (1, 6)
    assert estimate.share == pytest.approx(1 / 6)
    assert estimate.low <= estimate.share <= estimate.high
    assert "1 of 6" in estimate.words
    assert "lower bound at best" in estimate.words
    assert "Scores alone cannot tell" in estimate.words


def test_of_normal_scores_few_lie_beyond():
    scores = np.random.default_rng(0).normal(size=4000)
    # One-sided: 0.135 % beyond 3 deviations, 6.7 % beyond 1.5.
    assert refine.reject_estimate(scores).share == pytest.approx(0.00135, abs=0.0015)
    assert refine.reject_estimate(scores, k=1.5).share == pytest.approx(0.0668, abs=0.012)


def test_defects_that_score_like_good_images_are_not_in_the_estimate():
    rng = np.random.default_rng(0)
    hidden = np.concatenate([rng.normal(size=160), rng.normal(0.5, 1, size=40)])
    assert refine.reject_estimate(hidden).share < 0.03  # a fifth is defective


def test_the_estimate_is_used_unless_a_share_is_given():
    features, is_noise = drawn(36, 4, far=30.0)
    pool, train = noted(features), np.arange(40)
    keep = refine.keep("sroc", pool, train, leave_out="group")
    assert not keep[is_noise].any()
    suspicion = refine.ranking("sroc", pool, train, leave_out="group")
    np.testing.assert_array_equal(
        keep, refine.kept(suspicion, refine.reject_estimate(suspicion).share)
    )
    assert (~refine.keep("sroc", pool, train, reject=0.5)).sum() == 20


def test_deviations_of_scores_that_are_mostly_equal():
    assert robust(np.array([2.0, 2, 2, 2, 7])) == (2.0, 1.0)  # mean distance 5/5
    assert robust(np.array([2.0, 2, 2])) == (2.0, 1.0)
    np.testing.assert_allclose(robust(np.array([1.0, 2, 3])).of(np.array([3.4826])), [1.0])


@pytest.mark.parametrize("wrong", [np.array([]), np.array([1.0, np.inf])])
def test_scores_that_allow_no_estimate_are_refused(wrong):
    with pytest.raises(ParameterError, match="at least one score"):
        refine.reject_estimate(wrong)
    with pytest.raises(ParameterError, match="k must be"):
        refine.reject_estimate(np.ones(3), k=0)


def test_a_ranking_by_lot_cannot_tell_and_says_so():
    pool = noted(drawn(60)[0])
    found = [
        refine.repeats("random", pool, np.arange(60), reject=0.2, seed=seed) for seed in range(10)
    ]
    by_lot = [repeat for repeat in found if repeat.is_chance]
    assert len(by_lot) >= 8  # 9.5 expected
    assert all("cannot tell" in repeat.words for repeat in by_lot)
    assert not any("cannot tell" in repeat.words for repeat in found if not repeat.is_chance)


def test_a_ranking_that_finds_defects_repeats():
    features, _ = drawn(48, 12)
    repeat = refine.repeats("sroc", noted(features), np.arange(60), reject=0.2, leave_out="group")
    assert not repeat.is_chance
    assert repeat.jaccard > 0.8
    assert repeat.chance == pytest.approx(0.2 / 1.8, abs=0.03)
    assert "does not mean that it finds defects" in repeat.words


def test_a_repeat_needs_draws_and_a_share():
    pool = noted(drawn(20)[0])
    for options in ({"draws": 1}, {"reject": 0}, {"reject": 0.01}):
        with pytest.raises(ParameterError, match=r"draws|removes none"):
            refine.repeats("random", pool, np.arange(20), **{"reject": 0.2, **options})


def test_agreement_is_the_overlap_of_what_is_removed():
    rankings = {"a": np.array([9.0, 8, 1, 0]), "b": np.array([9.0, 0, 8, 1]), "c": np.arange(4.0)}
    table = refine.agreement(rankings, 0.5)
    assert list(zip(table["one"], table["other"], strict=True)) == [
        ("a", "b"),
        ("a", "c"),
        ("b", "c"),
    ]
    # Removed: a {0, 1}, b {0, 2}, c {2, 3}.
    np.testing.assert_allclose(table["jaccard"], [1 / 3, 0, 1 / 3])
    np.testing.assert_allclose(table["chance"], 1 / 3)


@pytest.fixture(scope="module")
def painted():
    """40 images, 4 of them defective, and copies of 4 others with a defect painted in or none."""
    features, _ = drawn(36, 4, far=14.0)
    level = features.level("fine")
    sources = np.array([3, 8, 20, 31])
    clear, faint = level[sources].copy(), level[sources].copy()
    clear[:, 1, 1] += np.array([9.0, -9, 9, -9], np.float32)
    faint[:, 1, 1] += 0.01
    return noted(Features({"fine": np.concatenate([level, clear, faint])})), sources


def test_a_ranking_that_removes_painted_defects_says_so(painted):
    pool, sources = painted
    found = refine.planted_removed(
        "sroc",
        pool,
        np.arange(40),
        sources=sources,
        planted=np.arange(40, 44),
        reject=0.2,
        leave_out="group",
    )
    ranked = pool.calls[-1][0]
    assert set(ranked) == set(range(44)) - set(sources)
    assert (found.n_planted, found.n_removed, found.recall) == (4, 4, 1.0)
    # Eight of forty are removed: the chance that all four painted ones are is C(36, 4) / C(40, 8).
    assert found.p_value == pytest.approx(math.comb(36, 4) / math.comb(40, 8))
    assert not found.is_near_chance
    assert "would remove 4, and lots 0.8" in found.words


def test_a_ranking_that_does_not_see_painted_defects_says_that_it_cannot_tell(painted):
    pool, sources = painted
    for name, planted in (("sroc", np.arange(44, 48)), ("random", np.arange(40, 44))):
        found = refine.planted_removed(
            name, pool, np.arange(40), sources=sources, planted=planted, reject=0.2, seed=1
        )
        assert found.is_near_chance
        assert found.words.startswith("This ranking cannot tell: of 4 defects painted")


def test_copies_that_are_dealt_over_rounds_tell_together(painted):
    pool, sources = painted
    pool.calls.clear()
    found = refine.planted_removed(
        "sroc",
        pool,
        np.arange(40),
        sources=sources,
        planted=np.arange(40, 44),
        reject=0.15,
        rounds=2,
        leave_out="group",
    )
    first, second = (set(train) for train, _, _ in pool.calls)
    assert first == set(range(42)) - set(sources[:2])
    assert second == set(range(40)) - set(sources[2:]) | {42, 43}
    assert found.n_removed == 4
    # Six of forty, twice: both of two are among them with a chance of (6 5) / (40 39) each time.
    assert found.p_value == pytest.approx((30 / 1560) ** 2)


def test_painted_copies_must_fit_the_images_that_they_replace(painted):
    pool, sources = painted
    copies = np.arange(40, 44)
    for train, there, planted, rounds, message in [
        (np.arange(30), sources, copies, 1, "3 of 4 sources are training images"),
        (np.arange(40), sources, copies[:2], 1, "each of 2 painted images"),
        (np.arange(44), sources, copies, 1, "must not be among the training images"),
        (np.arange(40), sources, copies, 4, "removes none"),
        (np.arange(40), sources, copies, 5, "1 to as many rounds: 5"),
    ]:
        with pytest.raises(ParameterError, match=message):
            refine.planted_removed(
                "sroc", pool, train, sources=there, planted=planted, reject=0.01, rounds=rounds
            )

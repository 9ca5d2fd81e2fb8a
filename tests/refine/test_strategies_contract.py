"""Every registered strategy keeps the contract; what each computes is tested beside this."""

import inspect
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from refined import drawn, noted

from anomalylab import refine
from anomalylab.datasets.pollute import n_of_share
from anomalylab.errors import ParameterError, UnknownNameError

SUITED = {"orders": "patchcore"}
"""The detector of a strategy that takes no other."""

REJECTS = (0.0, 0.1, 0.25, 0.5, 0.8)


@pytest.fixture(params=refine.registry)
def name(request):
    return request.param


@pytest.fixture
def pool_for(name):
    """Makes pools of a detector that the strategy takes."""

    def make(features, detector="mahalanobis", **params):
        return noted(features, SUITED.get(name, detector), **params)

    return make


@pytest.fixture(scope="module")
def toy():
    """40 images, 8 of them defective and far from all others."""
    return drawn(32, 8)


def test_each_training_row_gets_a_score(name, pool_for, toy):
    pool = pool_for(toy[0])
    train = np.random.default_rng(1).permutation(40)[:35]
    scores = refine.ranking(name, pool, train, seed=3, reject=0.2)
    assert scores.shape == (35,)
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()
    for rows, query, _ in pool.calls:
        assert set(rows) | set(query) <= set(train)


@pytest.mark.parametrize("reject", REJECTS)
def test_the_share_that_is_removed_is_rounded_down(name, pool_for, toy, reject):
    for n_train in (40, 33):
        keep = refine.keep(name, pool_for(toy[0]), np.arange(n_train), reject=reject)
        assert keep.shape == (n_train,)
        assert keep.dtype == bool
        assert (~keep).sum() == n_of_share(reject, n_train)


def test_one_ranking_gives_nested_choices(name, pool_for, toy):
    scores = refine.ranking(name, pool_for(toy[0]), np.arange(40), reject=0.2)
    removed = [set(np.flatnonzero(~refine.kept(scores, reject))) for reject in REJECTS]
    for less, more in pairwise(removed):
        assert less < more


def test_the_same_seed_gives_the_same_ranking(name, pool_for, toy):
    one, other = (
        refine.ranking(name, pool_for(toy[0]), np.arange(40), seed=5, reject=0.2) for _ in range(2)
    )
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("detector", [("mahalanobis", {}), ("knn", {"k": 3})], ids=str)
def test_defects_that_lie_far_off_are_all_removed(name, pool_for, toy, detector):
    if not refine.uses_detector(name):
        pytest.skip("does not look at images")
    keep = refine.keep(
        name, pool_for(toy[0], detector[0], **detector[1]), np.arange(40), reject=0.2
    )
    np.testing.assert_array_equal(keep, refine.perfect(toy[1]))


def test_nothing_rejected_is_nothing_changed(name, pool_for, toy):
    train = np.array([3, 9, 1, 30, 22, 7, 8, 11, 12, 15, 16, 0, 20, 39, 33, 31])
    keep = refine.keep(name, pool_for(toy[0]), train, reject=0)
    np.testing.assert_array_equal(train[keep], train)


def test_sixty_images_can_lose_eight_tenths(name, pool_for):
    pool = pool_for(drawn(48, 12)[0])
    keep = refine.keep(name, pool, np.arange(60), reject=0.8)
    assert keep.sum() == 12
    pool.score(np.arange(60)[keep], np.arange(60))


def test_too_few_images_are_refused_before_anything_is_fitted(name, pool_for, toy):
    if not refine.uses_detector(name):
        pytest.skip("fits nothing")
    pool = pool_for(toy[0], "knn", k=7)
    with pytest.raises(ParameterError, match=r"k=7|there are"):
        refine.ranking(name, pool, np.arange(7), reject=0.2)
    with pytest.raises(ParameterError, match="no training image"):
        refine.ranking(name, pool, np.arange(0), reject=0.2)
    assert pool.calls == []


def test_options_are_refused_before_anything_is_fitted(name, pool_for, toy):
    pool = pool_for(toy[0])
    with pytest.raises(UnknownNameError, match="option of strategy"):
        refine.ranking(name, pool, np.arange(40), reject=0.2, no_such_option=1)
    for option, wrong in wrong_values(name):
        with pytest.raises((ParameterError, UnknownNameError), match=option):
            refine.check(name, {option: wrong})
        with pytest.raises((ParameterError, UnknownNameError), match=option):
            refine.ranking(name, pool, np.arange(40), reject=0.2, **{option: wrong})
    assert pool.calls == []


def wrong_values(name):
    """A value that there cannot be for each option that is checked."""
    for option, check in refine.registry.checks(name).items():
        default = inspect.signature(refine.registry.get(name)).parameters[option].default
        check(option, default)
        yield from ((option, wrong) for wrong in (-1, "no such word", None, True))


def test_rejecting_all_or_less_than_nothing_is_refused(name, pool_for, toy):
    for reject in (-0.1, 1.0, np.nan):
        with pytest.raises(ParameterError, match=r"lies in \[0, 1\)"):
            refine.keep(name, pool_for(toy[0]), np.arange(40), reject=reject)


def test_every_option_has_a_default_and_every_strategy_the_same_head(name):
    pool, train, *others = inspect.signature(refine.registry.get(name)).parameters.values()
    assert (pool.name, train.name, others[0].name) == ("pool", "train", "seed")
    for parameter in others:
        assert parameter.kind is parameter.KEYWORD_ONLY
        has_default = parameter.default is not parameter.empty
        assert has_default == (parameter.name not in ("seed", "reject"))


def test_a_strategy_of_ours_stands_on_the_page_of_refinement(name):
    page = Path(__file__).parents[2] / "docs/methods/refinement.md"
    is_ours = refine.registry.get(name).__module__.startswith("anomalylab.")
    assert not is_ours or f"| `{name}`" in page.read_text(encoding="utf-8")


OWN = """
import numpy as np
from anomalylab import refine


@refine.strategy("farthest-mean", power=refine.number(0))
def suspicion(pool, train, *, seed, power=1.0):
    vectors = pool.features.pooled()[train]
    return np.linalg.norm(vectors - np.median(vectors, axis=0), axis=1) ** power
"""


def test_a_strategy_of_another_file_is_held_to_this_contract(tmp_path):
    (tmp_path / "own_strategy.py").write_text(OWN)
    paths = [str(tmp_path), *sys.path]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "-vv", "-p", "own_strategy", "-k"]
        + ["(farthest and score) or removed and farthest", __file__, "-p", "no:cacheprovider"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for test in ("test_each_training_row_gets_a_score", "test_defects_that_lie_far_off_are_all"):
        assert any(test in line and "farthest-mean" in line for line in done.stdout.splitlines())

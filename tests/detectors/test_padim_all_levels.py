"""Image scores are those of PaDiM on all levels, maps those of PaDiM on the finest grid."""

import numpy as np
import pytest

from anomalylab.detectors import create, load, pool_of
from anomalylab.errors import UnknownNameError
from anomalylab.features import Features

SHAPES = {"fine": (4, 6, 5), "other": (4, 6, 3), "coarse": (2, 3, 8)}
GROUPS = np.repeat(np.arange(10), 2)


def draw(seed, n_images, groups=None):
    rng = np.random.default_rng(seed)
    return Features(
        {name: rng.normal(size=(n_images, *s)).astype(np.float32) for name, s in SHAPES.items()},
        groups,
    )


@pytest.fixture
def normal():
    return draw(0, 20, GROUPS)


@pytest.fixture
def query():
    return draw(1, 7)


@pytest.fixture(params=["ridge", "ledoit_wolf"])
def covariance(request):
    return request.param


def both(covariance):
    """The two detectors that it is made of."""
    return (
        create("padim", levels="all", covariance=covariance),
        create("padim", levels=("fine", "other"), covariance=covariance),
    )


def assert_is_of_both(found, of_scores, of_maps):
    np.testing.assert_array_equal(found[0], of_scores[0])
    np.testing.assert_array_equal(found[1], of_maps[1])


@pytest.mark.parametrize("n_images", [20, 60])
def test_new_images_are_scored_by_both(query, covariance, n_images):
    normal = draw(0, n_images)
    found = create("padim_all_levels", covariance=covariance).fit(normal).score(query)
    assert_is_of_both(found, *(one.fit(normal).score(query) for one in both(covariance)))


def test_groups_are_left_out_of_both(normal, covariance):
    found = create("padim_all_levels", covariance=covariance).fit(normal).training_scores()
    assert_is_of_both(found, *(one.fit(normal).training_scores() for one in both(covariance)))


@pytest.mark.parametrize("leave_out", ["none", "group"])
def test_a_pool_answers_as_those_of_both(normal, covariance, leave_out):
    train, query = np.arange(4, 18), np.arange(20)
    pools = [
        pool_of(one, normal)
        for one in (create("padim_all_levels", covariance=covariance), *both(covariance))
    ]
    assert_is_of_both(*(pool.score(train, query, leave_out=leave_out) for pool in pools))
    np.testing.assert_array_equal(
        pools[0].score_map(train, query), pools[2].score_map(train, query)
    )


@pytest.mark.parametrize("n_images", [8, 60])
def test_a_saved_one_scores_as_before(query, covariance, n_images, tmp_path):
    detector = create("padim_all_levels", covariance=covariance).fit(draw(0, n_images))
    detector.save(tmp_path)
    for one, other in zip(load(tmp_path).score(query), detector.score(query), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_levels_that_are_named_are_those_of_the_scores(normal, query):
    named = create("padim_all_levels", levels=("other", "coarse")).fit(normal).score(query)
    scores = create("padim", levels=("other", "coarse"), covariance="ridge").fit(normal)
    maps = create("padim", levels=("other",), covariance="ridge").fit(normal)
    assert_is_of_both(named, scores.score(query), maps.score(query))


def test_what_it_takes_is_what_both_take():
    plans = [one.plan(20, SHAPES) for one in (create("padim_all_levels"), *both("ridge"))]
    assert plans[0].bytes == plans[1].bytes + plans[2].bytes
    assert plans[0].seconds == plans[1].seconds + plans[2].seconds


def test_an_unknown_covariance_is_refused_at_once():
    with pytest.raises(UnknownNameError, match="covariance"):
        create("padim_all_levels", covariance="ridges")

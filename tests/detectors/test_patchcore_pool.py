"""The pool of PatchCore against refits, where lists suffice and where they end too soon."""

import pickle
import shutil

import numpy as np
import pytest

from anomalylab.compute import memory
from anomalylab.compute.neighbour_lists import ListMaker
from anomalylab.compute.order_weights import Banks, Lowest, Order
from anomalylab.detectors import RefitPool, create, patchcore_pool, pool_of
from anomalylab.detectors import _listed_cells as listed_cells
from anomalylab.detectors.patchcore_pool import PatchPool
from anomalylab.errors import ParameterError, StorageError
from anomalylab.features import Features
from anomalylab.storage import cache
from anomalylab.storage.parts import PartStore

N_IMAGES = 14
GROUPS = np.array([0, 1, 2, 1, 3, 4, 4, 4, 5, 6, 0, 7, 8, 9])

WAYS = {
    "default": {},
    "k = 3": {"k": 3},
    "squared": {"k": 2, "squared": True},
    "windows": {"pooling": "windows", "n_channels": 7},
    "reweight": {"reweight": True, "n_reweight": 4},
    "more neighbours than cells": {"k": 30},
}


@pytest.fixture(scope="module")
def features():
    rng = np.random.default_rng(0)
    levels = {
        "fine": rng.normal(size=(N_IMAGES, 4, 6, 5)).astype(np.float32),
        "coarse": rng.normal(size=(N_IMAGES, 2, 3, 7)).astype(np.float32),
    }
    levels["fine"][3:5] = levels["fine"][0]
    return Features(levels, GROUPS)


@pytest.fixture
def short_lists(monkeypatch):
    """Lists that end before most subsets are answered."""
    monkeypatch.setattr(listed_cells, "N_ENTRIES", 1)
    monkeypatch.setattr(listed_cells, "MIN_ENTRIES", 3)
    monkeypatch.setattr(listed_cells, "N_IMAGES", 4)


@pytest.fixture
def new_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path))
    return tmp_path


def assert_same(pooled, refit, rtol=1e-9):
    for one, other in zip(pooled, refit, strict=True):
        np.testing.assert_allclose(one, other, rtol=rtol, atol=1e-12)


def questions(n=6):
    """Subsets that share images with what is asked, and cells of them."""
    for seed in range(n):
        rng = np.random.default_rng(seed)
        train = rng.permutation(N_IMAGES)[: rng.integers(7, 12)]
        yield train, rng.permutation(N_IMAGES)[:6], rng.random((len(train), 4, 6)) < 0.8


@pytest.mark.parametrize("leave_out", ["none", "group"])
@pytest.mark.parametrize("way", WAYS)
def test_answers_are_those_of_refits(features, way, leave_out):
    detector = create("patchcore", levels="all", **WAYS[way])
    pool, refits = pool_of(detector, features), RefitPool(detector, features)
    assert isinstance(pool, PatchPool)
    for train, query, keep in questions():
        for cells in (None, keep):
            asked = {"leave_out": leave_out, "keep_cells": cells}
            assert_same(pool.score(train, query, **asked), refits.score(train, query, **asked))


@pytest.mark.usefixtures("short_lists", "new_cache")
@pytest.mark.parametrize("way", ["default", "k = 3"])
def test_where_lists_end_the_answer_is_searched_and_the_same(features, way, monkeypatch):
    detector = create("patchcore", **WAYS[way])
    short, refits = pool_of(detector, features), RefitPool(detector, features)
    monkeypatch.setattr(listed_cells, "MIN_ENTRIES", 400)
    whole = pool_of(detector, features)
    assert short._listed.n_entries == 3
    assert whole._listed.n_entries == N_IMAGES * detector.k
    for train, query, keep in questions():
        for asked in ({}, {"leave_out": "group"}, {"keep_cells": keep}):
            found = short.score(train, query, **asked)
            assert_same(found, whole.score(train, query, **asked), rtol=0)
            assert_same(found, refits.score(train, query, **asked))


@pytest.mark.usefixtures("short_lists", "new_cache")
def test_lists_are_deepened_once_searches_have_cost_as_much(features, monkeypatch):
    pool = pool_of(create("patchcore"), features)
    depths = []
    for train, query, _ in [*questions(12)] * 8:
        pool.score(train, query)
        depths.append(pool._listed.n_entries)
    assert depths[0] == 3
    assert sorted(set(depths)) == [3, 12]
    assert depths[-1] == 12
    monkeypatch.setattr(patchcore_pool._Memory, "search", lambda *_: pytest.fail("searched"))
    pool.score(train, query)


@pytest.mark.usefixtures("short_lists", "new_cache")
def test_a_disk_that_fills_up_leaves_lists_as_they_are(features, monkeypatch, caplog):
    def full(*_):
        raise StorageError("the disk is full")

    pool = pool_of(create("patchcore"), features)
    monkeypatch.setattr(PartStore, "check_writable", full)
    before = [pool.score(train, query) for train, query, _ in questions()]
    for _ in range(20):
        for (train, query, _), scores in zip(questions(), before, strict=True):
            assert_same(pool.score(train, query), scores, rtol=0)
    assert caplog.text.count("stay as they are: the disk is full") == 1
    assert pool._listed.n_entries == 3


@pytest.mark.usefixtures("new_cache")
def test_what_is_listed_is_found_again_by_content(features, monkeypatch):
    pool = pool_of(create("patchcore"), features)
    monkeypatch.setattr(ListMaker, "of_images", lambda *_: pytest.fail("listed again"))
    same = Features({name: level.copy() for name, level in features.levels.items()})
    other_groups = pool_of(create("patchcore", squared=True, seed=3), same)
    rows = np.arange(N_IMAGES)
    np.testing.assert_allclose(
        other_groups.score_map(rows[:9], rows), pool.score_map(rows[:9], rows) ** 2, rtol=1e-6
    )


def test_a_full_disk_is_told_before_the_work_and_does_not_hinder_what_is_kept(
    features, new_cache, monkeypatch
):
    usage = shutil.disk_usage(new_cache)
    pool_of(create("patchcore"), features)
    monkeypatch.setattr(cache.shutil, "disk_usage", lambda _: usage._replace(free=2000))
    pool_of(create("patchcore"), features)
    with pytest.raises(StorageError, match="free some"):
        pool_of(create("patchcore", k=2), features)


@pytest.mark.usefixtures("new_cache")
@pytest.mark.parametrize("change", ["k", "levels", "values", "pooling"])
def test_other_features_or_parameters_are_listed_anew(features, change, monkeypatch):
    pool_of(create("patchcore"), features)
    listed, of_images = [], ListMaker.of_images
    monkeypatch.setattr(ListMaker, "of_images", lambda *args: listed.append(1) or of_images(*args))
    other = {"k": {"k": 2}, "levels": {"levels": "all"}, "pooling": WAYS["windows"]}.get(change, {})
    if change == "values":
        levels = {name: level.copy() for name, level in features.levels.items()}
        levels["fine"][5, 1, 2, 3] += 1e-3
        features = Features(levels)
    pool_of(create("patchcore", **other), features)
    assert listed


@pytest.mark.usefixtures("short_lists", "new_cache")
def test_listing_that_was_stopped_goes_on(features, monkeypatch):
    of_images, done = ListMaker.of_images, []

    def stopped(maker, images):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(images.start)
        return of_images(maker, images)

    monkeypatch.setattr(ListMaker, "of_images", stopped)
    with pytest.raises(KeyboardInterrupt):
        pool_of(create("patchcore"), features)
    monkeypatch.setattr(
        ListMaker, "of_images", lambda *args: done.append(args[1].start) or of_images(*args)
    )
    pool_of(create("patchcore"), features)
    assert sorted(done) == [0, 4, 8, 12]


def test_a_pool_that_was_pickled_carries_no_lists(features, new_cache):
    pool = pool_of(create("patchcore"), features)
    rows, packed = np.arange(N_IMAGES), pickle.dumps(pool)
    values = sum(features.level(name).nbytes for name in pool.features.names)
    assert len(packed) < 1.2 * values + 4000
    assert_same(pickle.loads(packed).score(rows[:8], rows), pool.score(rows[:8], rows), rtol=0)
    shutil.rmtree(new_cache / "features")
    with pytest.raises(StorageError, match="make the pool again"):
        pickle.loads(packed)


def plain_orders(features, train, query, weights):
    """Weighted sums of the distances to each training image alone, the query's group hidden."""
    maps = []
    for row in query:
        hides = row in train
        seen = [image for image in train if not (hides and GROUPS[image] == GROUPS[row])]
        asked = features.subset([row])
        each = [
            create("patchcore").fit(features.subset([image])).score_map(asked)[0] for image in seen
        ]
        counts = weights(len(seen))
        maps.append(np.tensordot(counts, np.sort(each, axis=0)[: len(counts)], axes=1))
    return np.stack(maps)


@pytest.mark.usefixtures("new_cache")
@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("depth", [3, 100], ids="lists of {}".format)
@pytest.mark.parametrize("weights", [Order(1), Order(3), Lowest(0.3), Banks(0.4)])
def test_orders_are_those_of_images_one_by_one(features, weights, depth, k, monkeypatch):
    monkeypatch.setattr(listed_cells, "MIN_ENTRIES", depth)
    monkeypatch.setattr(listed_cells, "N_ENTRIES", 1)
    pool = pool_of(create("patchcore", k=k), features)
    train, query, _ = next(questions())
    found = pool.order_maps(train, query, weights, leave_out="group")
    expected = plain_orders(features.only(["fine"]), train, query, weights)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    refits = RefitPool(create("patchcore", k=k), features)
    assert_same(pool.score(train, query), refits.score(train, query))


def test_more_images_than_there_are_cannot_be_counted(features):
    pool = pool_of(create("patchcore"), features)
    with pytest.raises(ParameterError, match="lower order"):
        pool.order_maps(np.arange(4), np.arange(4), Order(4), leave_out="group")


def test_too_few_cells_are_refused_as_in_a_refit(features):
    pool = pool_of(create("patchcore", k=25), features)
    rows, keep = np.arange(N_IMAGES), np.zeros((3, 4, 6), bool)
    with pytest.raises(ParameterError, match="lower k"):
        pool.score(rows[:1], rows)
    with pytest.raises(ParameterError, match="lower k"):
        pool.score(np.array([5, 6, 7, 8]), rows, leave_out="group")
    keep[0, 0] = True
    with pytest.raises(ParameterError, match="lower k"):
        pool.score(rows[:3], rows, keep_cells=keep)


def test_a_coreset_inverted_lists_and_too_little_memory_are_refitted(features, monkeypatch, caplog):
    for other in ({"coreset": 0.5}, {"index": "ivf"}):
        assert type(pool_of(create("patchcore", **other), features)) is RefitPool
    monkeypatch.setattr(memory, "available", lambda: 1000)
    assert type(pool_of(create("patchcore"), features)) is RefitPool
    assert "fitted again" in caplog.text

"""A pool of every detector answers for any training images as a refit on them would."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import pytest
from detector_contract import GROUPS, assert_same, grouped, made

from anomalylab import detectors
from anomalylab.detectors import pool_of
from anomalylab.errors import ParameterError


@pytest.mark.parametrize("seed", [0, 1])
def test_a_pool_answers_as_a_refit_would(detector, normal, seed):
    rng = np.random.default_rng(seed)
    train, query = rng.permutation(20)[:12], rng.permutation(20)[:9]
    pooled = pool_of(detector, normal).score(train, query)
    refit = replace(detector).fit(normal.subset(train)).score(normal.subset(query))
    assert_same(pooled, refit, rtol=1e-4)


@pytest.mark.parametrize("leave_out", ["none", "group"])
def test_image_scores_of_a_pool_are_those_of_a_pass_with_maps(detector, normal, leave_out):
    question = np.arange(3, 17), np.array([17, 3, 11])
    pool = pool_of(detector, grouped(normal))
    image_scores, score_map = pool.score(*question, leave_out=leave_out)
    np.testing.assert_array_equal(pool.image_scores(*question, leave_out=leave_out), image_scores)
    np.testing.assert_array_equal(pool.score_map(*question, leave_out=leave_out), score_map)


def test_a_pool_leaves_out_the_query_itself(detector, normal):
    train, query = np.arange(15), np.array([17, 3, 11])
    pooled = pool_of(detector, normal).score(train, query, leave_out="group")
    if detector.holds_shrinkage:
        left_out = detector.fit(normal.subset(train)).training_scores()
        assert_same([part[1:] for part in pooled], [part[[3, 11]] for part in left_out], rtol=1e-4)
        return
    for i, row in enumerate(query):
        fitted = replace(detector).fit(normal.subset(train[train != row]))
        assert_same([part[[i]] for part in pooled], fitted.score(normal.subset([row])), rtol=1e-4)


def test_a_pool_leaves_out_the_group_of_the_query(detector, normal):
    train, query = np.arange(1, 17), np.array([17, 3, 6, 10, 11])
    features = grouped(normal)
    pooled = pool_of(detector, features).score(train, query, leave_out="group")
    if detector.holds_shrinkage:
        left_out = detector.fit(features.subset(train)).training_scores(leave_out="group")
        inside = [part[query[1:] - 1] for part in left_out]
        assert_same([part[1:] for part in pooled], inside, rtol=1e-4)
        return
    for i, row in enumerate(query):
        kept = train[GROUPS[train] != GROUPS[row]] if row in train else train
        fitted = replace(detector).fit(features.subset(kept))
        assert_same([part[[i]] for part in pooled], fitted.score(normal.subset([row])), rtol=1e-4)


def test_pools_of_all_detectors_answer_the_same_in_another_process(normal):
    features, question = grouped(normal), (np.arange(15), np.array([3, 17, 6]))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as worker:
        for name in detectors.registry:
            pool = pool_of(made(name), features)
            there = worker.submit(pool.score, *question, leave_out="group").result()
            assert_same(there, pool.score(*question, leave_out="group"), rtol=1e-12)


@pytest.fixture
def keep_cells(rng):
    """Some cells of the training images; none of one image."""
    keep = rng.random((12, 4, 6)) < 0.8
    keep[3] = False
    return keep


def test_a_pool_keeps_some_cells_of_memories_and_of_nothing_else(detector, normal, keep_cells):
    train, query = np.arange(12), np.array([14, 3, 6])
    pool = pool_of(detector, normal)
    if not detector.drops_cells:
        for fit in (pool.score, pool.image_scores, pool.score_map):
            with pytest.raises(ParameterError, match="no memory of single cells"):
                fit(train, query, keep_cells=keep_cells)
        with pytest.raises(ParameterError, match="no memory of single cells"):
            detector.fit(normal.subset(train), keep_cells=keep_cells)
        return
    pooled = pool.score(train, query, keep_cells=keep_cells)
    fitted = detector.fit(normal.subset(train), keep_cells=keep_cells)
    assert_same(pooled, fitted.score(normal.subset(query)), rtol=1e-6)
    assert (pooled[1] > pool.score(train, query)[1]).any()
    left_out = pool.score(train, query, leave_out="group", keep_cells=keep_cells)
    inside = [part[query[1:]] for part in fitted.training_scores(leave_out="group")]
    assert_same([part[1:] for part in left_out], inside, rtol=1e-6)


def test_cells_to_keep_of_another_shape_are_refused(detector, normal, keep_cells):
    for keep in (keep_cells[:11], keep_cells[:, :, :5], keep_cells.astype(int)):
        with pytest.raises(ParameterError, match="cells"):
            pool_of(detector, normal).score(np.arange(12), np.array([1]), keep_cells=keep)


def test_a_memory_of_no_cells_is_refused(detector, normal):
    with pytest.raises(ParameterError, match="cells"):
        detector.fit(normal, keep_cells=np.zeros((20, 4, 6), bool))


def test_a_pool_refuses_rows_that_repeat_or_do_not_exist(detector, normal):
    pool = pool_of(detector, normal)
    for train in ([0, 0, 1], [0, 20], []):
        with pytest.raises(ParameterError, match="train"):
            pool.score(np.array(train, int), np.array([1]))


def test_a_pool_tells_its_detector_and_the_levels_that_it_uses(detector, normal):
    pool = pool_of(detector, normal)
    assert pool.detector == detector
    assert not hasattr(pool.detector, "shapes_")
    assert len(pool.features) == len(normal)
    assert pool.features.names == detector.own_levels(normal).names

"""The nearest of the allowed rows is what comparing all of them would find."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from anomalylab.compute.masked_nearest import MaskedNearest
from anomalylab.compute.nearest import nearest_neighbours
from anomalylab.errors import ParameterError


@pytest.fixture
def problem(rng):
    bank = rng.normal(size=(300, 20)).astype(np.float32) + 5
    queries = rng.normal(size=(170, 20)).astype(np.float32) + 5
    return bank, queries, rng.integers(12, size=300), rng.random((170, 12)) < 0.2


def test_it_is_the_nearest_of_the_rows_whose_kind_is_allowed(problem):
    bank, queries, kinds, allowed = problem
    (found,) = MaskedNearest(bank, kinds).search(queries, [allowed])
    distance = np.where(allowed[:, kinds], cdist(queries, bank), np.inf)
    seen = np.isfinite(distance).any(axis=1)
    assert 0 < (~seen).sum() < 40
    np.testing.assert_array_equal(found.rows[seen], distance[seen].argmin(axis=1))
    np.testing.assert_allclose(found.squared[seen], distance[seen].min(axis=1) ** 2, rtol=1e-12)
    np.testing.assert_array_equal(found.is_fallback, ~seen)


def test_it_is_minus_the_logarithm_of_the_largest_likelihood(problem):
    bank, queries, kinds, allowed = problem
    allowed[:, 0] = True
    (found,) = MaskedNearest(bank, kinds).search(queries, [allowed])
    likelihood = np.exp(-cdist(queries, bank)) * allowed[:, kinds]
    expected = -np.log(likelihood.max(axis=1))
    np.testing.assert_allclose(np.sqrt(found.squared), expected, rtol=1e-12)


def test_with_all_kinds_allowed_it_is_the_plain_search_to_the_last_bit(problem):
    bank, queries, kinds, allowed = problem
    bank = np.concatenate([bank, bank[:40]])  # equal rows: the first is nearest
    kinds = np.concatenate([kinds, 11 - kinds[:40]])
    squared, rows = nearest_neighbours(bank).search(queries, 1)
    (found,) = MaskedNearest(bank, kinds).search(queries, [np.ones_like(allowed)])
    np.testing.assert_array_equal(found.rows, rows[:, 0])
    np.testing.assert_array_equal(found.squared, squared[:, 0])


def test_fewer_allowed_rows_never_lie_nearer(problem):
    bank, queries, kinds, allowed = problem
    allowed[:, 0] = True
    sets = [np.ones_like(allowed), allowed, allowed & (np.arange(12) % 3 == 0)]
    all_of_them, some, few = MaskedNearest(bank, kinds).search(queries, sets)
    assert (all_of_them.squared <= some.squared).all()
    assert (some.squared <= few.squared).all()
    assert (all_of_them.squared < few.squared).sum() > 100


def test_where_nothing_is_allowed_the_nearest_of_all_is_given_and_told(problem):
    bank, queries, kinds, allowed = problem
    allowed[5] = False
    allowed[6] = np.arange(12) == 3
    bare = kinds == 3
    masked = MaskedNearest(bank[~bare], kinds[~bare])  # kind 3 is allowed and has no row
    (found,) = masked.search(queries, [allowed])
    assert found.is_fallback[5]
    assert found.is_fallback[6]
    nearest = cdist(queries, bank[~bare]).argmin(axis=1)
    np.testing.assert_array_equal(found.rows[[5, 6]], nearest[[5, 6]])


def test_each_row_is_its_own_kind_if_none_are_named(problem):
    bank, queries, _, _ = problem
    allowed = np.zeros((len(queries), len(bank)), bool)
    allowed[np.arange(len(queries)), np.arange(len(queries))] = True
    (found,) = MaskedNearest(bank).search(queries, [allowed])
    np.testing.assert_array_equal(found.rows, np.arange(len(queries)))


def test_bits_of_a_query_do_not_depend_on_its_company(problem):
    bank, queries, kinds, allowed = problem
    masked = MaskedNearest(bank, kinds)
    (whole,) = masked.search(queries, [allowed])
    for query in (0, 63, 64, 169):
        (alone,) = masked.search(queries[[query]], [allowed[[query]]])
        np.testing.assert_array_equal(alone.squared[0], whole.squared[query])


def test_shapes_that_do_not_fit_are_refused(problem):
    bank, queries, kinds, allowed = problem
    with pytest.raises(ParameterError, match="one number from 0"):
        MaskedNearest(bank, kinds[:-1])
    with pytest.raises(ParameterError, match="allowed must be bool"):
        MaskedNearest(bank, kinds).search(queries, [allowed[:, :5]])
    with pytest.raises(ParameterError, match="queries must have shape"):
        MaskedNearest(bank, kinds).search(queries[:, :3], [allowed])

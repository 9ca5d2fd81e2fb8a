import numpy as np
import pytest
from sklearn.covariance import LedoitWolf

from anomalylab.compute import cells, gaussian, shrinkage
from anomalylab.compute.cells import Cells
from anomalylab.compute.shrinkage import Covariance
from anomalylab.compute.subset_gaussians import left_out_distances
from anomalylab.errors import ParameterError

WIDE, TALL = (12, 30), (60, 7)
"""Fewer images than channels, and more."""


def draw(shape, seed=0):
    """Vectors with a strong common factor, as features have."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=shape) * np.linspace(0.5, 2, shape[1]) + 3
    return vectors + 4 * rng.normal(size=(shape[0], 1))


def estimate(centred, *, by_gram):
    products = centred @ centred.T if by_gram else centred.T @ centred
    norms = np.square(centred).sum(axis=1)
    return shrinkage.ledoit_wolf(norms, np.square(products).sum(), centred.shape[1])


def dense(centred, identity, weight):
    return identity * np.eye(centred.shape[1]) + weight * centred.T @ centred


@pytest.mark.parametrize("by_gram", [True, False])
@pytest.mark.parametrize("shape", [WIDE, TALL, (9, 9)])
def test_shrinkage_equals_that_of_scikit_learn(shape, by_gram):
    vectors = draw(shape)
    centred = vectors - vectors.mean(axis=0)
    identity, share, ddof = estimate(centred, by_gram=by_gram)
    reference = LedoitWolf().fit(vectors)
    assert 1 - share == pytest.approx(reference.shrinkage_, rel=1e-10)
    covariance = dense(centred, identity, share / (shape[0] - ddof))
    np.testing.assert_allclose(covariance, reference.covariance_, rtol=1e-10, atol=1e-12)


def test_two_vectors_are_shrunk_a_little_where_the_formula_says_nothing():
    # With x and -x both fourth moments agree: the estimate is 0 and the matrix singular.
    vectors = np.array([[1.0, 2, 0], [-1, -2, 0]])
    identity, share, _ = estimate(vectors, by_gram=True)
    assert 1 - share == pytest.approx(shrinkage.MIN_SHRINKAGE)
    assert identity == pytest.approx(shrinkage.MIN_SHRINKAGE * 5 / 3)


def test_one_channel_has_its_variance_whatever_the_shrinkage():
    vectors = np.array([[-2.0], [0], [2]])
    identity, share, _ = estimate(vectors, by_gram=False)
    assert identity + share / 3 * 8 == pytest.approx(8 / 3)


def test_ridge_is_the_unbiased_covariance_plus_a_hundredth():
    vectors = draw(TALL)
    centred = vectors - vectors.mean(axis=0)
    ridge = shrinkage.ridge(())
    expected = np.cov(vectors.T) + 0.01 * np.eye(TALL[1])
    np.testing.assert_allclose(
        dense(centred, ridge.identity, ridge.weight(len(vectors))), expected, rtol=1e-12
    )


def test_rounding_does_not_count_as_variance():
    assert shrinkage.is_flat(np.array([0.0, 1e-16, 1e-3]), np.array([0.0, 1, 1])).tolist() == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("shape", [WIDE, TALL])
def test_the_factored_precision_equals_the_inverse(shape):
    centred = draw(shape) - draw(shape).mean(axis=0)
    queries = draw((5, shape[1]), seed=1)
    factors = gaussian.precision(centred, np.array(0.3), np.array(0.1))
    assert len(factors[1]) == min(shape)
    expected = queries @ np.linalg.inv(dense(centred, 0.3, 0.1))
    np.testing.assert_allclose(
        gaussian.apply_precision(*factors, queries), expected, rtol=1e-9, atol=1e-11
    )


def test_without_any_sample_covariance_the_precision_is_a_multiple_of_the_identity():
    centred = draw(WIDE)
    factors = gaussian.precision(centred, np.array(0.5), np.array(0.0))
    np.testing.assert_allclose(gaussian.apply_precision(*factors, centred), centred * 2)


def test_distances_from_grams_equal_the_direct_formula():
    training = np.stack([draw(WIDE, seed) for seed in range(3)])
    training -= training.mean(axis=1, keepdims=True)
    queries = np.stack([draw((5, WIDE[1]), seed) for seed in range(3, 6)])
    identity, weight = np.array([0.5, 0.01, 2]), np.array([0.1, 0.2, 0])
    squared = gaussian.distances_from_grams(
        training @ training.transpose(0, 2, 1),
        queries @ training.transpose(0, 2, 1),
        np.square(queries).sum(axis=2),
        identity,
        weight,
    )
    for cell in range(3):
        inverse = np.linalg.inv(dense(training[cell], identity[cell], weight[cell]))
        expected = np.einsum("qd,de,qe->q", queries[cell], inverse, queries[cell])
        np.testing.assert_allclose(squared[cell], expected, rtol=1e-8)


@pytest.mark.parametrize("shape", [WIDE, TALL, (2, 5)])
def test_leaving_one_out_equals_an_explicit_refit_with_the_same_shrinkage(shape):
    vectors = draw(shape)
    n_images = len(vectors)
    centred = vectors - vectors.mean(axis=0)
    identity, share = 0.4, 0.7
    gram = (centred @ centred.T)[None]
    alone = gaussian.groups_by_size(np.arange(n_images))

    closed = left_out_distances(
        gram, Covariance(np.array([identity]), np.array([share]), 0), alone
    )[0]
    for row in range(n_images):
        others = np.delete(vectors, row, axis=0)
        deviation = vectors[row] - others.mean(axis=0)
        covariance = dense(others - others.mean(axis=0), identity, share / (n_images - 1))
        assert closed[row] == pytest.approx(
            deviation @ np.linalg.solve(covariance, deviation), rel=1e-8
        )


@pytest.mark.parametrize("shape", [WIDE, TALL, (6, 5)])
def test_leaving_a_group_out_equals_an_explicit_refit_with_the_same_shrinkage(shape):
    vectors = draw(shape)
    n_images = len(vectors)
    groups = np.array([0, 1, 0, 2, 1, 0, *range(3, n_images - 3)])
    centred = vectors - vectors.mean(axis=0)
    gram, identity, share = (centred @ centred.T)[None], 0.4, 0.7

    by_size = gaussian.groups_by_size(groups)
    closed = left_out_distances(
        gram, Covariance(np.array([identity]), np.array([share]), 0), by_size
    )[0]
    for row in range(n_images):
        others = vectors[groups != groups[row]]
        deviation = vectors[row] - others.mean(axis=0)
        covariance = dense(others - others.mean(axis=0), identity, share / len(others))
        expected = deviation @ np.linalg.solve(covariance, deviation)
        assert closed[row] == pytest.approx(expected, rel=1e-8)


def test_images_of_a_single_group_leave_nothing_to_compare_with():
    with pytest.raises(ParameterError, match="all 3 training images are of one group"):
        gaussian.groups_by_size(np.zeros(3, int))


def test_triangles_are_solved_and_inverted_cell_by_cell():
    rng = np.random.default_rng(0)
    lower = np.tril(rng.normal(size=(3, 4, 4))) + 3 * np.eye(4)
    rows = rng.normal(size=(3, 5, 4))
    solved = gaussian.solve_lower(lower, rows)
    np.testing.assert_allclose(solved @ lower.transpose(0, 2, 1), rows, atol=1e-12)
    inverse = gaussian.invert_lower(lower)
    np.testing.assert_allclose(inverse @ lower, np.broadcast_to(np.eye(4), lower.shape), atol=1e-12)


@pytest.fixture
def two_levels():
    """A level of 4 cells and one of 1, which covers them all; five images."""
    rng = np.random.default_rng(0)
    fine, coarse = rng.normal(size=(5, 4, 3)), rng.normal(size=(5, 1, 2))
    maps = (fine.astype(np.float32), coarse.astype(np.float32))
    return Cells(maps, (np.arange(4), np.zeros(4, int)))


def repeated(images):
    """The slow, obvious way: every level enlarged, channels side by side, cells first."""
    parts = [level[:, cover] for level, cover in zip(images.maps, images.covers, strict=True)]
    return np.concatenate(parts, axis=2).astype(float).transpose(1, 0, 2)


def test_products_over_levels_equal_those_of_repeated_features(two_levels):
    means, variances, square_means = two_levels.moments()
    vectors = repeated(two_levels)
    np.testing.assert_allclose(square_means, np.square(vectors.mean(axis=1)).sum(axis=1))
    centred = vectors - vectors.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(variances, vectors.var(axis=1).sum(axis=1))
    some = slice(1, 3)
    np.testing.assert_allclose(two_levels.vectors(means, some), centred[some])
    gram = centred @ centred.transpose(0, 2, 1)
    np.testing.assert_allclose(two_levels.gram(means, some), gram[some])
    products, square_norms = two_levels.cross(two_levels, means, some)
    np.testing.assert_allclose(products, gram[some])
    np.testing.assert_allclose(square_norms, np.einsum("cnn->cn", gram)[some])


def test_blocks_cover_every_cell_once_and_are_never_empty(monkeypatch):
    monkeypatch.setattr(cells, "BLOCK_BYTES", 100)
    assert list(cells.blocks(5, 40)) == [slice(0, 2), slice(2, 4), slice(4, 5)]
    assert list(cells.blocks(2, 1000)) == [slice(0, 1), slice(1, 2)]

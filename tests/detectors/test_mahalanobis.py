from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.covariance import LedoitWolf

from anomalylab.detectors import create, pool_of
from anomalylab.errors import ParameterError, UnknownNameError
from anomalylab.features import Features, enlargement

SHAPES = {"fine": (4, 6, 5), "coarse": (2, 3, 40)}
"""One level with fewer channels than training images, one with more."""


def draw(n_images, seed=0):
    rng = np.random.default_rng(seed)
    return Features(
        {
            name: (
                rng.gamma(2, size=(n_images, *shape)) + rng.normal(size=(n_images, 1, 1, 1))
            ).astype(np.float32)
            for name, shape in SHAPES.items()
        }
    )


def pooled(features, name):
    return features.level(name).astype(float).mean(axis=(1, 2))


@pytest.fixture
def normal():
    return draw(20)


@pytest.fixture
def queries():
    return draw(6, seed=1)


def test_the_score_is_the_sum_of_distances_over_levels(normal, queries):
    expected = np.zeros(len(queries))
    for name in normal.names:
        reference = LedoitWolf().fit(pooled(normal, name))
        expected += np.sqrt(reference.mahalanobis(pooled(queries, name)))
    scores = create("mahalanobis").fit(normal).image_scores(queries)
    np.testing.assert_allclose(scores, expected, rtol=1e-9)


def test_squared_distances_average_the_number_of_channels_when_images_abound():
    # E[d^2] = p for Gaussian data of known covariance.
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(5, 5))
    level = (rng.normal(size=(20_000, 1, 1, 5)) @ mixing).astype(np.float32)
    scores = create("mahalanobis").fit(Features({"a": level})).training_scores(leave_out="none")[0]
    assert np.square(scores).mean() == pytest.approx(5, rel=0.01)


def test_a_shift_of_all_images_changes_nothing(normal, queries):
    def shifted(features):
        return Features({name: level + 2 for name, level in features.levels.items()})

    detector = create("mahalanobis")
    before = detector.fit(normal).score(queries)
    after = detector.fit(shifted(normal)).score(shifted(queries))
    np.testing.assert_allclose(after[0], before[0], rtol=1e-4)
    np.testing.assert_allclose(after[1], before[1], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", list(SHAPES))
def test_the_centred_map_of_a_level_sums_to_its_distance(normal, queries, name):
    scores, score_map = create("mahalanobis", levels=(name,)).fit(normal).score(queries)
    np.testing.assert_allclose(score_map.sum(axis=(1, 2)), scores, rtol=1e-4)


def test_the_centred_map_of_nested_grids_sums_to_the_image_score(normal, queries):
    scores, score_map = create("mahalanobis").fit(normal).score(queries)
    np.testing.assert_allclose(score_map.sum(axis=(1, 2)), scores, rtol=1e-4)


def test_the_gradcam_map_equals_that_of_automatic_differentiation(normal, queries):
    expected = np.zeros((len(queries), 4, 6))
    for name in normal.names:
        reference = LedoitWolf().fit(pooled(normal, name))
        level = torch.tensor(queries.level(name).astype(float), requires_grad=True)
        deviation = level.mean(dim=(1, 2)) - torch.from_numpy(reference.location_)
        precision = torch.from_numpy(np.linalg.inv(reference.covariance_))
        distance = torch.einsum("nd,de,ne->n", deviation, precision, deviation).sqrt()
        distance.sum().backward()
        cam = (level.grad * level).sum(dim=3).relu().detach().numpy()
        enlarged = [
            enlargement(n, m, "bilinear") for n, m in zip(cam.shape[1:], (4, 6), strict=True)
        ]
        expected += enlarged[0] @ cam @ enlarged[1].T / 2
    score_map = create("mahalanobis", map="gradcam").fit(normal).score_map(queries)
    np.testing.assert_allclose(score_map, expected, rtol=1e-5, atol=1e-7)


def refit_without(normal, row, name):
    """Distance and map of one image by a fit on the others, with the same shrinkage and target."""
    vectors = pooled(normal, name)
    reference = LedoitWolf().fit(vectors)
    target = np.trace(reference.covariance_) / vectors.shape[1]  # equals that before shrinking
    others = np.delete(vectors, row, axis=0)
    covariance = (1 - reference.shrinkage_) * np.cov(others.T, bias=True)
    covariance += reference.shrinkage_ * target * np.eye(len(covariance))
    deviation = vectors[row] - others.mean(axis=0)
    weighted = np.linalg.solve(covariance, deviation)
    distance = np.sqrt(deviation @ weighted)
    image = normal.level(name)[row].astype(float)
    part = (image - others.mean(axis=0)) @ weighted / distance / image[..., 0].size
    return distance, part


@pytest.mark.parametrize("name", list(SHAPES))
def test_leaving_one_out_equals_a_refit_with_the_same_shrinkage(normal, name):
    detector = create("mahalanobis", levels=(name,)).fit(normal)
    scores, score_map = detector.training_scores(leave_out="group")
    for row in range(len(normal)):
        distance, part = refit_without(normal, row, name)
        assert scores[row] == pytest.approx(distance, rel=1e-8)
        np.testing.assert_allclose(score_map[row], part, rtol=1e-5, atol=1e-6)


def test_leaving_out_adds_over_levels(normal):
    parts = [
        create("mahalanobis", levels=(name,)).fit(normal).training_scores()[0]
        for name in normal.names
    ]
    both = create("mahalanobis").fit(normal).training_scores()[0]
    np.testing.assert_allclose(both, sum(parts), rtol=1e-12)


def test_left_out_images_lie_further_than_included_ones(normal):
    detector = create("mahalanobis").fit(normal)
    left_out, included = (detector.training_scores(leave_out=e)[0] for e in ("group", "none"))
    assert (left_out > included).all()


def test_duplicate_channels_give_finite_scores(normal, queries):
    def doubled(features):
        return Features({n: np.concatenate([m, m], axis=3) for n, m in features.levels.items()})

    detector = create("mahalanobis").fit(doubled(normal))
    for part in (*detector.score(doubled(queries)), *detector.training_scores()):
        assert np.isfinite(part).all()


def test_two_images_are_enough(normal, queries):
    detector = create("mahalanobis").fit(normal.subset([0, 1]))
    for part in (*detector.score(queries), *detector.training_scores()):
        assert np.isfinite(part).all()


def test_one_image_is_refused(normal):
    with pytest.raises(ParameterError, match="needs at least 2 training images, not 1"):
        create("mahalanobis").fit(normal.subset([0]))


def test_a_level_that_does_not_vary_is_named(normal):
    levels = {**normal.levels, "coarse": np.full((20, 2, 3, 40), 0.1, np.float32)}
    with pytest.raises(ParameterError, match="'coarse' is the same in all training images"):
        create("mahalanobis").fit(Features(levels))


def test_the_mean_image_scores_zero_and_has_a_map_of_zeros():
    level = np.array([[-1.0, 0], [1, 0], [0, -1], [0, 1]], np.float32).reshape(4, 1, 1, 2)
    detector = create("mahalanobis").fit(Features({"a": level}))
    scores, score_map = detector.score(Features({"a": np.zeros((1, 1, 1, 2), np.float32)}))
    assert scores.tolist() == [0]
    assert score_map.tolist() == [[[0]]]


def test_presets_choose_levels_and_map():
    assert create("mahalanobis", preset="sroc").levels == ("block4", "block6", "block7")
    assert create("mahalanobis", preset="rippel").levels is None


def test_an_unknown_map_is_refused_with_the_nearest_name():
    with pytest.raises(UnknownNameError, match="gradcam"):
        create("mahalanobis", map="grad-cam")


def test_a_pool_answers_as_a_refit_would(normal):
    detector = create("mahalanobis")
    rows = np.random.default_rng(0).permutation(20)
    train, query = rows[:14], rows[10:]
    answer = pool_of(detector, normal).score(train, query)
    expected = replace(detector).fit(normal.subset(train)).score(normal.subset(query))
    for part, other in zip(answer, expected, strict=True):
        np.testing.assert_allclose(part, other, rtol=1e-6)


@pytest.mark.parametrize("map", ["centred", "gradcam"])
def test_a_pool_leaves_images_out_as_the_detector_does(normal, map):
    detector = create("mahalanobis", map=map)
    train, query = np.arange(14)[::-1], np.array([15, 3, 14, 0])
    answer = pool_of(detector, normal).score(train, query, leave_out="group")
    detector.fit(normal.subset(train))
    left_out, outside = detector.training_scores(), detector.score(normal.subset(query))
    for part, inside, other in zip(answer, left_out, outside, strict=True):
        np.testing.assert_allclose(part[[1, 3]], inside[[-4, -1]], rtol=1e-6)
        np.testing.assert_allclose(part[[0, 2]], other[[0, 2]], rtol=1e-6)


def test_a_pool_knows_its_rows_and_what_can_be_left_out(normal):
    pool = pool_of(create("mahalanobis"), normal)
    with pytest.raises(ParameterError, match="unique row numbers from 0 to 19"):
        pool.score(np.array([1, 1]), np.arange(5))
    with pytest.raises(UnknownNameError, match="leave_out"):
        pool.score(np.arange(5), np.arange(5), leave_out="images")


@pytest.mark.parametrize("n_images", [12, 40])
def test_a_group_is_left_out_as_if_it_had_not_been_there_with_the_shrinkage_held(rng, n_images):
    level = rng.normal(size=(n_images, 2, 3, 16)).astype(np.float32)
    groups = np.arange(n_images) // 3  # the last one may be smaller
    groups[:2] = groups.max() + 1
    detector = create("mahalanobis").fit(Features({"a": level}, groups))
    scores, maps = detector.training_scores(leave_out="group")
    vectors = level.mean(axis=(1, 2), dtype=float)
    covariance = detector._covariance["a"]
    for row in range(n_images):
        others = vectors[groups != groups[row]]
        centred = others - others.mean(axis=0)
        weight = covariance.weight(len(others))
        matrix = covariance.identity * np.eye(16) + weight * centred.T @ centred
        away = vectors[row] - others.mean(axis=0)
        expected = np.sqrt(away @ np.linalg.solve(matrix, away))
        assert scores[row] == pytest.approx(expected, rel=1e-9)
        assert maps[row].sum() == pytest.approx(expected, rel=1e-5)


def test_image_scores_of_a_pool_need_no_maps(normal, monkeypatch):
    pool = pool_of(create("mahalanobis"), normal)
    monkeypatch.delattr(type(pool.detector), "map_of")
    rows = np.arange(len(normal))
    assert pool.image_scores(rows[:8], rows, leave_out="group").shape == (len(normal),)

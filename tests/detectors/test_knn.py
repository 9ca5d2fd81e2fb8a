"""KNN on values worked out by hand and against scikit-learn."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from anomalylab import detectors
from anomalylab.detectors import RefitPool, pool_of
from anomalylab.errors import ParameterError, UnknownNameError
from anomalylab.features import Features


@pytest.fixture
def two_levels(rng):
    """Twenty images on a fine and a coarse grid."""
    return Features(
        {
            "fine": rng.normal(size=(20, 4, 6, 5)).astype(np.float32),
            "coarse": (9 * rng.normal(size=(20, 2, 3, 7))).astype(np.float32),
        }
    )


def on_a_line(*values):
    """Images of one cell and one channel."""
    return Features({"line": np.array(values, np.float32).reshape(-1, 1, 1, 1)})


def test_the_score_is_the_mean_distance_to_the_k_nearest():
    knn = detectors.create("knn", k=2).fit(on_a_line(0, 1, 5))
    # 3 lies 2 from 1 and from 5; 0 lies 0 from itself and 1 from 1.
    np.testing.assert_array_equal(knn.image_scores(on_a_line(3, 0)), [2, 0.5])


def test_squared_distances_are_averaged_on_request():
    knn = detectors.create("knn", k=2, squared=True).fit(on_a_line(0, 1, 5))
    np.testing.assert_array_equal(knn.image_scores(on_a_line(2)), [(1 + 4) / 2])
    np.testing.assert_array_equal(knn.score_map(on_a_line(2)), [[[1]]])  # kappa = 1


def test_left_out_scores_do_not_see_the_image_itself():
    knn = detectors.create("knn", k=1).fit(on_a_line(0, 1, 5))
    np.testing.assert_array_equal(knn.training_scores(leave_out="group")[0], [1, 1, 4])
    np.testing.assert_array_equal(knn.training_scores(leave_out="none")[0], [0, 0, 0])


def test_scoring_with_itself_shrinks_the_score_by_one_in_k(two_levels):
    with_itself = detectors.create("knn", k=5).fit(two_levels).training_scores(leave_out="none")[0]
    without = detectors.create("knn", k=4).fit(two_levels).training_scores(leave_out="group")[0]
    np.testing.assert_allclose(with_itself, 4 / 5 * without, rtol=1e-12)


def test_image_scores_are_those_of_scikit_learn_on_pooled_levels(two_levels):
    train, query = two_levels.subset(slice(0, 15)), two_levels.subset(slice(15, 20))
    pooled = train.pooled(), query.pooled()
    expected = NearestNeighbors(n_neighbors=5).fit(pooled[0]).kneighbors(pooled[1])[0].mean(axis=1)
    scores = detectors.create("knn").fit(train).image_scores(query)
    np.testing.assert_allclose(scores, expected, rtol=1e-5)


@pytest.mark.parametrize("level_norm", ["l2", "std"])
def test_normed_levels_do_not_depend_on_their_scale(two_levels, level_norm):
    scaled = Features({"fine": two_levels.level("fine"), "coarse": 8 * two_levels.level("coarse")})
    scores = [
        detectors.create("knn", level_norm=level_norm).fit(f).training_scores()[0]
        for f in (two_levels, scaled)
    ]
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-5)


def test_the_map_is_the_mean_over_levels_of_the_nearest_cell_of_the_nearest_images(two_levels):
    train, query = two_levels.subset(slice(0, 15)), two_levels.subset([17])
    knn = detectors.create("knn", k=3).fit(train)
    images = ((train.pooled() - query.pooled()) ** 2).sum(1).argsort()[:3]
    fine = nearest_cell_distances(query.level("fine")[0], train.level("fine")[images])
    coarse = nearest_cell_distances(query.level("coarse")[0], train.level("coarse")[images])
    score_map = knn.score_map(query)[0]
    # Corner cells lie beyond the outermost coarse centres, so nothing is interpolated there.
    assert score_map[0, 0] == pytest.approx((fine[0, 0] + coarse[0, 0]) / 2, rel=1e-5)
    assert score_map[3, 5] == pytest.approx((fine[3, 5] + coarse[1, 2]) / 2, rel=1e-5)
    assert score_map.mean() == pytest.approx((fine.mean() + coarse.mean()) / 2, rel=0.1)


def nearest_cell_distances(image, gallery):
    distance = np.linalg.norm(image[:, :, None] - gallery.reshape(-1, gallery.shape[3]), axis=3)
    return distance.min(axis=2)


def test_all_cells_lie_at_most_as_far_as_those_at_the_same_place(two_levels):
    train, query = two_levels.subset(slice(0, 15)), two_levels.subset(slice(15, 20))
    everywhere = detectors.create("knn").fit(train).score_map(query)
    same_place = detectors.create("knn", gallery="same_location").fit(train).score_map(query)
    assert (everywhere <= same_place + 1e-6).all()


def test_the_same_place_needs_the_same_grid(two_levels):
    knn = detectors.create("knn", gallery="same_location").fit(two_levels)
    smaller = Features({n: two_levels.level(n)[:, :2] for n in two_levels.names})
    with pytest.raises(ParameterError, match="gallery='all'"):
        knn.score(smaller)
    assert detectors.create("knn").fit(two_levels).score_map(smaller).shape == (20, 2, 6)


@pytest.mark.parametrize("gallery", ["all", "same_location"])
def test_a_copied_cell_matches_its_origin(two_levels, gallery):
    knn = detectors.create("knn", k=5, gallery=gallery).fit(two_levels)
    image, cell = knn.matches(two_levels.subset([3, 8]))
    np.testing.assert_array_equal(image, np.broadcast_to([[[3]], [[8]]], (2, 4, 6)))
    np.testing.assert_array_equal(cell, np.broadcast_to(np.arange(24).reshape(4, 6), (2, 4, 6)))


def test_training_images_match_others(two_levels):
    image, cell = detectors.create("knn", k=3).fit(two_levels).matches()
    assert (image != np.arange(20)[:, None, None]).all()
    assert cell.shape == (20, 4, 6)


def test_k_beyond_the_images_is_refused(two_levels):
    with pytest.raises(ParameterError, match="k=21 images and gets 20"):
        detectors.create("knn", k=21).fit(two_levels)
    with pytest.raises(ParameterError, match="more than k=20"):
        detectors.create("knn", k=20).fit(two_levels).training_scores()


def test_unknown_choices_suggest_the_nearest():
    with pytest.raises(UnknownNameError, match="same_location"):
        detectors.create("knn", gallery="same_locaton")
    with pytest.raises(UnknownNameError, match="std"):
        detectors.create("knn", level_norm="sdt")


@pytest.mark.parametrize("leave_out", ["none", "group"])
@pytest.mark.parametrize("level_norm", ["none", "l2", "std"])
@pytest.mark.parametrize("gallery", ["all", "same_location"])
def test_a_pool_of_distances_answers_as_refits(two_levels, level_norm, gallery, leave_out):
    knn = detectors.create("knn", k=3, level_norm=level_norm, gallery=gallery)
    groups = np.repeat(np.arange(10), 2)
    pool = pool_of(knn, Features(two_levels.levels, groups))
    train, query = np.array([12, 3, 4, 18, 19, 0, 7, 6]), np.array([19, 1, 4, 0])
    refits = RefitPool(knn, pool.features).score(train, query, leave_out=leave_out)
    pooled = pool.score(train, query, leave_out=leave_out)
    for one, other in zip(pooled, refits, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_image_scores_of_a_pool_need_no_maps(two_levels, monkeypatch):
    pool = pool_of(detectors.create("knn", k=2), two_levels)
    monkeypatch.delattr(detectors.knn.KNN, "maps_of")
    assert pool.image_scores(np.arange(10), np.arange(20)).shape == (20,)


def test_a_pool_refuses_fewer_images_than_neighbours(two_levels):
    pool = pool_of(detectors.create("knn", k=5), two_levels)
    with pytest.raises(ParameterError, match="lower k"):
        pool.image_scores(np.arange(4), np.arange(20))
    with pytest.raises(ParameterError, match="to leave images out"):
        pool.image_scores(np.arange(5), np.arange(20), leave_out="group")

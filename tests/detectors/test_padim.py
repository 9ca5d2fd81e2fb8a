import warnings
from dataclasses import replace

import numpy as np
import pytest
from sklearn.covariance import LedoitWolf

from anomalylab.compute import cell_gaussians, cells, memory
from anomalylab.detectors import RefitPool, create, load, pool_of
from anomalylab.errors import ParameterError, UnknownNameError
from anomalylab.features import Features

SHAPES = {"fine": (4, 6, 5), "coarse": (2, 3, 20)}
N_WIDE, N_TALL = 14, 40
"""Numbers of training images below and above the 25 channels."""


def draw(n_images, seed=0):
    rng = np.random.default_rng(seed)
    return Features(
        {
            name: (
                rng.gamma(2, size=(n_images, *shape)) + 2 * rng.normal(size=(n_images, 1, 1, 1))
            ).astype(np.float32)
            for name, shape in SHAPES.items()
        }
    )


@pytest.fixture
def queries():
    return draw(6, seed=1)


def by_cell(features):
    """The slow, obvious way: levels enlarged side by side, (n_cells, n_images, n_channels)."""
    aligned = features.aligned().astype(float)
    return aligned.reshape(len(aligned), -1, aligned.shape[3]).transpose(1, 0, 2)


def as_map(per_cell):
    return np.transpose(per_cell).reshape(-1, *SHAPES["fine"][:2])


def scikit_learn_map(normal, queries):
    cells = zip(by_cell(normal), by_cell(queries), strict=True)
    return as_map([np.sqrt(LedoitWolf().fit(x).mahalanobis(y)) for x, y in cells])


def ridge_map(training, queries):
    """Distances by ``np.cov`` plus 0.01 on the diagonal; both are (n_cells, n, n_channels)."""
    distances = []
    for x, y in zip(training, queries, strict=True):
        covariance = np.cov(x.T) + 0.01 * np.eye(x.shape[1])
        deviation = y - x.mean(axis=0)
        distances.append(
            np.sqrt(np.einsum("nd,dn->n", deviation, np.linalg.solve(covariance, deviation.T)))
        )
    return as_map(distances)


@pytest.mark.parametrize("n_images", [N_WIDE, N_TALL, 25])
def test_all_cells_at_once_equal_a_loop_over_scikit_learn(n_images, queries):
    normal = draw(n_images)
    scores, score_map = create("padim", levels="all").fit(normal).score(queries)
    expected = scikit_learn_map(normal, queries)
    np.testing.assert_allclose(score_map, expected, rtol=1e-5)
    np.testing.assert_allclose(scores, expected.max(axis=(1, 2)), rtol=1e-5)


@pytest.mark.parametrize("n_images", [N_WIDE, N_TALL])
def test_ridge_is_the_sample_covariance_plus_a_hundredth(n_images, queries):
    normal = draw(n_images)
    score_map = create("padim", levels="all", covariance="ridge").fit(normal).score_map(queries)
    expected = ridge_map(by_cell(normal), by_cell(queries))
    np.testing.assert_allclose(score_map, expected, rtol=1e-5)


@pytest.mark.parametrize("n_images", [N_WIDE, N_TALL])
def test_one_cell_is_the_mahalanobis_distance(n_images, queries):
    def one_cell(features):
        return Features({"a": features.aligned()[:, :1, :1]})

    normal, queries = one_cell(draw(n_images)), one_cell(queries)
    padim, single = create("padim", levels="all").fit(normal), create("mahalanobis").fit(normal)
    np.testing.assert_allclose(padim.image_scores(queries), single.image_scores(queries), rtol=1e-5)
    np.testing.assert_allclose(padim.training_scores()[0], single.training_scores()[0], rtol=1e-5)


@pytest.mark.parametrize("covariance", ["ledoit_wolf", "ridge"])
@pytest.mark.parametrize("n_images", [N_WIDE, N_TALL])
def test_leaving_one_out_equals_a_refit_with_the_same_shrinkage(n_images, covariance):
    normal = draw(n_images)
    score_map = (
        create("padim", levels="all", covariance=covariance).fit(normal).training_scores()[1]
    )
    training = by_cell(normal)
    for row in (0, n_images - 1):
        expected = [distance_left_out(vectors, row, covariance) for vectors in training]
        np.testing.assert_allclose(score_map[row].ravel(), expected, rtol=1e-5)


def distance_left_out(vectors, row, kind):
    others = np.delete(vectors, row, axis=0)
    deviation = vectors[row] - others.mean(axis=0)
    if kind == "ridge":
        covariance = np.cov(others.T) + 0.01 * np.eye(vectors.shape[1])
    else:
        shrinkage = LedoitWolf().fit(vectors).shrinkage_
        target = vectors.var(axis=0).mean()
        covariance = (1 - shrinkage) * np.cov(others.T, bias=True)
        covariance += shrinkage * target * np.eye(vectors.shape[1])
    return np.sqrt(deviation @ np.linalg.solve(covariance, deviation))


@pytest.mark.parametrize("n_images", [N_WIDE, N_TALL])
def test_blocks_and_forgotten_grams_change_nothing(n_images, queries, monkeypatch):
    normal = draw(n_images)
    whole = create("padim", levels="all").fit(normal)
    expected = *whole.score(queries), *whole.training_scores()
    monkeypatch.setattr(cells, "BLOCK_BYTES", 5 * 8 * 14 * (3 * 14 + 50))
    monkeypatch.setattr(cell_gaussians, "KEPT_BYTES", 0)
    blocked = create("padim", levels="all").fit(normal)
    parts = (*blocked.score(queries), *blocked.training_scores())
    for part, other in zip(parts, expected, strict=True):
        np.testing.assert_allclose(part, other, rtol=1e-6)


def test_a_shift_of_all_images_changes_nothing(queries):
    def shifted(features):
        return Features({name: level + 1 for name, level in features.levels.items()})

    before = create("padim", levels="all").fit(draw(N_WIDE)).score_map(queries)
    after = create("padim", levels="all").fit(shifted(draw(N_WIDE))).score_map(shifted(queries))
    np.testing.assert_allclose(after, before, rtol=1e-4)


@pytest.mark.parametrize("n_images", [3, N_TALL])
def test_random_channels_are_some_of_the_channels(n_images, queries):
    normal = draw(n_images)
    detector = create("padim", levels="all", covariance="ridge", n_dims=7, seed=3).fit(normal)
    channels = np.concatenate([detector.selection_["fine"], 5 + detector.selection_["coarse"]])
    assert len(set(channels)) == 7
    expected = ridge_map(by_cell(normal)[..., channels], by_cell(queries)[..., channels])
    np.testing.assert_allclose(detector.score_map(queries), expected, rtol=1e-5)


def test_a_single_channel_keeps_the_grid_even_if_its_level_is_coarse(queries):
    for seed in range(5):
        detector = create("padim", levels="all", n_dims=1, seed=seed).fit(draw(N_TALL))
        assert detector.score_map(queries).shape == (6, 4, 6)


@pytest.mark.parametrize("n_images", [4, N_TALL])
def test_an_orthogonal_projection_is_applied_to_all_channels(n_images, queries):
    normal = draw(n_images)
    detector = create("padim", levels="all", covariance="ridge", n_dims=7, select="orthogonal").fit(
        normal
    )
    basis = np.concatenate([detector.selection_["fine"], detector.selection_["coarse"]])
    np.testing.assert_allclose(basis.T @ basis, np.eye(7), atol=1e-6)
    expected = ridge_map(by_cell(normal) @ basis, by_cell(queries) @ basis)
    np.testing.assert_allclose(detector.score_map(queries), expected, rtol=1e-4)


def test_projecting_to_as_many_dimensions_changes_nothing(queries):
    normal = draw(N_WIDE)
    projected = create("padim", levels="all", n_dims=25, select="orthogonal").fit(normal)
    np.testing.assert_allclose(
        projected.score_map(queries),
        create("padim", levels="all").fit(normal).score_map(queries),
        rtol=1e-4,
    )


@pytest.mark.parametrize("select", ["random", "orthogonal"])
def test_the_seed_decides_the_draw(select, queries):
    def score_map(seed):
        return (
            create("padim", levels="all", n_dims=7, select=select, seed=seed)
            .fit(draw(N_TALL))
            .score_map(queries)
        )

    np.testing.assert_array_equal(score_map(1), score_map(1))
    assert (score_map(1) != score_map(2)).any()


@pytest.mark.parametrize("n_images", [N_WIDE, N_TALL])
@pytest.mark.parametrize("select", [{}, {"n_dims": 9}, {"n_dims": 9, "select": "orthogonal"}])
def test_a_saved_detector_scores_the_same_whatever_the_order_of_levels(
    n_images, select, queries, tmp_path
):
    detector = create("padim", levels=("fine", "coarse"), **select).fit(draw(n_images))
    detector.save(tmp_path)
    for part, other in zip(load(tmp_path).score(queries), detector.score(queries), strict=True):
        np.testing.assert_array_equal(part, other)


def test_fitting_again_forgets_the_first_fit(queries):
    detector = create("padim", levels="all").fit(draw(N_TALL)).fit(draw(N_WIDE))
    np.testing.assert_array_equal(
        detector.score_map(queries),
        create("padim", levels="all").fit(draw(N_WIDE)).score_map(queries),
    )


def with_still_cells(features):
    """The same features with the first column of every level held constant."""
    levels = {name: level.copy() for name, level in features.levels.items()}
    for level in levels.values():
        level[:, :, 0] = 0.1
    return Features(levels)


@pytest.mark.parametrize("n_images", [N_WIDE, N_TALL])
def test_cells_that_do_not_vary_get_the_variance_of_the_others(n_images):
    normal = with_still_cells(draw(n_images))
    with pytest.warns(UserWarning, match="4 of 24 cells are the same in all training images"):
        detector = create("padim", levels="all").fit(normal)
    query = normal.subset([0]).levels
    query = Features({name: level.copy() for name, level in query.items()})
    query.levels["fine"][0, :, 0] += 1
    moving = by_cell(normal).reshape(4, 6, n_images, 25)[:, 1:]
    variance = moving.var(axis=2).mean()
    np.testing.assert_allclose(detector.score_map(query)[0, :, 0], np.sqrt(5 / variance), rtol=1e-5)
    np.testing.assert_allclose(detector.training_scores()[1][:, :, 0], 0, atol=1e-5)


def test_with_a_ridge_still_cells_need_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        create("padim", levels="all", covariance="ridge").fit(with_still_cells(draw(N_WIDE)))


def test_two_images_are_enough(queries):
    for covariance in ("ledoit_wolf", "ridge"):
        detector = create("padim", levels="all", covariance=covariance).fit(draw(2))
        for part in (*detector.score(queries), *detector.training_scores()):
            assert np.isfinite(part).all()


def test_one_image_is_refused():
    with pytest.raises(ParameterError, match="at least 2 training images, not 1"):
        create("padim", levels="all").fit(draw(1))


def test_images_that_are_all_the_same_are_refused():
    same = draw(1).subset([0] * 5)
    with pytest.raises(ParameterError, match="the same in all training images"):
        create("padim", levels="all").fit(same)


def test_more_channels_than_there_are_are_refused():
    with pytest.raises(ParameterError, match="n_dims=100 is more than the 25 channels"):
        create("padim", preset="padim").fit(draw(N_WIDE))


def test_what_does_not_fit_is_refused_with_what_would(monkeypatch):
    # 24 cells of 25 x 25 float32 take 60 000 bytes beside a block; half of that is free.
    free = cells.BLOCK_BYTES + 4 * 24 * (40 * 9 + 9 * 9)
    monkeypatch.setattr(memory, "available", lambda: free)
    with pytest.raises(ParameterError, match=r"25 channels takes .* GB are free; n_dims=9 fits"):
        create("padim", levels="all").fit(draw(N_TALL))


def test_the_plan_counts_the_levels_used():
    # 4 x 6 cells of 5 channels: features of 10 images, a block, and factors of 5 x 5.
    planned = create("padim", levels=("fine",)).plan(10, SHAPES)
    assert planned.bytes == 4 * 10 * 24 * 5 + cells.BLOCK_BYTES + 4 * 24 * 5 * 5


@pytest.mark.parametrize(
    "wrong", [{"covariance": "ledoit"}, {"select": "ortho"}], ids=["covariance", "select"]
)
def test_unknown_choices_suggest_the_nearest(wrong):
    with pytest.raises(UnknownNameError, match="did you mean"):
        create("padim", **wrong)


@pytest.mark.parametrize("n_dims", [0, -3])
def test_fewer_than_one_channel_is_refused(n_dims):
    with pytest.raises(ParameterError, match="n_dims must be at least 1"):
        create("padim", levels="all", n_dims=n_dims)


POOLS = [(24, N_WIDE), (50, N_WIDE), (50, N_TALL)]
"""Images of a pool, of which there are fewer than channels or more, and of these for training."""


@pytest.mark.parametrize(("n_images", "n_train"), POOLS)
@pytest.mark.parametrize(
    "params", [{}, {"covariance": "ridge", "n_dims": 9}, {"n_dims": 9, "select": "orthogonal"}]
)
def test_a_pool_answers_as_a_refit_would(n_images, n_train, params):
    features, detector = draw(n_images), create("padim", levels="all", **params)
    rows = np.random.default_rng(0).permutation(n_images)
    train, query = rows[:n_train], rows[n_train - 4 : n_train + 6]  # four of them in train
    answer = pool_of(detector, features).score(train, query)
    expected = replace(detector).fit(features.subset(train)).score(features.subset(query))
    for part, other in zip(answer, expected, strict=True):
        np.testing.assert_allclose(part, other, rtol=1e-4)


@pytest.mark.parametrize("has_groups", [False, True])
@pytest.mark.parametrize(("n_images", "n_train"), POOLS)
def test_a_pool_leaves_images_out_as_the_detector_does(n_images, n_train, has_groups):
    features, detector = draw(n_images), create("padim", levels="all")
    if has_groups:
        features = Features(features.levels, np.arange(n_images) // 2 % 9)
    train, query = np.arange(n_train)[::-1], np.array([n_train + 1, 3, n_train, 0])
    score_map = pool_of(detector, features).score_map(train, query, leave_out="group")
    detector.fit(features.subset(train))
    left_out = detector.training_scores()[1]
    np.testing.assert_allclose(score_map[[1, 3]], left_out[[-4, -1]], rtol=1e-4)
    expected = detector.score_map(features.subset(query[[0, 2]]))
    np.testing.assert_allclose(score_map[[0, 2]], expected, rtol=1e-4)


def test_a_pool_sees_that_a_cell_does_not_vary_over_a_subset():
    still, moving = with_still_cells(draw(N_WIDE)), draw(10, seed=1)
    features = Features({n: np.concatenate([still.level(n), moving.level(n)]) for n in SHAPES})
    rows = np.arange(len(features))
    with pytest.warns(UserWarning, match="4 of 24 cells"):
        score_map = pool_of(create("padim", levels="all"), features).score_map(rows[:N_WIDE], rows)
    with pytest.warns(UserWarning, match="4 of 24 cells"):
        detector = create("padim", levels="all").fit(still)
    np.testing.assert_allclose(score_map, detector.score_map(features), rtol=1e-4, atol=1e-4)


def test_a_pool_too_large_for_memory_refits(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 1000)
    assert type(pool_of(create("padim", levels="all"), draw(N_WIDE))) is RefitPool


def test_by_default_only_the_levels_of_the_finest_grid_are_used():
    features = draw(N_TALL)
    by_default, by_name = create("padim").fit(features), create("padim", levels=("fine",))
    np.testing.assert_array_equal(
        by_default.score_map(features), by_name.fit(features).score_map(features)
    )


@pytest.mark.parametrize("n_images", [9, 30])
def test_a_group_is_left_out_of_each_cell_with_the_shrinkage_held(rng, n_images):
    level = rng.normal(size=(n_images, 2, 2, 12)).astype(np.float32)
    groups = np.arange(n_images) % 4
    detector = create("padim").fit(Features({"a": level}, groups))
    maps = detector.training_scores(leave_out="group")[1]
    for row, cell in np.ndindex(n_images, 4):
        vectors = level[:, cell // 2, cell % 2].astype(float)
        others = vectors[groups != groups[row]]
        centred = others - others.mean(axis=0)
        share = detector.share_[cell] / (len(others) - detector.ddof_)
        matrix = detector.identity_[cell] * np.eye(12) + share * centred.T @ centred
        away = vectors[row] - others.mean(axis=0)
        expected = np.sqrt(away @ np.linalg.solve(matrix, away))
        assert maps[row].ravel()[cell] == pytest.approx(expected, rel=1e-5)


def test_images_of_one_group_cannot_be_left_out(rng):
    level = rng.normal(size=(6, 2, 2, 8)).astype(np.float32)
    detector = create("padim").fit(Features({"a": level}, np.zeros(6, int)))
    with pytest.raises(ParameterError, match="all 6 training images are of one group"):
        detector.training_scores()

"""PatchCore on values worked out by hand and against plain references."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from anomalylab import detectors
from anomalylab.compute import locally_aware, memory
from anomalylab.compute.ivf import InvertedLists, list_centres
from anomalylab.compute.neighbours import NearestNeighbours
from anomalylab.detectors.patchcore import SEARCH_BYTES
from anomalylab.errors import ParameterError, UnknownNameError
from anomalylab.features import Features


@pytest.fixture
def two_levels(rng):
    """Twelve images on a fine and a coarse grid."""
    return Features(
        {
            "fine": rng.normal(size=(12, 4, 6, 5)).astype(np.float32),
            "coarse": rng.normal(size=(12, 2, 3, 7)).astype(np.float32),
        }
    )


def one_cell(*values):
    """Images of one cell; its mean with eight zeros around it is a ninth of the value."""
    return Features({"line": 9 * np.array(values, np.float32).reshape(-1, 1, 1, 1)})


def plain_cells(features):
    """Mean over 3 x 3 cells with zeros beyond the border, then levels side by side."""
    levels = {}
    for name in features.names:
        level = features.level(name)
        n_rows, n_cols = level.shape[1:3]
        padded = np.pad(level, ((0, 0), (1, 1), (1, 1), (0, 0)))
        taps = [padded[:, r : r + n_rows, c : c + n_cols] for r in range(3) for c in range(3)]
        levels[name] = np.mean(taps, axis=0)
    return Features(levels).aligned(interpolation="bilinear")


def plain_map(training, queries, k):
    bank, cells = plain_cells(training), plain_cells(queries)
    n_channels = bank.shape[3]
    distance = np.sort(cdist(cells.reshape(-1, n_channels), bank.reshape(-1, n_channels)), axis=1)
    return distance[:, :k].mean(axis=1).reshape(cells.shape[:3])


@pytest.mark.parametrize("k", [1, 5])
def test_the_map_is_that_of_plain_search(two_levels, k):
    train, query = two_levels.subset(slice(0, 9)), two_levels.subset(slice(9, 12))
    image_scores, score_map = (
        detectors.create("patchcore", levels="all", k=k).fit(train).score(query)
    )
    expected = plain_map(train, query, k)
    np.testing.assert_allclose(score_map, expected, rtol=1e-5)
    np.testing.assert_allclose(image_scores, expected.max(axis=(1, 2)), rtol=1e-5)


def test_the_k_nearest_distances_are_averaged():
    fitted = detectors.create("patchcore", levels="all", k=2).fit(one_cell(0, 1, 5))
    np.testing.assert_allclose(fitted.image_scores(one_cell(3, 0)), [2, 0.5])
    squared = detectors.create("patchcore", levels="all", k=2, squared=True).fit(one_cell(0, 1, 5))
    np.testing.assert_allclose(squared.image_scores(one_cell(2)), [(1 + 4) / 2])


def test_a_defect_does_not_hide_behind_its_own_cells(two_levels):
    # Two cells of one image are equally odd: each is the other's neighbour, unless left out.
    level = two_levels.level("fine").copy()
    level[3, 0:4, 0:6] = 40
    fitted = detectors.create("patchcore", levels="all", k=2).fit(Features({"fine": level}))
    left_out, _ = fitted.training_scores(leave_out="group")
    resubstituted, _ = fitted.training_scores(leave_out="none")
    assert left_out.argmax() == 3
    assert left_out[3] > 10 * resubstituted[3]


def test_left_out_scores_are_those_of_refits(two_levels):
    fitted = detectors.create("patchcore", levels="all", k=3).fit(two_levels)
    image_scores, score_map = fitted.training_scores()
    for row in (0, 5, 11):
        others = two_levels.subset(np.delete(np.arange(12), row))
        expected = (
            detectors.create("patchcore", levels="all", k=3)
            .fit(others)
            .score(two_levels.subset([row]))
        )
        np.testing.assert_array_equal(image_scores[[row]], expected[0])
        np.testing.assert_array_equal(score_map[[row]], expected[1])


def test_with_itself_in_memory_a_cell_scores_k_less_one_in_k(rng):
    # Cells far apart but for pairs within an image would differ; single cells have no such pairs.
    single = Features({"line": rng.normal(size=(30, 1, 1, 4)).astype(np.float32)})
    with_itself = (
        detectors.create("patchcore", levels="all", k=5)
        .fit(single)
        .training_scores(leave_out="none")
    )
    without = (
        detectors.create("patchcore", levels="all", k=4)
        .fit(single)
        .training_scores(leave_out="group")
    )
    np.testing.assert_allclose(with_itself[0], 4 / 5 * without[0], rtol=1e-12)


def test_a_coreset_of_everything_is_the_whole_memory(two_levels):
    train, query = two_levels.subset(slice(0, 9)), two_levels.subset(slice(9, 12))
    flat = detectors.create("patchcore", levels="all", k=2).fit(train).score(query)
    coreset = detectors.create("patchcore", levels="all", k=2, coreset=1.0).fit(train).score(query)
    np.testing.assert_array_equal(flat[0], coreset[0])
    np.testing.assert_array_equal(flat[1], coreset[1])


def test_a_coreset_keeps_its_share_and_never_lowers_a_score(two_levels):
    flat = detectors.create("patchcore", levels="all").fit(two_levels)
    coreset = detectors.create("patchcore", levels="all", coreset=0.1, seed=3).fit(two_levels)
    assert len(coreset.bank_) == round(0.1 * 12 * 24)
    assert (coreset.score_map(two_levels) >= flat.score_map(two_levels)).all()
    cells = flat.bank_.reshape(12, 24, -1)
    np.testing.assert_array_equal(coreset.bank_, cells[coreset.bank_image_, coreset.bank_cell_])


def test_the_seed_chooses_the_coreset(two_levels):
    banks = [
        detectors.create("patchcore", levels="all", coreset=0.1, seed=seed).fit(two_levels).bank_
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(banks[0], banks[1])
    assert not np.array_equal(banks[0], banks[2])


def test_left_out_images_of_a_coreset_are_compared_with_kept_cells_of_others(two_levels):
    fitted = detectors.create("patchcore", levels="all", coreset=0.3).fit(two_levels)
    cells = plain_cells(two_levels).reshape(12, 24, -1)
    for row in (0, 7):
        others = fitted.bank_[fitted.bank_image_ != row]
        expected = cdist(cells[row], others).min(axis=1).max()
        assert fitted.training_scores()[0][row] == pytest.approx(expected, rel=1e-5)


def test_all_inverted_lists_together_are_exact(two_levels):
    train, query = two_levels.subset(slice(0, 9)), two_levels.subset(slice(9, 12))
    exact = detectors.create("patchcore", levels="all", k=3).fit(train)
    lists = detectors.create("patchcore", levels="all", k=3, index="ivf", nlist=10, nprobe=10).fit(
        train
    )
    np.testing.assert_array_equal(exact.score_map(query), lists.score_map(query))
    np.testing.assert_array_equal(exact.training_scores()[0], lists.training_scores()[0])


def test_few_inverted_lists_never_lower_a_score(two_levels):
    exact = detectors.create("patchcore", levels="all", k=3).fit(two_levels).training_scores()[1]
    lists = detectors.create("patchcore", levels="all", k=3, index="ivf", nprobe=1).fit(two_levels)
    assert len(lists.centres_) == round(4 * (12 * 24) ** 0.5)
    assert (lists.training_scores()[1] >= exact - 1e-6).all()


def test_lists_that_hold_too_few_rows_are_not_the_last_word(rng):
    bank = rng.normal(size=(20, 3)).astype(np.float32)
    lists = InvertedLists(bank, list_centres(bank, 10, seed=0), nprobe=1)
    squared, rows = lists.search(bank, 15)
    exact = NearestNeighbours(bank).search(bank, 15)
    np.testing.assert_array_equal(rows, exact[1])
    np.testing.assert_array_equal(squared, exact[0])


def test_the_weight_is_one_less_the_softmax_of_the_distances_to_the_crowd():
    fitted = detectors.create("patchcore", levels="all", reweight=True, n_reweight=3).fit(
        one_cell(0, 1, 2, 9)
    )
    # The nearest to -1 is 0, whose three nearest are 0, 1, 2, at 1, 2 and 3 from -1.
    weight = 1 - np.exp(1) / (np.exp(1) + np.exp(2) + np.exp(3))
    assert fitted.image_scores(one_cell(-1))[0] == pytest.approx(weight * 1)


def test_the_weight_does_not_overflow_at_large_distances():
    bank = one_cell(*np.arange(9.0))
    scores = (
        detectors.create("patchcore", levels="all", reweight=True)
        .fit(bank)
        .image_scores(one_cell(-1e4))
    )
    # Of e^10000 ... e^10008 the first is a share of (e - 1) / (e^9 - 1).
    assert scores[0] == pytest.approx(1e4 * (1 - np.expm1(1) / np.expm1(9)))


def test_a_copied_image_matches_its_origin(two_levels):
    fitted = detectors.create("patchcore", levels="all").fit(two_levels)
    image, cell = fitted.matches(two_levels.subset([7, 2]))
    np.testing.assert_array_equal(image, np.broadcast_to([[[7]], [[2]]], (2, 4, 6)))
    np.testing.assert_array_equal(cell, np.broadcast_to(np.arange(24).reshape(4, 6), (2, 4, 6)))


def test_training_cells_match_cells_of_other_images(two_levels):
    image, cell = detectors.create("patchcore", levels="all").fit(two_levels).matches()
    assert (image != np.arange(12)[:, None, None]).all()
    cells = plain_cells(two_levels).reshape(12, 24, -1)
    nearest = cdist(cells[4], cells[np.arange(12) != 4].reshape(-1, 12)).min(axis=1)
    matched = np.linalg.norm(cells[image[4].ravel(), cell[4].ravel()] - cells[4], axis=1)
    np.testing.assert_allclose(matched, nearest, rtol=1e-4)


@pytest.mark.parametrize(("n_channels", "n_columns"), [(5, 7), (4, 6), (8, 8), (2, 30)])
def test_windows_over_nine_cells_are_those_of_the_plain_definition(rng, n_channels, n_columns):
    image = rng.normal(size=(3, 4, n_channels)).astype(np.float32)
    pooled = locally_aware.neighbourhood_windows(image[None], n_columns)[0]
    padded = np.pad(image, ((1, 1), (1, 1), (0, 0)))
    for r in range(3):
        for c in range(4):
            values = padded[r : r + 3, c : c + 3].transpose(2, 0, 1).ravel()
            edges = np.arange(n_columns + 1) * len(values) / n_columns
            expected = [
                values[int(edges[i]) : int(np.ceil(edges[i + 1]))].mean() for i in range(n_columns)
            ]
            np.testing.assert_allclose(pooled[r, c], expected, rtol=1e-4, atol=1e-6)


def test_windows_of_as_many_columns_as_channels_are_the_mean_of_nine_cells(rng):
    level = rng.normal(size=(2, 4, 4, 6)).astype(np.float32)
    np.testing.assert_allclose(
        locally_aware.neighbourhood_windows(level, 6),
        locally_aware.neighbourhood_mean(level),
        atol=1e-6,
    )


def test_levels_pooled_by_windows_give_as_many_channels_as_asked(two_levels):
    fitted = detectors.create("patchcore", levels="all", pooling="windows", n_channels=16).fit(
        two_levels
    )
    assert fitted.bank_.shape == (12 * 24, 16)


def test_images_of_another_size_can_be_scored(two_levels):
    smaller = Features({n: two_levels.level(n)[:, :2] for n in two_levels.names})
    assert detectors.create("patchcore", levels="all").fit(two_levels).score_map(smaller).shape == (
        12,
        2,
        6,
    )


def test_more_neighbours_than_cells_are_refused(two_levels):
    with pytest.raises(ParameterError, match=r"keeps 24 cells .*needs 25"):
        detectors.create("patchcore", levels="all", k=25).fit(two_levels.subset([0]))


def test_a_single_training_image_cannot_be_left_out(two_levels):
    fitted = detectors.create("patchcore", levels="all").fit(two_levels.subset([0]))
    with pytest.raises(ParameterError, match="at least 2"):
        fitted.training_scores()


def test_memory_that_is_not_there_is_refused_before_work(two_levels, monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: SEARCH_BYTES + 30_000)
    # An image has 24 * 5 + 6 * 7 numbers in its levels and twice 24 * 12 in its cells: 2952 bytes.
    with pytest.raises(ParameterError, match="10 images would fit"):
        detectors.create("patchcore", levels="all").fit(two_levels)


@pytest.mark.parametrize(
    ("option", "value"), [("coreset", 0.0), ("coreset", 1.5), ("k", 0), ("nprobe", 0)]
)
def test_values_out_of_range_are_refused(option, value):
    with pytest.raises(ParameterError, match=option):
        detectors.create("patchcore", **{option: value})


def test_unknown_choices_suggest_the_nearest():
    with pytest.raises(UnknownNameError, match="exact"):
        detectors.create("patchcore", levels="all", index="exat")
    with pytest.raises(UnknownNameError, match="windows"):
        detectors.create("patchcore", levels="all", pooling="window")

"""Cells of training images leave the memory; the images stay."""

import numpy as np
import pytest

from anomalylab import detectors, refine
from anomalylab.detectors import pool_of
from anomalylab.errors import ParameterError, UnknownNameError
from anomalylab.features import Features
from anomalylab.metrics import refinement
from anomalylab.refine.cells import (
    cell_suspicion,
    density_suspicion,
    kept_cells,
    kept_images,
    side_by_side,
    without_cells,
)

N_IMAGES, GRID = 16, (4, 5)


@pytest.fixture
def spoilt(rng):
    """Images of which the first four have a defect of 2 x 2 cells, and which cells these are."""
    level = rng.normal(size=(N_IMAGES, *GRID, 6)).astype(np.float32)
    is_defect = np.zeros((N_IMAGES, *GRID), bool)
    for image, (row, col) in enumerate([(0, 0), (1, 3), (2, 1), (0, 2)]):
        is_defect[image, row : row + 2, col : col + 2] = True
        level[image, row : row + 2, col : col + 2] += rng.normal(0, 20, 6)
    return Features({"block": level}), is_defect


def test_the_most_suspicious_cells_leave_wherever_they_are():
    suspicion = np.array([[[9.0, 1], [2, 3]], [[4, 8], [7, 0]]])
    kept = kept_cells(suspicion, reject=0.3)  # 2.4 of 8 cells, rounded down
    assert np.argwhere(~kept).tolist() == [[0, 0, 0], [1, 0, 1]]


def test_by_place_the_same_number_leaves_everywhere():
    suspicion = np.array([[[9.0, 1]], [[4, 8]], [[5, 2]]])
    kept = kept_cells(suspicion, reject=0.4, ranked="by place")
    assert np.argwhere(~kept).tolist() == [[0, 0, 0], [1, 0, 1]]


def test_of_equal_cells_the_first_leaves_and_none_where_nothing_is_rejected():
    same = np.ones((2, 1, 2))
    assert np.argwhere(~kept_cells(same, reject=0.25)).tolist() == [[0, 0, 0]]
    assert kept_cells(same, reject=0).all()


def test_an_image_leaves_when_too_many_of_its_cells_do():
    kept = np.array([[[True, True]], [[True, False]], [[False, False]]])
    assert kept_images(kept, max_dropped=0.5).tolist() == [True, True, False]
    assert kept_images(kept, max_dropped=0.4).tolist() == [True, False, False]


def test_left_out_maps_find_the_cells_of_defects(spoilt):
    features, is_defect = spoilt
    pool = pool_of(detectors.create("patchcore"), features)
    suspicion = cell_suspicion(pool, np.arange(N_IMAGES))
    found = refinement(is_defect.ravel(), ~kept_cells(suspicion, reject=0.15).ravel())
    assert found["recall"] == 1  # 3 x 3 cells are averaged, so its neighbours leave too
    assert found["precision"] == pytest.approx(16 / 48)


def test_a_defect_is_not_vouched_for_by_its_own_image(spoilt):
    features, is_defect = spoilt
    pool = pool_of(detectors.create("patchcore", k=2), features)
    rows = np.arange(N_IMAGES)
    left_out = cell_suspicion(pool, rows)[is_defect]
    assert (left_out > pool.score_map(rows, rows)[is_defect]).all()


def test_density_by_place_finds_the_cells_of_defects(spoilt):
    features, is_defect = spoilt
    factors = density_suspicion(features, np.arange(N_IMAGES), k=5)
    assert np.median(factors[~is_defect]) == pytest.approx(1, abs=0.2)
    assert factors[is_defect].min() > 2
    kept = kept_cells(factors, reject=0.15)
    assert refinement(is_defect.ravel(), ~kept.ravel())["recall"] == 1


def test_a_fit_without_cells_is_a_fit_of_each_place_to_the_others(rng):
    features = Features(
        {
            "fine": rng.normal(size=(N_IMAGES, 2, 2, 3)).astype(np.float32),
            "coarse": rng.normal(size=(N_IMAGES, 1, 1, 2)).astype(np.float32),
        }
    )
    kept = kept_cells(rng.normal(size=(N_IMAGES, 2, 2)), reject=0.3, ranked="by place")
    padim = detectors.create("padim", levels="all", covariance="ridge")
    maps = padim.fit(without_cells(features, kept)).score_map(side_by_side(features))
    for row, col in np.ndindex(2, 2):
        rows = np.flatnonzero(kept[:, row, col])
        alone = detectors.create("padim", levels="all", covariance="ridge")
        expected = alone.fit(features.subset(rows)).score_map(features)[:, row, col]
        np.testing.assert_allclose(maps[:, row, col], expected, rtol=1e-4)


def test_a_fit_without_the_cells_of_defects_sees_them_better(spoilt):
    features, is_defect = spoilt
    rows = np.arange(N_IMAGES)
    padim = detectors.create("padim")
    suspicion = cell_suspicion(pool_of(padim, features), rows)
    kept = kept_cells(suspicion, reject=0.25, ranked="by place")
    before = padim.unfitted().fit(features).score_map(features)
    after = padim.unfitted().fit(without_cells(features, kept)).score_map(side_by_side(features))
    assert (after[is_defect] > 2 * before[is_defect]).all()


def test_places_must_keep_as_many_cells(spoilt):
    features, _ = spoilt
    kept = np.ones((N_IMAGES, *GRID), bool)
    kept[0, 0, 0] = False
    with pytest.raises(ParameterError, match="rank cells by place"):
        without_cells(features, kept)
    with pytest.raises(ParameterError, match="must have shape"):
        without_cells(features, kept[:, :2])


def test_what_cannot_be_done_is_refused():
    with pytest.raises(UnknownNameError):
        kept_cells(np.ones((2, 1, 1)), reject=0.1, ranked="by chance")
    with pytest.raises(ParameterError):
        kept_cells(np.ones((2, 1, 1)), reject=1)
    with pytest.raises(ParameterError):
        kept_images(np.ones((2, 1, 1), bool), max_dropped=1.5)


class Maps:
    """A pool whose left-out maps are given."""

    def __init__(self, score_maps):
        self.score_maps = np.asarray(score_maps, float)
        self.features = Features({"a": np.zeros((len(score_maps), 1, 2, 1), np.float32)})
        self.detector = detectors.create("padim")

    def score(self, train, query, *, leave_out="none"):
        assert leave_out == "group"
        return self.score_maps[query].max(axis=(1, 2)), self.score_maps[query]


def test_an_image_is_suspicious_by_its_number_of_suspicious_cells():
    # Of six cells four count: 9 and 8 of the second image, 9.5 of the first, 7 of the third.
    pool = Maps([[[9.5, 1]], [[9, 8]], [[2, 7]]])
    scores = refine.ranking("patches", pool, np.arange(3), cells=0.7)
    assert scores.astype(int).tolist() == [1, 2, 1]
    assert np.argsort(-scores).tolist() == [1, 0, 2]  # of one cell each, the higher goes first

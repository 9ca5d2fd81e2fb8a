"""Removed images come back with usual cells where their defects were."""

import numpy as np
import pytest

from anomalylab import detectors
from anomalylab.detectors import pool_of
from anomalylab.errors import ParameterError, UnknownNameError
from anomalylab.features import Features
from anomalylab.refine import healing

N_IMAGES, GRID = 20, (4, 4)
REMOVED = np.array([3, 7, 11])
KEPT = np.setdiff1d(np.arange(N_IMAGES), REMOVED)


@pytest.fixture
def spoilt(rng):
    """Two levels; the removed images have a defect of 2 x 2 fine cells, one coarse cell."""
    fine = rng.normal(size=(N_IMAGES, *GRID, 6)).astype(np.float32)
    coarse = rng.normal(size=(N_IMAGES, 2, 2, 3)).astype(np.float32)
    is_defect = np.zeros((len(REMOVED), *GRID), bool)
    for place, image in enumerate(REMOVED):
        row, col = 2 * (place // 2), 2 * (place % 2)
        is_defect[place, row : row + 2, col : col + 2] = True
        fine[image, row : row + 2, col : col + 2] += 30
        coarse[image, row // 2, col // 2] += 30
    return Features({"fine": fine, "coarse": coarse}), is_defect


@pytest.fixture
def healed(spoilt):
    pool = pool_of(detectors.create("knn", gallery="same_location", k=3), spoilt[0])
    part = healing.kept_part(pool, KEPT)
    return pool, part, healing.heal(pool, part, REMOVED, k=2)


def test_healed_images_stand_behind_the_others_in_the_group_of_their_originals(healed):
    pool, _, found = healed
    assert found.rows.tolist() == [20, 21, 22]
    assert found.originals.tolist() == REMOVED.tolist()
    groups = found.features.group_numbers
    assert groups[found.rows].tolist() == groups[REMOVED].tolist()
    for name in pool.features.names:
        assert (found.features.level(name)[:N_IMAGES] == pool.features.level(name)).all()


@pytest.mark.parametrize("nearest", healing.NEAREST)
def test_suspicious_cells_alone_are_replaced_by_the_mean_of_the_nearest(nearest, healed, spoilt):
    features, is_defect = spoilt
    pool, part, _ = healed
    found = healing.heal(pool, part, REMOVED, k=2, nearest=nearest)
    maps = part.fitted.score_map(features.subset(REMOVED))
    assert (found.replaced == (maps >= found.threshold)).all()
    assert (found.replaced & is_defect).sum() == is_defect.sum()
    fine, after = features.level("fine"), found.features.level("fine")[found.rows]
    assert (after[~found.replaced] == fine[REMOVED][~found.replaced]).all()
    for place, row, col in np.argwhere(found.replaced)[:5]:
        bank = fine[KEPT] if nearest == "anywhere" else fine[KEPT, row, col]
        bank = bank.reshape(-1, 6)
        distance = np.linalg.norm(bank - fine[REMOVED[place], row, col], axis=1)
        expected = bank[np.argsort(distance)[:2]].mean(axis=0)
        np.testing.assert_allclose(after[place, row, col], expected, rtol=1e-5)


def test_a_coarse_cell_is_replaced_if_any_that_it_covers_is_suspicious(healed):
    pool, _, found = healed
    coarse = pool.features.level("coarse")[REMOVED]
    is_changed = (found.features.level("coarse")[found.rows] != coarse).any(axis=3)
    covered = found.replaced.reshape(len(REMOVED), 2, 2, 2, 2).any(axis=(2, 4))
    assert (is_changed == covered).all()


def test_cells_of_grids_that_do_not_divide_touch_all_that_they_overlap():
    suspicious = np.zeros((1, 3, 1), bool)
    suspicious[0, 1] = True  # the middle third overlaps both halves
    assert healing._any_covered(suspicious, (2, 1)).ravel().tolist() == [True, True]
    suspicious[0] = [[True], [False], [False]]
    assert healing._any_covered(suspicious, (2, 1)).ravel().tolist() == [True, False]


def test_the_energy_of_defects_falls_and_healed_images_are_accepted(healed, spoilt):
    _, part, found = healed
    before, after = healing.defect_energy(part, found, spoilt[1])
    assert (after < 0.1 * before).all()
    assert healing.accepted(part, found, quantile=0.95).mean() > 0.5
    scores = part.fitted.image_scores(spoilt[0].subset(REMOVED))
    assert (scores > np.quantile(part.scores, 0.95)).all()


def test_energy_is_the_mean_square_over_the_cells_of_the_defect(healed, spoilt):
    _, part, found = healed
    maps = part.fitted.score_map(spoilt[0].subset(REMOVED)).astype(float)
    before, _ = healing.defect_energy(part, found, spoilt[1])
    assert before[1] == pytest.approx(np.mean(maps[1][spoilt[1][1]] ** 2))
    none = healing.defect_energy(part, found, np.zeros_like(spoilt[1]))
    assert np.isnan(none).all()


@pytest.mark.parametrize("nearest", healing.NEAREST)
def test_kept_images_change_less_than_by_replacing_all_of_their_cells(nearest, healed):
    _, part, _ = healed
    change = healing.change_of_kept(part, k=2, nearest=nearest)
    assert change.shape == (len(KEPT),)
    assert change.max() < 1
    assert change.max() > 0
    whole = healing.change_of_kept(part, quantile=1e-9, k=2, nearest=nearest)
    assert np.sqrt((whole**2).mean()) == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize("nearest", healing.NEAREST)
def test_images_of_the_own_group_do_not_heal(nearest, rng):
    level = rng.normal(size=(12, 2, 2, 4)).astype(np.float32)
    level[0, 0, 0] += 40
    level[1] = level[0]  # the same defect again, kept by mistake
    groups = np.array([0, 0, *range(1, 11)])
    pool = pool_of(
        detectors.create("knn", gallery="same_location", k=2), Features({"a": level}, groups)
    )
    part = healing.kept_part(pool, np.arange(1, 12))
    found = healing.heal(pool, part, np.array([0]), quantile=0.5, k=1, nearest=nearest)
    assert np.abs(found.features.level("a")[12]).max() < 10


def test_a_healed_image_can_be_trained_on(healed):
    pool, _, found = healed
    wider = pool_of(pool.detector, found.features)
    scores, maps = wider.score(np.append(KEPT, found.rows), KEPT[:4], leave_out="group")
    assert scores.shape == (4,)
    assert maps.shape == (4, *GRID)


def test_nothing_to_heal_and_impossible_quantiles_are_refused(healed):
    pool, part, found = healed
    with pytest.raises(ParameterError, match="no image was removed"):
        healing.heal(pool, part, np.array([], int))
    for quantile in (0, 1):
        with pytest.raises(ParameterError, match="quantile"):
            healing.heal(pool, part, REMOVED, quantile=quantile)
        with pytest.raises(ParameterError, match="quantile"):
            healing.accepted(part, found, quantile=quantile)
    with pytest.raises(UnknownNameError):
        healing.heal(pool, part, REMOVED, nearest="here")

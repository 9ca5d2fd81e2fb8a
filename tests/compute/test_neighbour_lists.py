"""Lists of neighbours, and what is read from them, against sorting all distances."""

import numpy as np
import pytest

from anomalylab.compute import neighbour_lists
from anomalylab.compute.listed_search import Choice, nearest
from anomalylab.compute.neighbour_lists import ListMaker

N_IMAGES, N_CELLS = 9, 5


def draw(rng, kind):
    cells = rng.normal(size=(N_IMAGES, N_CELLS, 6)).astype(np.float32)
    if kind == "repeated":
        cells[rng.random(cells.shape[:2]) < 0.5] = cells[0, 0]
    elif kind == "far away":  # float32 products of the cells of one place are mere rounding
        cells = 1e-3 * cells
        cells[:, 0] += 300
        cells[:, 1:] -= 300
    return cells


def plain(cells):
    """Squared distances of all cells to all, (n_images, n_cells, n_images, n_cells)."""
    cells = cells.astype(np.float64)
    return np.square(cells[:, :, None, None] - cells).sum(axis=-1)


@pytest.mark.parametrize("kind", ["plain", "repeated", "far away"])
@pytest.mark.parametrize(("n_nearest", "n_entries"), [(1, 4), (1, 9), (2, 7), (3, 27), (9, 100)])
def test_lists_hold_the_nearest_cells_in_order(rng, kind, n_nearest, n_entries):
    cells = draw(rng, kind)
    lists = ListMaker(cells, n_nearest, n_entries).of_images(slice(0, N_IMAGES))
    exact = plain(cells)
    of_image = np.sort(exact, axis=3)[..., : min(n_nearest, N_CELLS)]
    all_entries = np.sort(of_image.reshape(N_IMAGES, N_CELLS, -1), axis=2)
    n_listed = lists.squared.shape[2]
    assert n_listed == min(n_entries, all_entries.shape[2])
    np.testing.assert_array_equal(lists.squared, all_entries[..., :n_listed])
    here = np.arange(N_IMAGES)[:, None, None], np.arange(N_CELLS)[:, None]
    np.testing.assert_array_equal(exact[(*here, lists.image, lists.cell)], lists.squared)
    if n_listed < all_entries.shape[2]:
        assert (lists.horizon <= all_entries[..., n_listed]).all()
        assert (lists.horizon >= 0.95 * all_entries[..., n_listed - 1]).all()
    else:
        assert np.isinf(lists.horizon).all()


def test_lists_do_not_depend_on_blocks(rng, monkeypatch):
    cells = draw(rng, "far away")
    whole = ListMaker(cells, 2, 6).of_images(slice(0, N_IMAGES))
    monkeypatch.setattr(neighbour_lists, "n_at_once", lambda _: 2)
    monkeypatch.setattr(neighbour_lists, "TILE", 7)
    monkeypatch.setattr(neighbour_lists, "N_AT_ONCE", 3)
    parts = [ListMaker(cells, 2, 6).of_images(slice(i, i + 1)) for i in range(N_IMAGES)]
    for one, other in zip(whole[:4], zip(*parts, strict=True), strict=False):
        np.testing.assert_array_equal(one, np.concatenate(other))


@pytest.mark.parametrize("kind", ["plain", "repeated"])
@pytest.mark.parametrize("k", [1, 2, 4])
@pytest.mark.parametrize("drops", [False, True])
def test_what_is_known_from_lists_is_right_and_little_is_unknown(rng, kind, k, drops):
    cells, n_known = draw(rng, kind), 0
    exact, rows = plain(cells), np.arange(N_IMAGES)
    lists = ListMaker(cells, k, 6 * k).of_images(slice(0, N_IMAGES))
    groups = np.array([0, 1, 1, 2, 3, 4, 5, 5, 6])
    for _ in range(20):
        is_chosen, is_left_out = rng.random((2, N_IMAGES)) < 0.6
        keep = (rng.random((N_IMAGES, N_CELLS)) < 0.8) & is_chosen[:, None] if drops else None
        choice = Choice(is_chosen, groups, is_left_out & is_chosen, keep)
        squared, is_known = nearest(lists, rows, rows, choice, k)
        seen = np.broadcast_to((is_chosen[:, None] if keep is None else keep), exact.shape).copy()
        is_hidden = (groups[:, None] == groups) & choice.is_left_out[:, None]
        seen &= ~is_hidden[:, None, :, None]
        expected = np.where(seen, exact, np.inf).reshape(N_IMAGES, N_CELLS, -1)
        expected = np.sort(expected, axis=2)[..., :k]
        np.testing.assert_array_equal(squared[is_known], expected[is_known])
        assert np.isfinite(squared[is_known]).all()
        n_known += is_known.mean() / 20
    assert n_known > 0.7

"""Masks brought to cells: by hand, and as blocks are counted."""

import numpy as np
import pytest

from anomalylab.errors import ParameterError
from anomalylab.metrics.cell_truth import defect_shares, polluted_cells


def test_a_pixel_on_a_border_counts_for_both_cells_by_its_area():
    # Three pixels, two cells: the middle pixel is half in each, a third of a cell.
    mask = np.array([[False, True, False]])
    assert defect_shares(mask, (1, 2)) == pytest.approx(np.array([[1 / 3, 1 / 3]]))


def test_cells_of_whole_pixels_are_means_of_blocks(rng):
    mask = rng.random((12, 20)) < 0.3
    expected = mask.reshape(4, 3, 5, 4).mean(axis=(1, 3))
    np.testing.assert_allclose(defect_shares(mask, (4, 5)), expected)


@pytest.mark.parametrize("size", [(7, 9), (3, 2), (50, 41)])
def test_the_area_of_a_defect_is_kept(size, rng):
    mask = rng.random(size) < 0.4
    assert defect_shares(mask, (4, 5)).mean() == pytest.approx(mask.mean())


def test_a_cell_is_polluted_from_a_share_on():
    mask = np.zeros((4, 4), bool)
    mask[0, 0] = True  # a quarter of the first cell
    empty = np.zeros((8, 6), bool)
    found = polluted_cells([mask, empty], (2, 2), min_share=0.25)
    assert np.argwhere(found).tolist() == [[0, 0, 0]]
    assert not polluted_cells([mask, empty], (2, 2), min_share=0.3).any()


@pytest.mark.parametrize("min_share", [0, 1.1])
def test_impossible_shares_are_refused(min_share):
    with pytest.raises(ParameterError):
        polluted_cells([], (2, 2), min_share=min_share)

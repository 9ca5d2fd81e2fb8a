"""Masks that are kept as bits are those of the files."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from anomalylab.images.masks import read_mask
from anomalylab.runs.masks import Masks


@pytest.mark.parametrize("size", [(13, 7), (26, 14), (9, 11)])
def test_the_truth_of_a_row_is_its_mask_at_the_size_of_the_image(tmp_path, rng, size):
    marked = rng.random((13, 7)) < 0.3
    Image.fromarray(np.where(marked, 255, 0).astype(np.uint8)).save(tmp_path / "mask.png")
    row = pd.Series({"height": size[0], "width": size[1], "mask_path": "mask.png"})
    masks = Masks(tmp_path)
    for _ in range(2):  # read, then kept
        np.testing.assert_array_equal(masks.truth(row), read_mask(tmp_path / "mask.png", size))
        np.testing.assert_array_equal(masks.at_own_size("mask.png"), marked)


@pytest.mark.parametrize("missing", [None, np.nan])
def test_an_image_without_a_mask_has_no_defect_pixel(tmp_path, missing):
    row = pd.Series({"height": 3, "width": 5, "mask_path": missing}, dtype=object)
    truth = Masks(tmp_path).truth(row)
    assert truth.shape == (3, 5)
    assert not truth.any()

"""Masks go to the images they are of, whatever their place and values; what is odd is said."""

import numpy as np
import pytest
from dataset_folders import FLAW, SIDE, by_path, findings
from PIL import Image

from anomalylab import datasets
from anomalylab.datasets._masks import match_masks  # of a file without a loader
from anomalylab.images.masks import read_mask


def test_a_file_of_two_values_beside_an_image_of_its_name_is_its_mask_and_said_to_be(write):
    write("1.jpg")
    write("1.png", 255 * FLAW.astype(np.uint8))
    write("2.jpg")
    root = write("2.png", np.zeros((SIDE, SIDE), np.uint8))
    samples = datasets.load("folder", root)
    assert by_path(samples, "mask_path") == {"1.jpg": "1.png", "2.jpg": "2.png"}
    assert by_path(samples, "label") == {"1.jpg": 1, "2.jpg": 0}
    found = findings(root)["masks_beside"]
    assert (found.severity, found.paths) == ("warning", ["1.png", "2.png"])
    assert "2 files perhaps masks" in found.message


def test_one_image_in_two_formats_stays_two_images_and_is_said(write):
    write("1.jpg")
    root = write("1.png")
    assert len(datasets.load("folder", root)) == 2
    assert findings(root)["one_name"].paths == ["1.jpg", "1.png"]


def test_masks_that_mark_most_of_the_image_are_perhaps_inverted(mvtec, write):
    root = mvtec()
    write("ground_truth/flaw/1_mask.png", 255 * (~FLAW).astype(np.uint8))
    found = findings(root)["inverted_masks"]
    assert found.paths == ["ground_truth/flaw/1_mask.png"]
    assert "mogrify -negate" in found.advice


def test_a_mask_in_several_files_of_a_folder_is_united(mvtec, write):
    root = mvtec()
    (root / "ground_truth/flaw/1_mask.png").unlink()
    other = np.roll(FLAW, 5, axis=0)
    write("ground_truth/flaw/1/000.png", 255 * FLAW.astype(np.uint8))
    write("ground_truth/flaw/1/001.png", 255 * other.astype(np.uint8))
    mask = by_path(datasets.load("mvtec_ad", root), "mask_path")["test/flaw/1.png"]
    assert mask == "ground_truth/flaw/1"
    np.testing.assert_array_equal(read_mask(root / mask), FLAW | other)
    assert not findings(root)


def test_files_of_one_mask_must_agree_in_size(mvtec, write):
    root = mvtec()
    (root / "ground_truth/flaw/1_mask.png").unlink()
    write("ground_truth/flaw/1/000.png", np.zeros((4, 4), np.uint8))
    write("ground_truth/flaw/1/001.png", np.zeros((4, 5), np.uint8))
    assert findings(root)["unreadable_masks"].paths == ["ground_truth/flaw/1"]


def test_masks_of_further_values_are_noted(mvtec, write):
    root = mvtec()
    write("ground_truth/flaw/2_mask.png", 3 * FLAW.astype(np.uint8))
    found = findings(root)["mask_values"]
    assert (found.severity, found.paths) == ("note", ["ground_truth/flaw/2_mask.png"])


@pytest.mark.parametrize(
    ("orientation", "of_mask", "is_told"),
    [(3, 1, True), (6, 1, True), (1, 1, False), (3, 3, False)],
)
def test_a_rotation_of_images_that_masks_lack_is_told(mvtec, write, orientation, of_mask, is_told):
    root = mvtec(ending="jpg")
    exif, exif_of_mask = Image.Exif(), Image.Exif()
    exif[0x0112], exif_of_mask[0x0112] = orientation, of_mask
    write("test/flaw/0.jpg", np.zeros((SIDE, SIDE + 4), np.uint8), exif=exif)
    mask = np.pad(FLAW, ((0, 0), (0, 4)))
    write("ground_truth/flaw/0_mask.png", 255 * mask.astype(np.uint8), exif=exif_of_mask)
    found = findings(root).get("turned_masks")
    assert (found is not None and found.paths == ["test/flaw/0.jpg"]) == is_told


def test_a_mask_that_fits_two_images_is_given_to_none():
    matches = match_masks(["a/1.png", "b/1.png"], {"masks/1.png": ""})
    assert matches.masks == {}
    assert matches.findings[0]["what"] == "ambiguous_masks"


def test_of_images_of_one_name_the_mask_takes_the_one_beside_it():
    images = ["a/img/1.png", "b/img/1.png"]
    matches = match_masks(images, {"b/masks/1.png": "", "a/masks/1.png": ""})
    assert matches.masks == {"a/img/1.png": "a/masks/1.png", "b/img/1.png": "b/masks/1.png"}


def test_the_full_stem_decides_before_the_stripped_one():
    matches = match_masks(["1.png", "1_mask.png"], {"gt/1_mask.png": ""})
    assert matches.masks == {"1_mask.png": "gt/1_mask.png"}

"""Masks are read as defect or none; masks and images are resized as worked out by hand."""

from pathlib import Path

import numpy as np
import pytest
from image_files import COLOUR
from PIL import Image

from anomalylab.errors import ParameterError, UnknownNameError
from anomalylab.images import masks
from anomalylab.images import read as images


@pytest.mark.parametrize("high", [1, 255])
def test_any_value_but_0_marks_a_defect(saved, high):
    mask = masks.read_mask(saved(np.array([[0, high], [high, 0]], np.uint8)))
    assert mask.dtype == bool
    np.testing.assert_array_equal(mask, [[0, 1], [1, 0]])


def test_masks_may_have_one_bit_sixteen_or_colours(saved):
    truth = np.array([[False, True]])
    red = np.array([[[0, 0, 0], [1, 0, 0]]], np.uint8)
    for picture in (Image.fromarray(truth), truth.astype(np.uint16), red):
        np.testing.assert_array_equal(masks.read_mask(saved(picture)), truth)


def test_what_is_transparent_is_no_defect(saved):
    pixels = np.array([[[255] * 4, [255, 255, 255, 0]]], np.uint8)
    np.testing.assert_array_equal(masks.read_mask(saved(pixels)), [[True, False]])


def test_the_blur_of_a_jpeg_mask_is_no_defect(saved):
    truth = np.zeros((32, 32), np.uint8)
    truth[8:20, 8:20] = 255
    path = saved(truth, "mask.jpg", quality=50)
    assert 0 < np.asarray(Image.open(path))[truth == 0].max() < 127
    np.testing.assert_array_equal(masks.read_mask(path), truth > 0)


def test_a_mask_is_resized_by_nearest_neighbour(saved):
    mask = masks.read_mask(saved(np.eye(2, dtype=np.uint8)), size=(4, 6))
    expected = np.kron(np.eye(2), np.ones((2, 3))).astype(bool)
    np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize("size", [(5, 9), (31, 17), (20, 30), (64, 48)])
def test_nearest_neighbour_agrees_with_pillow(size):
    mask = np.random.default_rng(0).random((20, 30)) < 0.4
    by_pillow = Image.fromarray(mask).resize(size[::-1], Image.Resampling.NEAREST)
    np.testing.assert_array_equal(masks.resize_mask(mask, size), np.asarray(by_pillow))


def test_area_is_the_mean_of_the_pixels_covered():
    image = np.zeros((4, 4, 3), np.uint8)
    image[:2, :2] = [[[0], [40]], [[80], [120]]]  # mean 60
    small = images.resize(image, (2, 2), method="area")
    assert small[0, 0].tolist() == [60, 60, 60]
    assert small[0, 1].tolist() == [0, 0, 0]


@pytest.mark.parametrize("method", ["area", "bilinear"])
def test_shrinking_keeps_the_mean_of_a_checkerboard(method):
    board = np.indices((60, 90)).sum(axis=0) % 2 * np.uint8(255)
    small = images.resize(board.astype(np.uint8), (10, 15), method=method)
    assert small.shape == (10, 15)
    assert np.abs(small.astype(int) - 127).max() <= 12


@pytest.mark.parametrize("method", ["area", "bilinear"])
@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "LA", "P", "CMYK", "I;16", "turned"])
def test_resizing_while_reading_equals_resizing_afterwards(saved, mode, method):
    noise = np.random.default_rng(0).integers(0, 256, (40, 30, 4)).astype(np.uint8)
    options = {}
    if mode == "turned":
        options["exif"] = Image.Exif()
        options["exif"][0x0112] = 6
    if mode == "I;16":
        picture = Image.fromarray(noise[..., 0] * np.uint16(200))
    else:
        picture = Image.fromarray(noise).convert("RGB" if mode == "turned" else mode)
    path = saved(picture, "a.tif" if mode == "CMYK" else "a.png", **options)
    for size in ((17, 23), (40, 30), (60, 90)):
        np.testing.assert_array_equal(
            images.read_image(path, size=size, method=method),
            images.resize(images.read_image(path), size, method=method),
        )


def test_an_unknown_method_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match="bilinear"):
        images.resize(COLOUR, (1, 1), method="bilinar")
    with pytest.raises(UnknownNameError, match="area"):
        images.read_image(Path("a.png"), size=(1, 1), method="aera")


@pytest.mark.parametrize("text", ["", "0", "224x", "axb", "1x2x3", "-3", "22.4"])
def test_a_size_that_is_none_is_refused(text):
    with pytest.raises(ParameterError, match="HxW"):
        images.parse_size(text)

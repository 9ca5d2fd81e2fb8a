"""Odd bits, values and formats of images are told with what helps."""

import numpy as np
import pytest
import tifffile
from dataset_folders import findings


def deep(rng, top):
    return rng.integers(0, top + 1, (40, 40)).astype(np.uint16)


def test_a_hot_pixel_does_not_hide_that_images_have_12_bits(write):
    rng = np.random.default_rng(1)
    for i in range(5):
        pixels = deep(rng, 4095)
        pixels[3, 5] = 65535 if i == 2 else pixels[3, 5]
        root = write(f"{i}.png", pixels)
    assert findings(root)["dark"].advice == "use --intensity range:0,4095"
    assert "clipped" not in findings(root, intensity="range:0,4095")


def test_an_image_of_12_bits_among_others_of_16_is_named(write):
    rng = np.random.default_rng(1)
    for i in range(5):
        root = write(f"{i}.png", deep(rng, 4095 if i == 2 else 65535))
    found = findings(root)
    assert found["dark_beside_others"].paths == ["2.png"]
    assert "dark" not in found


@pytest.mark.parametrize("top", [2500, 4700])
def test_a_range_of_signed_images_keeps_what_is_negative(tmp_path, top):
    rng = np.random.default_rng(1)
    for i in range(3):
        values = rng.integers(-700, top + 1, (40, 40)).astype(np.int16)
        tifffile.imwrite(tmp_path / f"{i}.tif", values)
    highest = 4095 if top == 2500 else 8191
    assert findings(tmp_path)["dark"].advice == f"use --intensity range:-1023,{highest}"


def test_nan_is_found_before_a_run_would(tmp_path):
    for i in range(3):
        values = np.full((4, 4), i / 10, np.float32)
        values[0, 0] = np.nan if i == 1 else 0
        tifffile.imwrite(tmp_path / f"{i}.tif", values)
    found = findings(tmp_path)["broken_files"]
    assert (found.paths, "NaN" in found.message) == (["1.tif"], True)


def test_a_format_that_goes_with_the_class_is_told(mvtec, write):
    root = mvtec(ending="jpg")
    found = findings(root)["format_tells_class"]
    assert (found.severity, found.n) == ("warning", 3)
    assert "normal images are PNG, the 3 images labelled anomalous JPEG" in found.message
    write("test/flaw/9.png")
    assert "format_tells_class" not in findings(root)

"""Folders in the layouts of public data sets."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def write(tmp_path):
    """Write images by path below the test's folder; with a mask, one marked pixel or none."""

    def write(*paths, size=(6, 4), marked=None):
        for path in paths:
            pixels = np.full(size[::-1], 90, np.uint8)
            if marked is not None:
                pixels = np.zeros(size[::-1], np.uint8)
                pixels[1, 2] = 255 * marked
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(tmp_path / path)
        return tmp_path

    return write


@pytest.fixture
def mvtec(write):
    write("bottle/train/good/000.png", "bottle/train/good/001.png", "bottle/test/good/000.png")
    write("bottle/test/hole/000.png", "bottle/test/hole/001.png", "bottle/test/cut/000.png")
    for kind, number in (("hole", "000"), ("hole", "001"), ("cut", "000")):
        write(f"bottle/ground_truth/{kind}/{number}_mask.png", marked=True)
    return write("cable/train/good/000.png", "cable/test/good/000.png")


@pytest.fixture
def kolektor(write):
    for board in range(1, 7):
        for part in range(3):
            write(f"kos{board:02d}/Part{part}.jpg", size=(20, 30))
            write(f"kos{board:02d}/Part{part}_label.bmp", size=(20, 30), marked=part == 1)
    return write()

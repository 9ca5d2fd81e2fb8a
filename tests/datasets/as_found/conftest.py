"""Folders as they come from a line or a colleague."""

import numpy as np
import pytest
from dataset_folders import FLAW, SIDE
from PIL import Image


@pytest.fixture
def write(tmp_path):
    """Write an image of noise of its own, or the pixels given, below the test's folder."""
    rng = np.random.default_rng(0)

    def write(path, pixels=None, **options):
        if pixels is None:
            pixels = rng.integers(0, 256, (SIDE, SIDE)).astype(np.uint8)
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / path, **options)
        return tmp_path

    return write


@pytest.fixture
def mvtec(write):
    """Write the layout of MVTec AD by the words given, and return its folder."""

    def mvtec(good="good", bad="flaw", ending="png", splits=("train", "test", "ground_truth")):
        train, test, masks = splits
        for i in range(20):
            write(f"{train}/{good}/{i}.png")
        for i in range(3):
            write(f"{test}/{good}/{i}.png")
            write(f"{test}/{bad}/{i}.{ending}")
            root = write(f"{masks}/{bad}/{i}_mask.png", 255 * FLAW.astype(np.uint8))
        return root

    return mvtec

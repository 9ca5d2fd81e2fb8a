"""Images keep their shape: the network sees as many pixels as in its square, in that shape."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from anomalylab.runs.detect import run
from anomalylab.runs.request import DetectorChoice, DetectRequest
from anomalylab.runs.shape import create_extractor, in_shape_of


def of(height, width, n=3):
    return pd.DataFrame({"height": [height] * n, "width": [width] * n})


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [
        (900, 900, (224, 224)),
        (224, 256, (224, 224)),  # nearly square: rounding to 32 makes no difference
        (230, 630, (128, 384)),
        (630, 230, (384, 128)),
        (300, 400, (192, 256)),
        (10, 4000, (32, 4480)),
    ],
)
def test_a_size_has_the_shape_of_the_images(height, width, size):
    assert in_shape_of(of(height, width), 224) == size


def test_a_square_keeps_its_side_whatever_that_is():
    assert in_shape_of(of(100, 100), 380) == (380, 380)
    assert in_shape_of(of(100, 300), 380) == (224, 672)


def test_sides_are_multiples_of_what_the_network_needs():
    assert in_shape_of(of(100, 300), 224, multiple=14) == (126, 392)


def test_the_usual_shape_decides_and_unknown_ones_do_not():
    mixed = pd.concat([of(100, 300, 5), of(300, 100, 2), of(np.nan, np.nan, 9)])
    assert in_shape_of(mixed, 224) == in_shape_of(of(100, 300), 224)
    assert in_shape_of(of(np.nan, np.nan), 224) == (224, 224)


@pytest.mark.parametrize("backbone", ["lite0", "dinov2_vits14"])
def test_a_side_is_a_shape_to_be_found_and_two_are_meant(backbone):
    request = DetectRequest(data=None, backbone=backbone, weights="random")
    for size, expected in ((None, (224, 224)), (112, (112, 112)), ((112, 56), (112, 56))):
        asked = DetectRequest(**{**vars(request), "size": size})
        assert create_extractor(asked).size == expected
        found = create_extractor(asked, of(100, 300)).size
        assert (found == expected) == isinstance(size, tuple)


def test_a_run_of_long_images_keeps_their_shape_and_says_so(tmp_path):
    rng = np.random.default_rng(0)
    for i in range(6):
        pixels = rng.integers(90, 120, (40, 120, 3), np.uint8)
        (tmp_path / "images").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / "images" / f"{i}.png")
    request = DetectRequest(
        data=tmp_path / "images", detectors=(DetectorChoice(name="knn"),), size=64
    )
    made = run(request, tmp_path / "run")
    assert made.detect.extractor.size == (32, 96)
    assert "--size 64" in made.info.command

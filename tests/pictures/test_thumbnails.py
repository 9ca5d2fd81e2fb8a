"""Thumbnails keep an image's shape, and outlines what a mask encloses."""

import io
import json

import numpy as np
from image_files import COLOUR
from PIL import Image

from anomalylab.pictures.thumbnails import outlines, thumbnail


def test_a_thumbnail_keeps_the_shape_and_is_at_most_as_long_as_asked():
    image = np.full((100, 400, 3), 50, np.uint8)
    webp, width, height, contour = thumbnail(image, long_side=192)
    assert (width, height, contour) == (192, 48, None)
    picture = Image.open(io.BytesIO(webp))
    assert (picture.format, picture.size) == ("WEBP", (192, 48))
    assert np.abs(np.asarray(picture).astype(int) - 50).max() <= 3


def test_a_small_image_is_not_enlarged():
    assert thumbnail(COLOUR)[1:3] == (3, 2)


def test_the_outline_of_a_square_encloses_it_in_thumbnail_pixels():
    mask = np.zeros((400, 400), bool)
    mask[100:200, 200:400] = True  # at half the size: x 100 to 200, y 50 to 100, at the border
    contour = json.loads(thumbnail(np.zeros((400, 400, 3), np.uint8), mask, long_side=200)[3])
    (ring,) = np.array(contour)
    np.testing.assert_allclose(ring.min(axis=0), [100, 50], atol=0.3)
    np.testing.assert_allclose(ring.max(axis=0), [200, 100], atol=0.3)
    assert (ring[0] == ring[-1]).all()
    assert len(ring) < 12


def test_a_speck_keeps_an_outline_and_an_empty_mask_has_none():
    mask = np.zeros((1000, 1000), bool)
    assert outlines(mask, (100, 100)) == []
    mask[500, 250] = True
    (ring,) = outlines(mask, (100, 100))
    assert len(ring) > 3
    assert np.abs(np.array(ring) - [25.05, 50.05]).max() < 0.2

"""Heat over images: one scale, calm where there is little."""

import io

import numpy as np
from PIL import Image

from anomalylab.pictures.heat import FULL, heat_bytes, heat_picture, heat_scale
from anomalylab.pictures.map_colours import colours


def test_one_image_in_twenty_passes_the_scale():
    heat = np.zeros((101, 2, 2))
    heat[:, 1, 0] = np.arange(101)
    assert heat_scale(heat) == 95
    steps = heat_bytes(heat, 95.0)
    assert steps[95, 1, 0] == FULL
    assert steps[100, 1, 0] > FULL
    assert not steps[0].any()


def test_colour_begins_at_an_eighth_of_the_scale():
    alpha = colours()[heat_bytes(np.array([[0.124, 0.15, 0.5, 1.0]]), 1.0)][0, :, 3]
    assert alpha[0] == 0
    assert (np.diff(alpha.astype(int)) > 0).all()


def test_without_heat_the_picture_is_the_image():
    image = np.full((40, 60, 3), 120, np.uint8)
    heat = np.zeros((3, 3))
    assert heat_scale(heat[None]) == 0
    drawn = np.asarray(Image.open(io.BytesIO(heat_picture(image, heat, 0.0))))
    assert drawn.shape == (40, 60, 3)
    assert np.ptp(drawn) < 4


def test_heat_reddens_its_place_alone():
    image = np.full((300, 300, 3), 120, np.uint8)
    heat = np.zeros((3, 3))
    heat[0, 2] = 2.0
    drawn = np.asarray(Image.open(io.BytesIO(heat_picture(image, heat, 2.0)))).astype(int)
    assert drawn.shape == (192, 192, 3)
    assert drawn[20, 170, 0] - drawn[20, 170, 2] > 60
    assert np.ptp(drawn[100:, :90]) < 12

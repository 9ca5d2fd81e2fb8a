"""Pictures as files and as text, read back."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import anomalylab
from anomalylab.errors import ParameterError
from anomalylab.pictures.encode import data_url, indexed_png, jpeg, png, to_base64, webp

ROOT = Path(anomalylab.__file__).parent
ENCODER = ROOT / "pictures" / "encode.py"
RNG = np.random.default_rng(0)


def opened(picture):
    return Image.open(io.BytesIO(picture))


@pytest.mark.parametrize("shape", [(7, 5), (7, 5, 3), (7, 5, 4)])
def test_png_keeps_every_pixel(shape):
    pixels = RNG.integers(0, 256, shape).astype(np.uint8)
    assert (np.asarray(opened(png(pixels))) == pixels).all()


@pytest.mark.parametrize("n_colours", [1, 2, 256, 257, 900])
def test_indexed_png_keeps_every_pixel_with_a_table_of_colours_and_without(n_colours):
    colours = RNG.integers(0, 256, (n_colours, 4)).astype(np.uint8)
    rgba = colours[np.arange(1200).reshape(30, 40) % n_colours]
    picture = opened(indexed_png(rgba))
    assert picture.mode == ("P" if n_colours <= 256 else "RGBA")
    assert (np.asarray(picture.convert("RGBA")) == rgba).all()


def test_jpeg_keeps_the_colour_of_a_line_of_one_pixel():
    pixels = np.full((16, 16, 3), 128, np.uint8)
    pixels[:, 7] = (255, 0, 0)
    picture = np.asarray(opened(jpeg(pixels, 90))).astype(int)
    assert picture.shape == pixels.shape
    assert np.abs(picture - pixels).max() < 24  # of coarse colours the line would turn grey


def test_webp_has_the_size_of_the_pixels_and_about_their_colour():
    pixels = np.full((20, 30, 3), (200, 100, 50), np.uint8)
    picture = np.asarray(opened(webp(pixels, 80)).convert("RGB"))
    assert picture.shape == pixels.shape
    assert np.abs(picture.astype(int) - pixels).max() < 8


def test_arrays_are_read_back_from_base64_even_if_their_memory_is_not_in_order():
    values = np.arange(12, dtype="<f4").reshape(3, 4).T
    read = np.frombuffer(base64.b64decode(to_base64(values)), "<f4").reshape(4, 3)
    assert (read == values).all()


def test_a_url_names_the_kind_of_its_file():
    pixels = np.zeros((2, 2, 3), np.uint8)
    assert data_url(png(pixels)).startswith("data:image/png;base64,iVBOR")
    assert data_url(webp(pixels, 80)).startswith("data:image/webp;base64,UklGR")
    assert data_url(jpeg(pixels, 80)).startswith("data:image/jpeg;base64,/9j/")


def test_a_url_of_another_kind_of_file_is_refused():
    with pytest.raises(ParameterError, match=r"JPEG.*GIF8"):
        data_url(b"GIF89a...")


def test_nothing_else_in_the_package_writes_base64():
    others = [path for path in ROOT.rglob("*.py") if path != ENCODER]
    assert not [str(path) for path in others if "b64encode" in path.read_text(encoding="utf-8")]

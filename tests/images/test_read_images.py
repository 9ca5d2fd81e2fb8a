"""Images of every kind come out as the 8-bit RGB worked out by hand."""

import os
import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from image_files import COLOUR, GREY, grey_rgb, png
from PIL import Image

from anomalylab.images import read as images
from anomalylab.images.files import probe


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif"])
def test_8_bit_rgb_comes_out_as_it_is(saved, suffix):
    np.testing.assert_array_equal(images.read_image(saved(COLOUR, f"a.{suffix}")), COLOUR)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif"])
def test_grey_is_repeated_in_three_channels(saved, suffix):
    np.testing.assert_array_equal(images.read_image(saved(GREY, f"a.{suffix}")), grey_rgb(GREY))


def test_lossless_webp_comes_out_as_it_is(saved):
    np.testing.assert_array_equal(images.read_image(saved(COLOUR, "a.webp", lossless=True)), COLOUR)


def test_a_flat_jpeg_keeps_its_colour(saved):
    image = images.read_image(saved(np.full((16, 16), 77, np.uint8), "a.jpg"))
    assert image.shape == (16, 16, 3)
    assert (image == 77).all()


def test_one_bit_is_black_and_white(saved):
    picture = Image.fromarray(GREY > 50)
    assert picture.mode == "1"
    np.testing.assert_array_equal(
        images.read_image(saved(picture)), grey_rgb([[0, 255, 255], [0, 0, 0]])
    )


def test_alpha_is_laid_over_white(saved):
    rgba = np.array([[[100, 0, 255, 128], [9, 9, 9, 255], [9, 9, 9, 0]]], np.uint8)
    # 255 - (255 - 100) * 128 / 255 = 177.2; 255 - 128 = 127
    expected = [[[177, 127, 255], [9, 9, 9], [255, 255, 255]]]
    np.testing.assert_array_equal(images.read_image(saved(rgba)), expected)


def test_grey_with_alpha_is_laid_over_white(saved):
    pixels = np.array([[[100, 128], [40, 255]]], np.uint8)
    path = saved(Image.merge("LA", [Image.fromarray(pixels[..., i]) for i in range(2)]))
    np.testing.assert_array_equal(images.read_image(path), grey_rgb([[177, 40]]))


def test_a_palette_becomes_its_colours(saved):
    picture = Image.new("P", (3, 1))
    picture.putdata([0, 1, 1])
    picture.putpalette([10, 20, 30, 200, 150, 100])
    expected = [[[10, 20, 30], [200, 150, 100], [200, 150, 100]]]
    np.testing.assert_array_equal(images.read_image(saved(picture)), expected)


def test_a_transparent_entry_of_a_palette_is_white(saved):
    picture = Image.new("P", (2, 1))
    picture.putdata([0, 1])
    picture.putpalette([10, 20, 30, 200, 150, 100])
    path = saved(picture, transparency=0)
    np.testing.assert_array_equal(images.read_image(path), [[[255] * 3, [200, 150, 100]]])


def test_cmyk_becomes_rgb(saved):
    picture = Image.new("CMYK", (2, 1), (0, 0, 0, 0))
    picture.putpixel((1, 0), (255, 0, 0, 0))
    expected = [[[255, 255, 255], [0, 255, 255]]]
    np.testing.assert_array_equal(images.read_image(saved(picture, "a.tif")), expected)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "webp", "tif"])
def test_exif_rotation_is_applied_as_pillow_does(saved, orientation, suffix):
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if suffix == "webp" else {}
    path = saved(COLOUR, f"a.{suffix}", exif=exif, **options)
    # the pixel stored first lies: top left, top right, bottom right, bottom left, and transposed
    corner = [(0, 0), (0, -1), (-1, -1), (-1, 0), (0, 0), (0, -1), (-1, -1), (-1, 0)]
    image = images.read_image(path)
    assert image.shape[:2] == ((2, 3) if orientation < 5 else (3, 2))
    np.testing.assert_array_equal(image[corner[orientation - 1]], COLOUR[0, 0])
    assert (probe(path).height, probe(path).width) == image.shape[:2]


def test_a_jpeg_taken_upright_is_turned(saved):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise: the left half comes on top
    left_white = np.zeros((16, 32), np.uint8)
    left_white[:, :16] = 255
    image = images.read_image(saved(left_white, "a.jpg", exif=exif))
    assert image.shape == (32, 16, 3)
    assert image[:16].min() > 250
    assert image[16:].max() < 5


def test_damaged_exif_is_no_reason_to_refuse_or_warn(saved):
    path = saved(np.full((16, 16), 77, np.uint8), "a.jpg", exif=b"Exif\0\0II*\0\x08\0\0\0\x05\0xx")
    assert (images.read_image(path) == 77).all()


def test_a_large_image_below_the_limit_gives_no_warning(tmp_path):
    large = bytearray(png(np.zeros((1, 1, 1), np.uint16), 0))
    large[16:24] = struct.pack(">II", 10_000, 10_000)
    large[29:33] = struct.pack(">I", zlib.crc32(large[12:29]))
    (tmp_path / "a.png").write_bytes(large)
    assert probe(tmp_path / "a.png").width == 10_000


def test_mvtec_bottle_reads_as_pillow_reads_it():
    if "ANOMALYLAB_DATA" not in os.environ:
        pytest.skip("set ANOMALYLAB_DATA to a folder that holds mvtec_ad/bottle")
    path = Path(os.environ["ANOMALYLAB_DATA"], "mvtec_ad/bottle/test/good/000.png")
    with Image.open(path) as picture:
        np.testing.assert_array_equal(images.read_image(path), np.asarray(picture))


def test_threads_read_the_same_and_leave_warnings_as_they_were(saved):
    noise = np.random.default_rng(0).integers(0, 256, (9, 16, 16, 3)).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 3
    paths = [saved(pixels, f"{i}.png", exif=exif) for i, pixels in enumerate(noise)]
    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        for pixels, image in zip(noise, pool.map(images.read_image, paths), strict=True):
            np.testing.assert_array_equal(image, pixels[::-1, ::-1])
    assert warnings.filters == before


def test_equal_bytes_have_equal_hashes(tmp_path):
    for name, content in (("a", b"one"), ("b", b"one"), ("c", b"two")):
        (tmp_path / name).write_bytes(content)
    a, b, c = (images.content_hash(tmp_path / name) for name in "abc")
    assert a == b != c
    assert len(a) == 32

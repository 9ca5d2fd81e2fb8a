"""Images of 16 bits, of floats and of signed numbers lose no bit; a range scales them."""

import numpy as np
import pytest
import tifffile
from image_files import COLOUR, DEEP, GREY, grey_rgb, png

from anomalylab.errors import ImageError, ParameterError
from anomalylab.images import read as images
from anomalylab.images.files import probe, read_values

DEEP_8_BIT = [[0, 1, 255], [16, 128, 50]]  # divided by 257: 15.93, 127.5, 49.8


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_16_bit_grey_takes_the_whole_range_of_its_type(saved, name):
    np.testing.assert_array_equal(images.read_image(saved(DEEP, name)), grey_rgb(DEEP_8_BIT))


def test_a_range_clips_and_scales_in_the_units_of_the_file(saved):
    # 4095 is white; 257 * 255 / 4095 = 16.003
    image = images.read_image(saved(DEEP), intensity="range:0,4095")
    np.testing.assert_array_equal(image, grey_rgb([[0, 16, 255], [255, 255, 255]]))


def test_a_range_holds_for_8_bit_files_too(saved):
    # (100 - 50) / 100 * 255 = 127.5, rounded to even
    image = images.read_image(saved(GREY), intensity="range:50,150")
    np.testing.assert_array_equal(image, grey_rgb([[0, 128, 255], [0, 0, 0]]))


@pytest.mark.parametrize(("colour_type", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_16_bit_png_of_any_colour_type_loses_no_bit(tmp_path, colour_type, channels):
    values = np.random.default_rng(0).integers(0, 65536, (6, 5, channels)).astype(np.uint16)
    (tmp_path / "a.png").write_bytes(png(values, colour_type))
    np.testing.assert_array_equal(read_values(tmp_path / "a.png"), values)
    assert probe(tmp_path / "a.png").bits == 16
    assert probe(tmp_path / "a.png").channels == channels


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_16_bit_colour_tiff_loses_no_bit(tmp_path, compression, planar):
    values = np.random.default_rng(0).integers(0, 65536, (6, 5, 3)).astype(np.uint16)
    stored = values if planar == "contig" else np.moveaxis(values, 2, 0)
    tifffile.imwrite(
        tmp_path / "a.tif",
        stored,
        photometric="rgb",
        planarconfig=planar,
        compression=compression,
        byteorder=">",
    )
    np.testing.assert_array_equal(read_values(tmp_path / "a.tif"), values)


@pytest.mark.parametrize("pixels", [GREY, COLOUR, DEEP, DEEP.astype(np.float32)])
@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_compressed_tiff_loses_no_bit(saved, pixels, compression):
    values = read_values(saved(pixels, "a.tif", compression=compression))
    np.testing.assert_array_equal(values, pixels.reshape(*values.shape))
    assert values.dtype == pixels.dtype


def test_float_tiff_from_0_to_1_is_read_in_full(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.array([[0, 0.5, 1]], np.float32))
    # 127.5 is rounded to even
    np.testing.assert_array_equal(images.read_image(tmp_path / "a.tif"), grey_rgb([[0, 128, 255]]))


def test_floats_beyond_0_to_1_need_a_range(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.array([[-1, 3]], np.float64))
    with pytest.raises(ParameterError, match=r"from -1 to 3.*range:"):
        images.read_image(tmp_path / "a.tif")
    image = images.read_image(tmp_path / "a.tif", intensity="range:-1,3")
    np.testing.assert_array_equal(image, grey_rgb([[0, 255]]))


def test_nan_is_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.array([[0, np.nan]], np.float32))
    with pytest.raises(ImageError, match="NaN"):
        images.read_image(tmp_path / "a.tif")


def test_signed_16_bit_takes_the_whole_range_of_its_type(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.array([[-32768, 32767]], np.int16))
    np.testing.assert_array_equal(images.read_image(tmp_path / "a.tif"), grey_rgb([[0, 255]]))


def test_a_tiff_in_which_0_is_white_is_inverted(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", DEEP, photometric="miniswhite")
    np.testing.assert_array_equal(read_values(tmp_path / "a.tif")[..., 0], 65535 - DEEP)


def test_deep_tiff_is_turned_too(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", DEEP, extratags=[(0x0112, "H", 1, 8, True)])
    np.testing.assert_array_equal(read_values(tmp_path / "a.tif")[..., 0], np.rot90(DEEP, k=1))


@pytest.mark.parametrize(
    "rule", ["", "half", "range:", "range:1", "range:2,1", "0,1", "range:0,nan"]
)
def test_an_intensity_rule_that_says_nothing_is_refused(rule):
    with pytest.raises(ParameterError, match="intensity must be"):
        images.parse_intensity(rule)

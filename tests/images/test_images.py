"""Images of every kind come out as the 8-bit RGB worked out by hand."""

import io
import json
import os
import pickle
import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from anomalylab.errors import ImageError, ParameterError, UnknownNameError
from anomalylab.images import masks
from anomalylab.images import read as images
from anomalylab.images.files import MAX_PIXELS, probe, read_values
from anomalylab.pictures.thumbnails import outlines, thumbnail

GREY = np.array([[0, 100, 255], [1, 2, 3]], np.uint8)
COLOUR = np.arange(18, dtype=np.uint8).reshape(2, 3, 3) * 10
ODD_NAMES = [
    "with space.png",
    'it\'s "quoted".png',
    "line\nbreak.png",
    "<script>alert(1)<br>.png",
    "日本 überprüft ✓.png",
    "UPPER.PNG",
]


def grey_rgb(values):
    return np.repeat(np.asarray(values, np.uint8)[..., None], 3, axis=2)


def png(values, colour_type):
    """Write a PNG of 16-bit samples (height, width, channels), which Pillow cannot."""

    def chunk(kind, data):
        sealed = kind + data
        return struct.pack(">I", len(data)) + sealed + struct.pack(">I", zlib.crc32(sealed))

    height, width = values.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    head = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.fixture
def saved(tmp_path):
    """Save a picture and return its path."""

    def save(picture, name="image.png", **options):
        path = tmp_path / name
        if not isinstance(picture, Image.Image):
            picture = Image.fromarray(picture)
        picture.save(path, **options)
        return path

    return save


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


DEEP = np.array([[0, 257, 65535], [4095, 32768, 12800]], np.uint16)
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


def test_deep_tiff_is_turned_too(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", DEEP, extratags=[(0x0112, "H", 1, 8, True)])
    np.testing.assert_array_equal(read_values(tmp_path / "a.tif")[..., 0], np.rot90(DEEP, k=1))


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_file_names_are_read_and_named_in_one_line(saved, tmp_path, name):
    np.testing.assert_array_equal(images.read_image(saved(COLOUR, name)), COLOUR)
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(ImageError, match="empty") as caught:
        images.read_image(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert repr(name)[1:-1] in str(caught.value)


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "tif", "webp"])
def test_a_truncated_file_is_refused_by_its_header_alone(saved, suffix):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    path = saved(noise, f"a.{suffix}")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    for read in (probe, images.read_image):
        with pytest.raises(ImageError, match=r"cut short.*") as caught:
            read(path)
        assert str(path) in str(caught.value)
        assert str(path) not in caught.value.reason


@pytest.mark.parametrize("size", [None, (8, 8)])
def test_damage_inside_the_pixels_is_refused_when_they_are_read(saved, size):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    path = saved(noise)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 40] = bytes(40)
    path.write_bytes(content)
    assert probe(path).width == 64
    with pytest.raises(ImageError, match="broken"):
        images.read_image(path, size=size)


def test_a_truncated_deep_tiff_is_refused(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((64, 64, 3), np.uint16), photometric="rgb")
    path.write_bytes(path.read_bytes()[:9000])
    for read in (probe, images.read_image):
        with pytest.raises(ImageError, match="cut short"):
            read(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"GIF89a and so on", "not an image of a known format"),
        (b"\x89PNG\r\n\x1a\n", "broken"),
        (b"\xff\xd8\xff\xe0nonsense", "broken"),
        (b"II*\0\x08\0\0\0", "broken"),
        (b"RIFF\x04\0\0\0WEBPVP8 ", "broken"),
        (b"BMxx", "broken"),
    ],
)
def test_what_is_no_image_is_refused(tmp_path, content, reason):
    (tmp_path / "a.png").write_bytes(content)
    for read in (probe, images.read_image):
        with pytest.raises(ImageError, match=reason):
            read(tmp_path / "a.png")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(ImageError, match="no such file"):
        images.read_image(tmp_path / "a.png")
    with pytest.raises(ImageError, match="cannot be opened"):
        images.read_image(tmp_path)


def test_a_decompression_bomb_is_refused_by_its_header(tmp_path):
    side = int(MAX_PIXELS**0.5) + 1
    bomb = bytearray(png(np.zeros((1, 1, 1), np.uint16), 0))
    bomb[16:24] = struct.pack(">II", side, side)
    bomb[29:33] = struct.pack(">I", zlib.crc32(bomb[12:29]))
    (tmp_path / "a.png").write_bytes(bomb)
    for read in (probe, images.read_image):
        with pytest.raises(ImageError, match=f"{side} x {side} pixels"):
            read(tmp_path / "a.png")


def test_a_large_image_below_the_limit_gives_no_warning(tmp_path):
    large = bytearray(png(np.zeros((1, 1, 1), np.uint16), 0))
    large[16:24] = struct.pack(">II", 10_000, 10_000)
    large[29:33] = struct.pack(">I", zlib.crc32(large[12:29]))
    (tmp_path / "a.png").write_bytes(large)
    assert probe(tmp_path / "a.png").width == 10_000


def test_several_pages_are_refused(saved, tmp_path):
    for name in ("a.tif", "a.webp", "a.png"):
        frames = [Image.fromarray(GREY + 80 * i).convert("RGB") for i in range(3)]
        path = saved(frames[0], name, save_all=True, append_images=frames[1:])
        with pytest.raises(ImageError, match="3 pages or frames"):
            probe(path)
    tifffile.imwrite(tmp_path / "b.tif", np.zeros((4, 5, 6), np.uint16), imagej=True)
    with pytest.raises(ImageError, match="4 pages or frames"):
        images.read_image(tmp_path / "b.tif")


def test_more_channels_than_colour_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((6, 5, 5), np.uint16), photometric="separated")
    with pytest.raises(ImageError, match="only grey and RGB"):
        images.read_image(tmp_path / "a.tif")


def test_damaged_exif_is_no_reason_to_refuse_or_warn(saved):
    path = saved(np.full((16, 16), 77, np.uint8), "a.jpg", exif=b"Exif\0\0II*\0\x08\0\0\0\x05\0xx")
    assert (images.read_image(path) == 77).all()


def test_an_image_error_survives_the_way_between_processes():
    error = pickle.loads(pickle.dumps(ImageError("a\nb.png", "empty")))
    assert (error.path, error.reason, str(error)) == ("a\nb.png", "empty", "'a\\nb.png': empty")


@pytest.mark.parametrize(
    "rule", ["", "half", "range:", "range:1", "range:2,1", "0,1", "range:0,nan"]
)
def test_an_intensity_rule_that_says_nothing_is_refused(rule):
    with pytest.raises(ParameterError, match="intensity must be"):
        images.parse_intensity(rule)


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


def test_equal_bytes_have_equal_hashes(tmp_path):
    for name, content in (("a", b"one"), ("b", b"one"), ("c", b"two")):
        (tmp_path / name).write_bytes(content)
    a, b, c = (images.content_hash(tmp_path / name) for name in "abc")
    assert a == b != c
    assert len(a) == 32


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

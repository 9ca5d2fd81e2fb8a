"""Files that are broken or no single image are refused with their name and the reason."""

import pickle
import struct
import zlib

import numpy as np
import pytest
import tifffile
from image_files import COLOUR, GREY, png
from PIL import Image

from anomalylab.errors import ImageError
from anomalylab.images import read as images
from anomalylab.images.files import MAX_PIXELS, probe

ODD_NAMES = [
    "with space.png",
    'it\'s "quoted".png',
    "line\nbreak.png",
    "<script>alert(1)<br>.png",
    "日本 überprüft ✓.png",
    "UPPER.PNG",
]


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


def test_an_image_error_survives_the_way_between_processes():
    error = pickle.loads(pickle.dumps(ImageError("a\nb.png", "empty")))
    assert (error.path, error.reason, str(error)) == ("a\nb.png", "empty", "'a\\nb.png': empty")

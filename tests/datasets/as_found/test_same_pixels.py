"""The same pixels are found again whatever the format, without reading each image in full."""

import numpy as np
import pytest
from dataset_folders import SIDE, findings
from PIL import Image


@pytest.mark.parametrize("mode", ["L", "RGB", "I;16", "P", "RGBA"])
@pytest.mark.parametrize(
    ("ending", "options"), [("png", {"compress_level": 0}), ("bmp", {}), ("tif", {}), ("png", None)]
)
def test_a_copy_of_the_same_pixels_in_another_split_is_a_leak(mvtec, mode, ending, options):
    if mode in ("I;16", "RGBA") and ending == "bmp":
        return
    root = mvtec()
    size = (SIDE, SIDE, len(mode)) if mode in ("RGB", "RGBA") else (SIDE, SIDE)
    kind = np.uint16 if mode == "I;16" else np.uint8
    pixels = np.random.default_rng(3).integers(0, 256, size).astype(kind) * (
        257 if kind == np.uint16 else 1
    )
    image = Image.fromarray(pixels.astype(kind))
    image = image.convert("P") if mode == "P" else image
    image.save(root / "train/good/x.png")
    if options is None:  # one value is another
        changed = np.array(image)
        changed[-1, -1] ^= 1
        again = Image.fromarray(changed)
        if mode == "P":
            return
        again.save(root / "test/good/y.png")
    else:
        image.save(root / f"test/good/y.{ending}", **options)
    found = findings(root).get("duplicates_across_splits")
    if options is None:
        assert found is None
    else:
        assert found.paths == [f"test/good/y.{ending}", "train/good/x.png"]


@pytest.mark.parametrize("filter_of_rows", range(5))
def test_the_first_row_of_a_png_is_read_whatever_its_filter(mvtec, filter_of_rows):
    root = mvtec()
    rows = np.random.default_rng(4).integers(0, 256, (SIDE, 3 * SIDE)).astype(np.uint8)
    (root / "train/good/x.png").write_bytes(png(rows, filter_of_rows))
    Image.fromarray(rows.reshape(SIDE, SIDE, 3)).save(root / "test/good/y.bmp")
    assert findings(root)["duplicates_across_splits"].n == 2


def png(rows, kind):
    """Write a PNG of RGB rows, the first filtered by a kind of filter, the others by none."""
    import struct
    import zlib

    first = rows[0].astype(int)
    before = np.concatenate([[0, 0, 0], first[:-3]])
    predicted = {0: 0 * first, 1: before, 2: 0 * first, 3: before // 2, 4: before}[kind]
    filtered = bytes([kind, *((first - predicted) % 256)])
    data = zlib.compress(filtered + b"".join(b"\0" + row.tobytes() for row in rows[1:]))
    head = struct.pack(">IIBBBBB", rows.shape[1] // 3, len(rows), 8, 2, 0, 0, 0)

    def chunk(name, content):
        return (
            struct.pack(">I", len(content))
            + name
            + content
            + struct.pack(">I", zlib.crc32(name + content))
        )

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_images_that_few_share_a_first_row_with_are_decoded_first(mvtec, write, monkeypatch):
    monkeypatch.setattr("anomalylab.datasets.check._same.MOST_PIXELS", 4 * SIDE**2)
    rng = np.random.default_rng(6)
    root = mvtec()
    for i in range(5):
        pixels = rng.integers(0, 256, (SIDE, SIDE)).astype(np.uint8)
        pixels[0] = 255
        write(f"train/good/white_{i}.png", pixels)
    pixels = rng.integers(0, 256, (SIDE, SIDE)).astype(np.uint8)
    write("train/good/x.png", pixels)
    write("test/good/y.png", pixels, compress_level=0)
    found = findings(root)
    assert found["duplicates_across_splits"].paths == ["test/good/y.png", "train/good/x.png"]
    assert found["not_compared"].paths == [f"train/good/white_{i}.png" for i in range(5)]


def test_a_jpeg_with_other_tags_is_the_same_picture(write):
    exif = Image.Exif()
    exif[0x010E] = "taken on Monday"
    pixels = np.random.default_rng(5).integers(0, 256, (SIDE, SIDE)).astype(np.uint8)
    write("a.jpg", pixels)
    write("b.jpg")
    root = write("c.jpg", pixels, exif=exif)
    assert findings(root)["duplicates"].paths == ["a.jpg", "c.jpg"]

"""Pictures that are worked out by hand, and PNG files that Pillow cannot write."""

import struct
import zlib

import numpy as np

GREY = np.array([[0, 100, 255], [1, 2, 3]], np.uint8)

COLOUR = np.arange(18, dtype=np.uint8).reshape(2, 3, 3) * 10

DEEP = np.array([[0, 257, 65535], [4095, 32768, 12800]], np.uint16)


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

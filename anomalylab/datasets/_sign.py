"""What tells most image files of other pixels apart, without decoding them in full.

Of a plain PNG it is its first row, of a JPEG what follows its tables.
"""

import struct
import zlib

import numpy as np

from anomalylab.images.read import hash_of

_PNG_HEAD = 1 << 16
_START_OF_SCAN = b"\xff\xda"
_CHANNELS = {0: 1, 2: 3}  # PNG: grey and RGB, without palette or alpha


def sign_of(content: bytes) -> str:
    """Return the sign of a file by its bytes, ``""`` where only decoding would tell.

    JPEG files of one sign hold the same pixels, as do PNG and other images of other signs not.
    """
    if content[:3] == b"\xff\xd8\xff":
        start = content.rfind(_START_OF_SCAN)
        return "" if start < 0 else f"scan {hash_of(content[start:])}"
    row = _first_row_of_png(content)
    return "" if row is None else f"row {hash_of_values(row)}"


def hash_of_values(values: np.ndarray) -> str:
    """Hash the colours of an image, (height, width, channels); grey in three channels is grey."""
    if values.shape[2] > 2:
        is_grey = (values[..., :1] == values[..., 1:3]).all()
        values = values[..., : 1 if is_grey else 3]
    colour = np.ascontiguousarray(values[..., : 3 if values.shape[2] > 2 else 1])
    return hash_of(str((colour.shape, colour.dtype.name)).encode() + colour.tobytes())


def _first_row_of_png(content: bytes) -> np.ndarray | None:
    """Decode the first row of a plain PNG: (1, width, channels); None of any other file."""
    head = content[:_PNG_HEAD]
    try:
        width, bits, colour, interlaced = struct.unpack(">8x4x4xI4xBB2xB", head[:29])
        start = head.find(b"IDAT") + 4
        is_plain = head[:4] == b"\x89PNG" and bits in (8, 16) and colour in _CHANNELS
        if not is_plain or interlaced or start < 8 or b"tRNS" in head[:start] or b"eXIf" in head:
            return None
        n_bytes = width * _CHANNELS[colour] * bits // 8
        filtered = zlib.decompressobj().decompress(head[start:], n_bytes + 1)
    except (struct.error, zlib.error):
        return None
    if len(filtered) <= n_bytes:
        return None
    row = _unfiltered(filtered[0], filtered[1:], _CHANNELS[colour] * bits // 8)
    if row is None:
        return None
    return row.view(f">u{bits // 8}").astype(f"u{bits // 8}").reshape(1, width, _CHANNELS[colour])


def _unfiltered(kind: int, filtered: bytes, step: int) -> np.ndarray | None:
    """Undo the filter of the first row of a PNG, above which all is 0; None if it averages."""
    row = np.frombuffer(filtered, np.uint8)
    if kind in (0, 2):  # none, or the row above
        return row
    if kind in (1, 4):  # the pixel before, which Paeth's filter comes to as well
        sums = row.reshape(-1, step).cumsum(axis=0, dtype=np.uint64)
        return sums.astype(np.uint8).ravel()
    return None

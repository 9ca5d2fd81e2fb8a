"""Whose a file is: ours as we wrote it, or somebody's who made it or changed it since.

A text that we write for people to open says what it is made of: a checksum of itself stands in it.
Somebody's file is never written over; it keeps its name, and ours gets the next one.
"""

import hashlib
import re
from itertools import count
from pathlib import Path

_SIGNATURE = re.compile(rb"written by anomalylab, checksum ([0-9a-f]{32})")
_ZEROS = b"0" * 32

SIGNATURE = "written by anomalylab, checksum " + _ZEROS.decode()
"""What a text has to hold once, so that it can be signed."""


def signed(text: str) -> str:
    """Return a text with its checksum in the place of the zeros of :data:`SIGNATURE`."""
    head, _, tail = text.rpartition(SIGNATURE)
    return head + SIGNATURE.replace(_ZEROS.decode(), _checksum(text.encode())) + tail


def is_as_signed(path: Path) -> bool:
    """Tell whether a file is a text that was signed, and that nobody has changed since."""
    try:
        content = path.read_bytes()
    except OSError:
        return False
    found = list(_SIGNATURE.finditer(content))
    if not found:
        return False
    start, end = found[-1].span(1)
    return _checksum(content[:start] + _ZEROS + content[end:]) == found[-1][1].decode()


def free_name(path: Path) -> Path:
    """Return ``path``, or the first of ``NAME-2``, ``NAME-3`` and so on that is free or ours."""
    for number in count(1):
        other = path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")
        if not (other.exists() or other.is_symlink()) or is_as_signed(other):
            return other
    raise AssertionError("there is always a next number")


def _checksum(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()

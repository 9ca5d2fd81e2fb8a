"""Image files looked at once: their header, hash and sign, kept for who asks next.

What is kept is found by the hash of the content, which decides the header, so it never grows stale.
"""

from pathlib import Path
from typing import NamedTuple

from anomalylab.datasets._sign import sign_of
from anomalylab.images.files import Header, read_bytes, read_header
from anomalylab.images.read import hash_of

MOST_KEPT = 2**17
"""Files remembered, at some hundred bytes each."""

_kept: dict[str, "Seen"] = {}


class Seen(NamedTuple):
    """What one reading of an image file tells, its pixels not decoded."""

    header: Header
    content_hash: str
    sign: str


def look(path: Path) -> Seen:
    """Read a file once.

    Raises
    ------
    ImageError
        As :func:`anomalylab.images.files.probe`.
    """
    content = read_bytes(path)
    seen = Seen(read_header(content, path), hash_of(content), sign_of(content))
    if len(_kept) < MOST_KEPT:
        _kept[seen.content_hash] = seen
    return seen


def seen_before(path: Path, content_hash: object) -> Seen:
    """Return what is known of a file that was listed with this hash, or look at it now."""
    return _kept.get(str(content_hash)) or look(path)

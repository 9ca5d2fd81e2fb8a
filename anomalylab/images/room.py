"""Room for images that are decoded at once: threads wait until what they decode fits."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from anomalylab.images._header import Header

ROOM = 2**30
"""Bytes that all threads together take for decoding: one image of 108 megapixels, or nine of 12."""

COPIES = 3
"""Copies of an image at its full size: the decoder's, the array, and one that is changed."""


class Room:
    """Lets threads pass while what they take together fits; one alone always passes.

    Parameters
    ----------
    n_bytes : int
    """

    def __init__(self, n_bytes: int):
        self.n_bytes = n_bytes
        self._free = n_bytes
        self._changed = threading.Condition()
        self._mine = threading.local()

    @contextmanager
    def taken(self, n_bytes: int) -> Iterator[None]:
        """Hold so many bytes meanwhile; a thread that holds some already takes no more."""
        if getattr(self._mine, "is_holding", False):
            yield
            return
        wanted = min(n_bytes, self.n_bytes)
        with self._changed:
            self._changed.wait_for(lambda: self._free >= wanted)
            self._free -= wanted
        self._mine.is_holding = True
        try:
            yield
        finally:
            self._mine.is_holding = False
            with self._changed:
                self._free += wanted
                self._changed.notify_all()


decoding = Room(ROOM)
"""The room of this process."""


def needed(header: Header) -> int:
    """Return the bytes that decoding an image takes: ``COPIES`` of its pixels as RGB at least."""
    n_bytes = max(3, header.channels * max(1, header.bits // 8))
    return COPIES * header.width * header.height * n_bytes

"""Layers of a plot that are drawn anew together, and only when what they show has changed."""

from collections.abc import Callable

import holoviews as hv


class RefreshedLayers:
    """Draws some layers anew.

    Parameters
    ----------
    key : callable
        Returns a tuple that says all that the layers depend on.
    """

    def __init__(self, key: Callable[[], tuple]):
        self.stream = hv.streams.Counter()
        self._key, self._last = key, key()

    def layer(self, draw: Callable[[], hv.Element]) -> hv.DynamicMap:
        """Return a layer of what ``draw`` returns."""
        return hv.DynamicMap(lambda **_: draw(), streams=[self.stream])

    def refresh(self) -> None:
        """Draw the layers anew if the key has changed."""
        now = self._key()
        if now != self._last:
            self._last = now
            self.stream.event()

"""What a person has looked at, and what of it was known when the settings were chosen."""

from collections.abc import Mapping
from types import MappingProxyType


class Seen:
    """Types of defects that were looked at, and why; what was seen stays seen.

    Looking is no fault. But settings that are chosen after a look are chosen with it in mind, so
    what was seen by then says nothing fair about them.
    """

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}
        self._known: frozenset[str] = frozenset()

    @property
    def all(self) -> Mapping[str, str]:
        """Type -> how it was looked at, in words."""
        return MappingProxyType(self._seen)

    @property
    def known(self) -> frozenset[str]:
        """Types that had been looked at when the settings were last changed."""
        return self._known

    def look(self, name: str, how: str) -> None:
        """Note that a type of defect is being looked at."""
        self._seen.setdefault(name, how)

    def choose(self) -> None:
        """Note that settings are being changed, with all in mind that was seen."""
        self._known = frozenset(self._seen)

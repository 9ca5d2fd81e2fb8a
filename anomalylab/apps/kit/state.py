"""What a reader has chosen in a live view; it lives in the address bar."""

from typing import Any, ClassVar

import param


class AppState(param.Parameterized):
    """Parameters that controls change and views follow."""

    in_address: ClassVar[tuple[str, ...]] = ()
    """Parameters that make up a view, in the order in which an address sets them."""

    skipped = param.List(default=[], doc="What the address asked for and the run lacks")

    def set_from_address(self, wanted: dict) -> None:
        """Set what can be set one by one; keep the names of the rest in ``skipped``."""
        asked = [(name, wanted[name]) for name in self.in_address if name in wanted]
        self.skipped = [
            name
            for name, value in asked
            if not (self._can_set(name, value) or self._can_set(name, str(value)))
        ]

    def forget_what_is_unknown(self) -> None:
        """Drop what an address made up and no parameter could refuse."""

    def _can_set(self, name: str, value: Any) -> bool:
        try:
            self.param.update(**{name: value})
        except (ValueError, TypeError):
            return False
        return True

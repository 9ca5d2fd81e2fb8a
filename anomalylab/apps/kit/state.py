"""What a reader has chosen in a live view; it lives in the address bar."""

import math
from typing import Any, ClassVar

import param


class AppState(param.Parameterized):
    """Parameters that controls change and views follow."""

    in_address: ClassVar[tuple[str, ...]] = ()
    """Parameters that make up a view, in the order in which an address sets them."""

    skipped = param.List(default=[], doc="What the address asked for and the run lacks")

    trouble = param.String(default="", doc="What could not be done")

    def set_from_address(self, wanted: dict) -> None:
        """Set what can be set one by one; keep the names of the rest in ``skipped``."""
        asked = [(name, wanted[name]) for name in self.in_address if name in wanted]
        self.skipped = [
            name
            for name, value in asked
            if not (self._can_set(name, value) or self._can_set(name, str(value)))
        ]

    def makes_sense(self, name: str, value: Any) -> bool:
        """Whether a value that a parameter takes means something in this run."""
        is_number = isinstance(self.param[name], param.Number)
        return not is_number or (not isinstance(value, bool) and math.isfinite(value))

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.in_address and not self.makes_sense(name, value):
            raise ValueError(f"{name} cannot be {value!r}")
        super().__setattr__(name, value)

    def _can_set(self, name: str, value: Any) -> bool:
        try:
            self.param.update(**{name: value})
        except (ValueError, TypeError, LookupError):
            return False
        return True

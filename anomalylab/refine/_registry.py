"""The registry that strategies file themselves in, and what it knows of their options."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.registry import Registry, unknown_name

F = TypeVar("F", bound=Callable)
Check = Callable[[str, object], None]
"""Gets the name and the value of an option; raises if there can be no such value."""

GIVEN = ("pool", "train", "seed", "reject")
"""Parameters that are no options: every strategy gets the first three."""


class StrategyRegistry(Registry[np.ndarray]):
    """Strategies by name, with checks of their options that need no pool."""

    def __init__(self) -> None:
        super().__init__("anomalylab.refine", "strategy")
        self._checks: dict[str, Mapping[str, Check]] = {}
        self._uses_detector: dict[str, bool] = {}

    def strategy(
        self, name: str, *, uses_detector: bool = True, **checks: Check
    ) -> Callable[[F], F]:
        """Return a decorator that files a function under ``name``.

        Parameters
        ----------
        name : str
        uses_detector : bool
            Whether the ranking depends on what the detector says.
        **checks
            By option: see :func:`whole`, :func:`number` and :func:`one_of`.
        """
        register = self.register(name)

        def file_under_name(function: F) -> F:
            self._checks[name], self._uses_detector[name] = checks, uses_detector
            return register(function)

        return file_under_name

    def uses_detector(self, name: str) -> bool:
        """Tell whether the ranking of a strategy depends on what the detector says.

        Raises
        ------
        UnknownNameError
            If there is no such strategy.
        """
        self.get(name)
        return self._uses_detector.get(name, True)

    def checks(self, name: str) -> Mapping[str, Check]:
        """Return the checks of a strategy's options."""
        return self._checks.get(name, {})


def whole(least: int) -> Check:
    """Return a check that an option is a whole number, ``least`` or more."""

    def check(option: str, value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise ParameterError(f"{option} is a whole number from {least}, not {value!r}")

    return check


def number(above: float, below: float = np.inf) -> Check:
    """Return a check that an option is a number in an open interval."""

    def check(option: str, value: object) -> None:
        is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not is_number or not above < value < below:  # type: ignore[operator]
            upper = "" if below == np.inf else f" and below {below:g}"
            raise ParameterError(f"{option} is a number above {above:g}{upper}, not {value!r}")

    return check


def one_of(*words: str) -> Check:
    """Return a check that an option is one of ``words``."""

    def check(option: str, value: object) -> None:
        if value not in words:
            unknown_name(f"value of {option}", str(value), words)

    return check


registry = StrategyRegistry()
strategy = registry.strategy
uses_detector = registry.uses_detector

"""Values of a study file, each read as its key asks; others are refused with the name of the key.

What is not of that kind raises a ``ParameterError``.
"""

from pathlib import Path
from typing import Any

from anomalylab.errors import ParameterError
from anomalylab.images.read import parse_size
from anomalylab.runs.detector_choice import read_options
from anomalylab.studies.strategy import StrategyChoice


def text(what: str, value: Any) -> str:
    """Read a text."""
    if not isinstance(value, str):
        raise ParameterError(f"{what} must be a text in quotes, not {value!r}")
    return value


def path(what: str, value: Any) -> Path:
    """Read a path."""
    return Path(text(what, value))


def texts(what: str, value: Any) -> tuple[str, ...]:
    """Read a list of texts, or one."""
    return tuple(text(what, one) for one in (value if isinstance(value, list) else [value]))


def whole(what: str, value: Any) -> int:
    """Read a whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise ParameterError(f"{what} must be a whole number, not {value!r}")
    return value


def number(what: str, value: Any) -> float:
    """Read a number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ParameterError(f"{what} must be a number, not {value!r}")
    return float(value)


def numbers(what: str, value: Any) -> tuple[float, ...]:
    """Read a list of numbers, or one."""
    return tuple(number(what, one) for one in (value if isinstance(value, list) else [value]))


def seeds(what: str, value: Any) -> tuple[int, ...]:
    """Read seeds: a list of them, or how many."""
    if isinstance(value, list):
        return tuple(whole(what, one) for one in value)
    return tuple(range(whole(what, value)))


def size(what: str, value: Any) -> Any:
    """Read a size in pixels: 224, or "224x320"."""
    return value if isinstance(value, int) else parse_size(text(what, value))


def strategies(what: str, value: Any) -> tuple[StrategyChoice, ...]:
    """Read strategies as they are written on the command line."""
    return tuple(StrategyChoice.parse(text) for text in texts(what, value))


def options(what: str, value: Any) -> dict[str, object]:
    """Read ``epochs=20,blend=0.5``; true for all as usual."""
    return {} if value is True else read_options(what, text(what, value))

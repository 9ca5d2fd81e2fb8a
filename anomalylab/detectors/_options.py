"""Options of detectors are of the types that their classes declare."""

import math
import re
from collections.abc import Mapping
from typing import Any, get_type_hints

import msgspec

from anomalylab.errors import ParameterError

_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "a name",
    "bool": "true or false",
    "array": "several values",
}


def check_types(name: str, cls: type, params: Mapping[str, Any]) -> None:
    """Refuse options of another type than declared, and numbers that are not finite.

    Raises
    ------
    ParameterError
        Names the option, what it was given and what it takes.
    """
    hints = get_type_hints(cls)
    for option, value in params.items():
        if option in hints:
            _check(f"option {option!r} of detector {name!r}", value, hints[option])


def _check(what: str, value: Any, wanted: Any) -> None:
    plain = value.item() if hasattr(value, "item") else value  # a number of numpy
    try:
        msgspec.convert(plain, wanted)
    except msgspec.ValidationError as error:
        types = re.findall(r"\w+", str(error).partition(",")[0].removeprefix("Expected"))
        expected = " or ".join(_WORDS.get(name, name) for name in types if name != "null")
        raise ParameterError(f"{what} takes {expected}, not {value!r}") from error
    except TypeError:  # a type of a plugin that no text can stand for
        return
    if isinstance(plain, float) and not math.isfinite(plain):
        raise ParameterError(f"{what} takes a finite number, not {value!r}")

"""A detector as a person names it, with its options."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from anomalylab.errors import ParameterError


@dataclass(frozen=True, kw_only=True)
class DetectorChoice:
    """A detector by name, with a preset or parameters, as ``NAME[@PRESET][:option=value,...]``."""

    name: str
    preset: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "DetectorChoice":
        """Read ``patchcore``, ``patchcore@sroc`` or ``patchcore:k=5,coreset=0.1``.

        Raises
        ------
        ParameterError
            If an option is not written ``name=value``.
        """
        head, _, options = text.partition(":")
        name, _, preset = head.partition("@")
        params = read_options(f"detector {text!r}", options)
        return cls(name=name, preset=preset or None, params=params)

    def __str__(self) -> str:
        options = ",".join(f"{key}={text_of(value)}" for key, value in self.params.items())
        preset = f"@{self.preset}" if self.preset else ""
        return f"{self.name}{preset}" + (f":{options}" if options else "")

    @property
    def label(self) -> str:
        """What the detector is called in tables and file names."""
        return self.shown.replace(":", "-").replace(",", "-")

    @property
    def shown(self) -> str:
        """The choice as text, a file of weights by its name alone."""
        params = {k: Path(str(v)).name if k == "weights" else v for k, v in self.params.items()}
        return str(replace(self, params=params))


def read_options(of_what: str, text: str) -> dict[str, object]:
    """Read ``k=5,coreset=0.1``.

    Raises
    ------
    ParameterError
        If an option is not written ``name=value``; names what it is an option of.
    """
    options: dict[str, object] = {}
    for option in filter(None, text.split(",")):
        key, equals, value = option.partition("=")
        if not (key and equals and value):
            raise ParameterError(f"{of_what}: options are written name=value, not {option!r}")
        options[key] = _levels(value) if key == "levels" else _value(value)
    return options


def _levels(text: str) -> str | tuple[str, ...]:
    return text if text == "all" else tuple(text.split("+"))


def _value(text: str) -> object:
    """Read a value as JSON does, and whole numbers joined by + as a tuple; others are strings."""
    if re.fullmatch(r"\d+(\+\d+)+", text):
        return tuple(int(number) for number in text.split("+"))
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def text_of(value: object) -> str:
    """Return a value as it is typed; of a path, the last name."""
    if isinstance(value, tuple):
        return "+".join(map(str, value))
    if isinstance(value, Path):
        return value.resolve().name
    return value if isinstance(value, str) else json.dumps(value)

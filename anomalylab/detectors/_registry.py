"""Names of detectors: one file adds one, nothing else changes."""

from collections.abc import Callable
from typing import Any, TypeVar

from anomalylab.detectors._options import check_types
from anomalylab.registry import Registry, unknown_name

C = TypeVar("C", bound=type)

registry: Registry[Any] = Registry("anomalylab.detectors", "detector")


def register(name: str) -> Callable[[C], C]:
    """Return a decorator that files a detector class under ``name``."""

    def file_under_name(cls: C) -> C:
        cls.name = name  # type: ignore[attr-defined]
        return registry.register(name)(cls)

    return file_under_name


_unlisted: dict[str, Any] = {}
"""Detectors that stand on others: they are saved and loaded, and not named by a person."""


def unlisted(name: str) -> Callable[[C], C]:
    """Return a decorator that keeps a detector class under a name which no list shows."""

    def keep_under_name(cls: C) -> C:
        _unlisted[name] = cls
        return cls

    return keep_under_name


def class_of(name: str) -> Any:
    """Return the class of a detector, whether or not it is listed.

    Raises
    ------
    UnknownNameError
        If there is none.
    """
    return _unlisted.get(name) or registry.get(name)


def create(name: str, *, preset: str | None = None, **params: Any) -> Any:
    """Build a detector from its name, a preset if wanted, and parameters that go before it.

    Raises
    ------
    UnknownNameError
        If the detector, the preset or a parameter does not exist.
    ParameterError
        If a parameter is of another type than the detector declares.
    """
    if preset is not None:
        presets = registry.get(name).presets  # type: ignore[attr-defined]
        if preset not in presets:
            unknown_name(f"preset of {name}", preset, presets)
        params = {**presets[preset], **params}
    check_types(name, registry.get(name), params)  # type: ignore[arg-type]
    return registry.create(name, **params)

"""Frozen extractors: images in, levels of feature maps out. One a file."""

from collections.abc import Callable

from anomalylab.extractors._base import Extractor
from anomalylab.extractors._cost import predict_cost
from anomalylab.extractors._extract import Extraction, extract
from anomalylab.registry import Registry

__all__ = [
    "Extraction",
    "Extractor",
    "availability",
    "create",
    "extract",
    "predict_cost",
    "register",
    "registry",
]

registry: Registry[Extractor] = Registry("anomalylab.extractors", "backbone")

ANY_TIMM = "timm"


def register(name: str) -> Callable[[type], type]:
    """Return a decorator that files an extractor class under ``name``."""

    def file_under_name(cls: type) -> type:
        cls.name = name  # type: ignore[attr-defined]
        return registry.register(name)(cls)

    return file_under_name


def create(name: str, **params) -> Extractor:
    """Build an extractor from its name and parameters.

    Parameters
    ----------
    name : str
        A preset such as ``"lite0"``, or ``"timm:NAME"`` for any backbone of timm.

    Raises
    ------
    UnknownNameError
        If the backbone or a parameter does not exist.

    Examples
    --------
    >>> create("lite0", levels=["block4"], size=320).size
    (320, 320)
    """
    family, _, model = name.partition(":")
    if family == ANY_TIMM and model:
        return registry.create(ANY_TIMM, model=model, **params)
    return registry.create(name, **params)


def availability(name: str) -> str:
    """Say in a few words whether the weights of a preset are on this machine."""
    return registry.get(name).availability()  # type: ignore[attr-defined]

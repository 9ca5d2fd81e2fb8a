"""Frozen extractors: images in, levels of feature maps out. One a file."""

from collections.abc import Callable, Mapping
from typing import Any

from anomalylab.errors import WeightsError
from anomalylab.extractors._base import Extractor
from anomalylab.extractors._cost import predict_cost
from anomalylab.extractors._engines import AUTO, ENGINES, chosen, is_installed
from anomalylab.extractors._extract import Extraction, extract
from anomalylab.extractors._made import extract_made
from anomalylab.registry import Registry

__all__ = [
    "AUTO",
    "ENGINES",
    "Extraction",
    "Extractor",
    "OtherNetworkError",
    "availability",
    "create",
    "create_again",
    "engine_words",
    "extract",
    "extract_made",
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


class OtherNetworkError(WeightsError):
    """The network at hand is not the one that a fingerprint was taken of."""


def create_again(
    name: str, parameters: Mapping[str, Any], fingerprint: str, *, engine: str | None = None
) -> Extractor:
    """Build the extractor that a fingerprint was taken of, perhaps run by another engine.

    Features of one network agree to 1e-4 whatever runs it, so that the engine need not be the same.

    Parameters
    ----------
    name, parameters
        As recorded, the engine of then among the parameters.
    fingerprint : str
        As recorded.
    engine : str, optional
        What is to run it; the engine of then, or ``auto`` where that is not installed.

    Raises
    ------
    OtherNetworkError
        If this is another network.
    """
    given = {key: value for key, value in parameters.items() if value is not None}
    before = given.get("engine")
    if before is not None:
        given["engine"] = engine or (before if is_installed(before) else AUTO)
    extractor = create(name, **given)
    same_engine = getattr(extractor, "fingerprint_with", None)
    now = same_engine(before) if before and same_engine else extractor.fingerprint
    if now != fingerprint:
        raise OtherNetworkError(f"{name} is not the network that was used before")
    return extractor


def engine_words() -> str:
    """Say which engine ``auto`` chooses here, and which others are installed."""
    others = [name for name in ENGINES if name not in (AUTO, chosen(AUTO)) and is_installed(name)]
    return ", ".join([f"{chosen(AUTO)} (chosen by auto)", *others])

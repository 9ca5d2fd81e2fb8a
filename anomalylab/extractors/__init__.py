"""Frozen extractors: images in, levels of feature maps out. One a file."""

from collections.abc import Callable, Mapping
from typing import Any

from anomalylab.errors import ParameterError, WeightsError
from anomalylab.extractors._base import Extractor
from anomalylab.extractors._body import Body
from anomalylab.extractors._cost import predict_cost
from anomalylab.extractors._engines import AUTO, ENGINES, chosen, is_installed
from anomalylab.extractors._extract import Extraction, extract
from anomalylab.extractors._made import extract_made
from anomalylab.registry import Registry

__all__ = [
    "AUTO",
    "ENGINES",
    "TINY",
    "Body",
    "Extraction",
    "Extractor",
    "OtherNetworkError",
    "availability",
    "body",
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

TINY = "tiny"
"""The body of a few random convolutions: for trials that are to take seconds, never for results."""


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


def body(
    name: str = "lite0",
    *,
    weights: str = "pretrained",
    size: int | tuple[int, int] = 224,
    frozen: str | None = "block4",
) -> Body:
    """Build a network in two parts: frozen up to a level, learning from there to its last level.

    Parameters
    ----------
    name : str
        A preset such as ``"lite0"``, ``"timm:NAME"`` for any backbone of timm whose layers follow
        one another or that is a vision transformer, or ``"tiny"``.
    weights : "pretrained", "random" or path
        As for an extractor; ``tiny`` is always random.
    size : int or (height, width)
        Of the images.
    frozen : str or None
        Last level of the frozen part: ``block4`` of the EfficientNets, ``layer2`` of a ResNet. None
        if all learns.

    Raises
    ------
    UnknownNameError
        If there is no such network or level.
    ParameterError
        If nothing would be left to learn, or the network cannot be cut in two.
    WeightsError
        If the weights are missing or do not fit.

    Examples
    --------
    >>> body("tiny", size=64).shape
    (8, 8, 16)
    """
    if name == TINY:
        from anomalylab.extractors._tiny_body import tiny_body

        return tiny_body(size, frozen)
    from anomalylab.extractors._backbone import TimmBackbone
    from anomalylab.extractors._halves import cut

    kind = registry.get(name.partition(":")[0])
    if not (isinstance(kind, type) and issubclass(kind, TimmBackbone)):
        raise ParameterError(f"{name} is no network that could learn; choose one such as lite0")
    backbone: Any = create(name, weights=weights, size=size, engine="torch")
    return cut(backbone, frozen)


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

"""An image's twin: the same image with a defect of chosen kind, place, size and colour."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from anomalylab import synthesise
from anomalylab.errors import ParameterError
from anomalylab.registry import unknown_name
from anomalylab.synthesise.place import PLACES, first_point
from anomalylab.synthesise.stroke import COLOURS

Bounds = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class TwinOptions:
    """How twins are made. As it stands: the published lines, anywhere, in any colour.

    Parameters
    ----------
    kind : str
        Name of a registered defect.
    place : {"anywhere", "on-blob", "on-edge"}
        Where it begins (a line) or has its middle: anywhere, on the object, or on an edge; see
        :mod:`anomalylab.synthesise.place`.
    length, width : (float, float), optional
        Bounds, in pixels of an image whose shorter side is 224; they grow with the image. The
        kind's own if not given: 0 to 45 (down and across) and 1 to 16 for a line. Only lines,
        strokes of a brush and scars have them.
    colour : {"any", "grey"}
        Of lines and strokes.
    scale : float
        Factor on the defect's size; above 0.
    contrast : float in (0, 1]
        How opaque it is.

    Raises
    ------
    ParameterError
        If a value is out of range, or the kind has no such option.
    UnknownNameError
        If there is no such kind or place.
    """

    kind: str = "line"
    place: str = "anywhere"
    length: Bounds | None = None
    width: Bounds | None = None
    colour: str = "any"
    scale: float = 1.0
    contrast: float = 1.0

    def __post_init__(self) -> None:
        known = options_of(self.kind)
        if self.place not in PLACES:
            unknown_name("place", self.place, PLACES)
        if self.colour not in COLOURS:
            raise ParameterError(f"colour is 'any' or 'grey', not {self.colour!r}")
        if not 0 < self.contrast <= 1:
            raise ParameterError(f"contrast must lie in (0, 1], not {self.contrast}")
        if not self.scale > 0:
            raise ParameterError(f"scale must be above 0, not {self.scale}")
        for name in self._own():
            if name not in known:
                _refuse(self.kind, name)
        for name in ("length", "width"):
            _check_bounds(name, getattr(self, name))

    def _own(self) -> Iterator[str]:
        """Yield the options given that not every kind has."""
        if self.place != "anywhere":
            yield "centre"
        if self.colour != "any":
            yield "colour"
        yield from (name for name in ("length", "width") if getattr(self, name) is not None)

    def arguments(self) -> dict[str, Any]:
        """Return what is given to the defect beside the image, the rng and the place."""
        own = {name: getattr(self, name) for name in self._own() if name != "centre"}
        return {"contrast": self.contrast, "scale": self.scale} | own


def options_of(kind: str) -> dict[str, Any]:
    """Return a defect's options and what they are if not given.

    Raises
    ------
    UnknownNameError
        If there is no such defect.
    """
    parameters = inspect.signature(synthesise.registry.get(kind)).parameters.values()
    return {one.name: one.default for one in parameters if one.default is not one.empty}


def twin(
    image: np.ndarray,
    options: TwinOptions,
    seed: int | tuple[int, ...],
    *,
    source: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Make the twin of an image.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)
        Stays as it is.
    options : TwinOptions
    seed : int or tuple of int
        Same arguments, same twin.
    source : uint8 ndarray of shape (any height, any width, 3), optional
        Image that pasted pieces and foreign textures come from, for kinds that have one.

    Returns
    -------
    twin : uint8 ndarray of shape (height, width, 3)
        Differs from ``image`` inside the mask only.
    mask : bool ndarray of shape (height, width)

    Raises
    ------
    ParameterError
        If the image is no 8-bit colour image, there is no object to draw on, or the kind has no
        source.

    Examples
    --------
    >>> image = np.full((64, 64, 3), 120, np.uint8)
    >>> changed, mask = twin(image, TwinOptions(kind="line", width=(4, 8)), seed=1)
    >>> bool((changed[~mask] == image[~mask]).all())
    True
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ParameterError(
            f"a twin needs a uint8 image of shape (height, width, 3), not {image.dtype} "
            f"{image.shape}"
        )
    rng = np.random.default_rng(seed)
    given = options.arguments()
    if options.place != "anywhere":
        given["centre"] = first_point(image, options.place, rng)
    if source is not None:
        if "source" not in options_of(options.kind):
            raise ParameterError(f"a twin of the kind {options.kind!r} takes no source")
        given["source"] = source
    return synthesise.registry.get(options.kind)(image, rng, **given)


def _refuse(kind: str, option: str) -> NoReturn:
    having = ", ".join(name for name in synthesise.registry if option in options_of(name))
    words = "place on the object or an edge" if option == "centre" else option
    raise ParameterError(
        f"a twin of the kind {kind!r} has no {words}; leave it out, or choose one of {having}"
    )


def _check_bounds(name: str, bounds: Bounds | None) -> None:
    if bounds is not None and (len(bounds) != 2 or not 0 <= bounds[0] <= bounds[1]):
        raise ParameterError(
            f"{name} is a lower and an upper bound in pixels, as in (5, 20), both at least 0; "
            f"not {bounds}"
        )

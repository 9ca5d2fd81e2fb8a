"""The network of a request, at a size in the shape of its images."""

from dataclasses import replace
from math import sqrt

import pandas as pd

from anomalylab import extractors
from anomalylab.errors import ParameterError
from anomalylab.extractors import Extractor
from anomalylab.runs.request import DetectRequest

STEP = 32
"""Sides are multiples of it, so that the cells of all levels cover the image evenly."""


def create_extractors(request: DetectRequest, samples: pd.DataFrame) -> list[Extractor]:
    """Build the extractors of a request, one for each size that is to be compared.

    Raises
    ------
    ParameterError
        If two of the sizes come to the same.
    """
    sizes = (request.size, *request.sizes)
    built = [create_extractor(replace(request, size=size), samples) for size in sizes]
    if len({extractor.size for extractor in built}) < len(built):
        seen = ", ".join("x".join(map(str, extractor.size or ())) for extractor in built)
        raise ParameterError(
            f"the sizes to compare come to {seen} for these images; name different ones"
        )
    return built


def create_extractor(request: DetectRequest, samples: pd.DataFrame | None = None) -> Extractor:
    """Build the extractor of a request, with its own defaults for what is not given.

    Parameters
    ----------
    request : DetectRequest
    samples : DataFrame, optional
        Rows of SAMPLES whose shape the size takes, unless the request names both sides.
    """
    given = {name: getattr(request, name) for name in ("levels", "size", "weights")}
    if request.engine != extractors.AUTO:
        given["engine"] = request.engine
    given = {name: value for name, value in given.items() if value is not None}
    extractor = extractors.create(request.backbone, **given)
    multiple = getattr(extractor, "multiple", None)
    if samples is None or isinstance(request.size, tuple) or multiple is None:
        return extractor
    side, _ = extractor.size or (0, 0)
    size = in_shape_of(samples, side, multiple)
    return replace(extractor, size=size) if size != (side, side) else extractor  # type: ignore


def in_shape_of(samples: pd.DataFrame, side: int, multiple: int = 1) -> tuple[int, int]:
    """Return the height and width, of about ``side * side`` pixels, that images are resized to.

    ``(side * sqrt(a), side / sqrt(a))`` with a the median of height / width, both rounded to
    multiples of 32; ``(side, side)`` for images that are square, or so nearly that rounding makes
    no difference.

    Parameters
    ----------
    samples : DataFrame
        Rows of SAMPLES.
    side : int
    multiple : int
        What the network needs sides to be a multiple of.
    """
    aspect = (samples["height"] / samples["width"]).median()
    if pd.isna(aspect):
        return side, side
    step = STEP if STEP % multiple == 0 else multiple
    square, height, width = (
        max(1, round(side * factor / step)) for factor in (1, sqrt(aspect), 1 / sqrt(aspect))
    )
    return (side, side) if height == width == square else (height * step, width * step)

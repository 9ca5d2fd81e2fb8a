"""What embedding will take, told before it is begun."""

import os
from math import prod

from anomalylab.compute.cost import Cost
from anomalylab.extractors._base import Extractor

DECODING = 25e-9
"""Seconds of CPU a pixel: a PNG of 900 x 900 takes about 20 ms, resize included."""

OPERATIONS = 4e10
"""Operations a second and core that networks reach on a common CPU."""


def predict_cost(n_images: int, extractor: Extractor, image_size: tuple[int, int]) -> Cost:
    """Estimate what embedding takes if nothing is cached, without reading an image.

    Parameters
    ----------
    n_images : int
    extractor : Extractor
    image_size : (height, width)
        Of the files.

    Returns
    -------
    cost : Cost
        ``bytes`` of the features, exact; ``seconds`` on all cores, right within a factor of three.
    """
    n_bytes = sum(4 * prod(shape) for shape in extractor.shapes().values())
    seconds = prod(image_size) * DECODING + extractor.flops() / OPERATIONS
    return Cost(n_images * n_bytes, n_images * seconds / (os.cpu_count() or 1))

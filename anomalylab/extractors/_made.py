"""Features of images that are made when they are needed, and kept under a name."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from anomalylab.extractors._base import Extractor
from anomalylab.extractors._embedding import embed
from anomalylab.extractors._extract import searched_store
from anomalylab.features import Features
from anomalylab.storage.cache import IN_MEMORY


def extract_made(
    names: Sequence[str],
    make: Callable[[int], np.ndarray],
    extractor: Extractor,
    *,
    cache: bool | Path = True,
) -> Features:
    """Make images and turn them into features; those that are known by name are not made again.

    Parameters
    ----------
    names : sequence of str
        One an image. It says all that the image depends on, as a hash of that does.
    make : callable
        Place in ``names`` -> image, uint8 (height, width, 3), at the extractor's size; called
        from several threads.
    extractor : Extractor
    cache : bool or Path
        As in :func:`anomalylab.extractors.extract`.

    Raises
    ------
    StorageError
        If the cache cannot be written.
    WeightsError
        If the extractor's weights are missing or do not fit.
    """
    with searched_store(names, extractor, ("made",), cache) as (store, places):
        missing = {name: i for i, name in enumerate(names) if name not in places}
        if missing:
            embed(missing, make, extractor, store, progress=True)
            places |= store.find(missing, extractor.levels)
        limit = None if cache is False else IN_MEMORY
        return Features(store.gather([places[name] for name in names], extractor.levels, limit))

"""Samples to features: found by content where they are known, computed where they are not."""

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from anomalylab.errors import DatasetError, StorageError
from anomalylab.extractors._base import Extractor
from anomalylab.extractors._embedding import Read, embed, why
from anomalylab.features import Features, ImageLevel
from anomalylab.images import read as images
from anomalylab.storage.cache import IN_MEMORY, FeatureStore, Place, feature_store

NO_COST = {"n_embedded": 0.0, "decode_cpu": 0.0, "network_cpu": 0.0}


class Extraction(NamedTuple):
    """What came of embedding a table of samples."""

    features: Features
    """Row i belongs to row i of ``samples``."""

    samples: pd.DataFrame
    """The samples that could be read, in order, with a fresh index."""

    broken: pd.DataFrame
    """``sample_id`` and ``reason`` of those that could not."""

    cost: dict[str, float]
    """``n_images`` in all, ``n_embedded`` of them now, wall-clock ``seconds``, and the CPU seconds
    ``decode_cpu`` and ``network_cpu`` of all threads; the latter misses the engine openvino, whose
    threads are its own."""


def extract(
    samples: pd.DataFrame,
    root: Path,
    extractor: Extractor,
    *,
    intensity: str = "full",
    resize: str = "bilinear",
    cache: bool | Path = True,
    progress: bool = True,
) -> Extraction:
    """Read the images of a table and turn them into features.

    Images that were embedded before are found by their content. The others are decoded and
    embedded by as many threads as torch uses, and stored every few seconds, so that a killed run
    goes on where it was. A file that cannot be read is set aside.

    Parameters
    ----------
    samples : DataFrame
        See :data:`anomalylab.schema.SAMPLES`.
    root : Path
        Folder that ``image_path`` is relative to.
    extractor : Extractor
        From :func:`anomalylab.extractors.create`.
    intensity : str
        Which values of a file become black and white, see :mod:`anomalylab.images.read`.
    resize : {"bilinear", "area"}
        How images are brought to the extractor's size.
    cache : bool or Path
        Keep features in the user's cache, nowhere, or in the cache folder given.
    progress : bool
        Show a progress bar if it takes more than two seconds.

    Returns
    -------
    extraction : Extraction

    Raises
    ------
    DatasetError
        If there is no image that can be read.
    StorageError
        If the cache cannot be written or is too small; known before any image is embedded.
    WeightsError
        If the extractor's weights are missing or do not fit.
    """
    started = time.perf_counter()
    images.parse_intensity(intensity)
    paths = [Path(root) / path for path in samples["image_path"]]

    def read(path: Path) -> np.ndarray:
        return images.read_image(path, intensity=intensity, size=extractor.size, method=resize)

    if extractor.on_demand:
        reasons, features = _read_later(paths, read, extractor)
        cost = dict(NO_COST)
    else:
        key = json.dumps([extractor.fingerprint, intensity, resize])
        with _open_store(key, cache) as store:
            reasons, places, cost = _find_or_embed(paths, read, extractor, store, progress)
            limit = None if cache is False else IN_MEMORY
            features = Features(store.gather(places, extractor.levels, limit))
    kept = np.array([reason is None for reason in reasons])
    broken = pd.DataFrame({"sample_id": samples["sample_id"].array, "reason": reasons})[~kept]
    cost |= {"n_images": len(samples), "seconds": time.perf_counter() - started}
    return Extraction(
        features, samples[kept].reset_index(drop=True), broken.reset_index(drop=True), cost
    )


def _read_later(
    paths: Sequence[Path], read: Read, extractor: Extractor
) -> tuple[list[str | None], Features]:
    """Return why images cannot be read, and levels that read the others when asked."""

    def try_to_read(path: Path) -> str | None:
        try:
            read(path)
        except OSError as error:
            return why(error)
        return None

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        reasons = list(pool.map(try_to_read, paths))
    rows = np.flatnonzero([reason is None for reason in reasons])
    _refuse_none_readable(paths, reasons)

    def level(name: str) -> ImageLevel:
        return ImageLevel(lambda row: extractor(read(paths[row])[None])[name][0], rows)

    return reasons, Features({name: level(name) for name in extractor.levels})


def _find_or_embed(
    paths: Sequence[Path], read: Read, extractor: Extractor, store: FeatureStore, progress: bool
) -> tuple[list[str | None], list[Place], dict[str, float]]:
    """Return why images cannot be used, where the features of the others are, and what it cost."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        hashes, reasons = (
            map(list, zip(*pool.map(_hash, paths), strict=True)) if paths else ([], [])
        )
    missing = dict(zip(hashes, paths, strict=True))
    missing.pop("", None)
    places = store.find(missing, extractor.levels)
    missing = {name: path for name, path in missing.items() if name not in places}
    cost = dict(NO_COST)
    if missing:
        broken, cost = embed(missing, read, extractor, store, progress)
        places |= store.find(missing, extractor.levels)
        reasons = [reason or broken.get(name) for name, reason in zip(hashes, reasons, strict=True)]
    _refuse_none_readable(paths, reasons)
    kept = [name for name, reason in zip(hashes, reasons, strict=True) if reason is None]
    if any(name not in places for name in kept):
        raise StorageError(
            f"features vanished from {store.folder} while they were written; try again"
        )
    return reasons, [places[name] for name in kept], cost


def _hash(path: Path) -> tuple[str, str | None]:
    """Return the content hash of a file and None, or nothing and the reason."""
    try:
        return images.content_hash(path), None
    except OSError as error:
        return "", why(error)


def _refuse_none_readable(paths: Sequence[Path], reasons: Sequence[str | None]) -> None:
    if not paths:
        raise DatasetError("the table of samples is empty; there is nothing to embed")
    if all(reasons):
        raise DatasetError(
            f"none of the {len(paths)} images can be read; {paths[0].name!r}: {reasons[0]}"
        )


@contextlib.contextmanager
def _open_store(key: str, cache: bool | Path) -> Iterator[FeatureStore]:
    if cache is False:
        with tempfile.TemporaryDirectory() as folder:
            yield FeatureStore(Path(folder))
    else:
        yield feature_store(key, None if cache is True else Path(cache))

"""Samples to features: found by content where they are known, computed where they are not."""

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from anomalylab.errors import DatasetError, ImageError, StorageError
from anomalylab.extractors._base import Extractor
from anomalylab.extractors._embedding import embed, why
from anomalylab.features import Features, ImageLevel
from anomalylab.images.files import read_bytes, read_header
from anomalylab.images.read import content_hash, decode_image, hash_of, parse_intensity, read_image
from anomalylab.images.read import resize as resize_image
from anomalylab.images.room import decoding, needed
from anomalylab.progress import counted
from anomalylab.storage.cache import IN_MEMORY, FeatureStore, Place, feature_store

NO_COST = {"n_embedded": 0.0, "decode_cpu": 0.0, "network_cpu": 0.0}


Seen = Callable[[str, np.ndarray], None]


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
    seen: Seen | None = None,
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
    seen : callable, optional
        Called with the content hash and the image at its full size, uint8 (height, width, 3), for
        each image that is decoded to be embedded now, from several threads.

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
    parse_intensity(intensity)
    paths = [Path(root) / path for path in samples["image_path"]]

    if extractor.on_demand:
        reasons, features = _read_later(paths, intensity, resize, extractor)
        hashes, cost = [""] * len(paths), dict(NO_COST)
    else:
        hashes, reasons = _hashes(samples, paths)
        read = Reader(dict(zip(paths, hashes, strict=True)), extractor, intensity, resize, seen)
        with searched_store(hashes, extractor, (intensity, resize), cache) as (store, known):
            found = _find_or_embed(paths, hashes, reasons, read, extractor, store, known, progress)
            reasons, places, cost = found
            limit = None if cache is False else IN_MEMORY
            features = Features(store.gather(places, extractor.levels, limit))
    kept = np.array([reason is None for reason in reasons])
    broken = pd.DataFrame({"sample_id": samples["sample_id"].array, "reason": reasons})[~kept]
    samples = samples.assign(
        content_hash=pd.Series([name or None for name in hashes], samples.index)
    )
    cost |= {"n_images": len(samples), "seconds": time.perf_counter() - started}
    return Extraction(
        features, samples[kept].reset_index(drop=True), broken.reset_index(drop=True), cost
    )


class Reader:
    """Reads an image for the network: once, whatever else is made of it.

    Parameters
    ----------
    hashes : mapping
        Image file -> its content hash when it was listed.
    extractor : Extractor
    intensity, resize : str
    seen : callable, optional
        See :func:`extract`.
    """

    def __init__(
        self,
        hashes: Mapping[Path, str],
        extractor: Extractor,
        intensity: str,
        resize: str,
        seen: Seen | None,
    ):
        self.hashes, self.size, self.seen = hashes, extractor.size, seen
        self.intensity, self.resize = intensity, resize

    def __call__(self, path: Path) -> np.ndarray:
        """Return the image at the extractor's size.

        Raises
        ------
        ImageError
            If the file cannot be used, or is not the one that was listed.
        """
        content = read_bytes(path)
        if hash_of(content) != self.hashes[path]:
            raise ImageError(path, "it changed while the run was under way")
        with decoding.taken(needed(read_header(content, path))):
            image = decode_image(content, path, intensity=self.intensity)
            if self.seen is not None:
                self.seen(self.hashes[path], image)
            if self.size is None:
                return image
            return resize_image(image, self.size, method=self.resize)


def _read_later(
    paths: Sequence[Path], intensity: str, resize: str, extractor: Extractor
) -> tuple[list[str | None], Features]:
    """Return why images cannot be read, and levels that read the others when asked."""

    def read(path: Path) -> np.ndarray:
        return read_image(path, intensity=intensity, size=extractor.size, method=resize)

    def try_to_read(path: Path) -> str | None:
        try:
            read(path)
        except OSError as error:
            return why(error)
        return None

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        reasons = list(counted(pool.map(try_to_read, paths), len(paths), "reading images"))
    rows = np.flatnonzero([reason is None for reason in reasons])
    _refuse_none_readable(paths, reasons)

    def level(name: str) -> ImageLevel:
        return ImageLevel(lambda row: extractor(read(paths[row])[None])[name][0], rows)

    return reasons, Features({name: level(name) for name in extractor.levels})


def _find_or_embed(
    paths: Sequence[Path],
    hashes: Sequence[str],
    reasons: list[str | None],
    read: Reader,
    extractor: Extractor,
    store: FeatureStore,
    places: dict[str, Place],
    progress: bool,
) -> tuple[list[str | None], list[Place], dict[str, float]]:
    """Return why images cannot be used, where the features of the others are, and what it cost."""
    missing = dict(zip(hashes, paths, strict=True))
    missing.pop("", None)
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


def _hashes(samples: pd.DataFrame, paths: Sequence[Path]) -> tuple[list[str], list[str | None]]:
    """Return the content hash of each image, and why there is none; files are hashed if need be."""
    known = samples["content_hash"] if "content_hash" in samples else [None] * len(samples)

    def find(pair: tuple[str | None, Path]) -> tuple[str, str | None]:
        try:
            return (str(pair[0]) if pd.notna(pair[0]) else content_hash(pair[1])), None
        except OSError as error:
            return "", why(error)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(counted(pool.map(find, zip(known, paths, strict=True)), len(paths), "hashing"))
    return [name for name, _ in found], [reason for _, reason in found]


def _refuse_none_readable(paths: Sequence[Path], reasons: Sequence[str | None]) -> None:
    if not paths:
        raise DatasetError("the table of samples is empty; there is nothing to embed")
    if all(reasons):
        raise DatasetError(
            f"none of the {len(paths)} images can be read; {paths[0].name!r}: {reasons[0]}"
        )


@contextlib.contextmanager
def searched_store(
    names: Sequence[str], extractor: Extractor, key: Sequence[str], cache: bool | Path
) -> Iterator[tuple[FeatureStore, dict[str, Place]]]:
    """Open the store of the engine that runs the network, and find in it what is known.

    Which engine runs it can change when the network is first needed. ``key`` says what else than
    the network and the names of the images decides features.
    """
    before, wanted = extractor.fingerprint, set(names) - {""}
    with _open_store(json.dumps([before, *key]), cache) as store:
        known = store.find(wanted, extractor.levels)
        if wanted - known.keys():
            extractor.prepare()
        if extractor.fingerprint == before:
            yield store, known
            return
    with searched_store(names, extractor, key, cache) as again:
        yield again


@contextlib.contextmanager
def _open_store(key: str, cache: bool | Path) -> Iterator[FeatureStore]:
    if cache is False:
        with tempfile.TemporaryDirectory() as folder:
            yield FeatureStore(Path(folder))
    else:
        yield feature_store(key, None if cache is True else Path(cache))

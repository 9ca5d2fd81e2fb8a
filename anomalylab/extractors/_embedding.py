"""Decoding and embedding by all cores at once.

Each thread decodes some images and runs the network on them by itself, with one torch thread. No
core waits for another inside a layer, and none is idle while files are read.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from typing import NamedTuple, TypeVar

import numpy as np

from anomalylab.compute.threads import one_torch_thread
from anomalylab.extractors._base import Extractor
from anomalylab.progress import counting
from anomalylab.storage.cache import FeatureStore

SHARD = 64
"""Images stored together."""

FLUSH_AFTER = 5.0
"""Seconds after which fewer are stored, so that a kill costs no more work than that."""

T = TypeVar("T")


class Block(NamedTuple):
    """A few images, decoded and embedded by one thread."""

    hashes: list[str]
    levels: dict[str, np.ndarray]
    broken: dict[str, str]
    decode_cpu: float
    network_cpu: float


def embed(
    images: Mapping[str, T],
    read: Callable[[T], np.ndarray],
    extractor: Extractor,
    store: FeatureStore,
    progress: bool,
) -> tuple[dict[str, str], dict[str, float]]:
    """Embed images and store their features.

    Parameters
    ----------
    images : mapping
        Name under which features are stored, such as a content hash -> what is read.
    read : callable
        Gives an image, uint8 (height, width, 3), at the extractor's size; raises OSError if it is
        broken.

    Returns
    -------
    broken : dict
        Name -> why the image could not be read.
    cost : dict
        ``n_embedded``, ``decode_cpu`` and ``network_cpu``, see :class:`Extraction`.
    """
    n_bytes = sum(4 * math.prod(shape) for shape in extractor.shapes().values())
    store.check_writable(n_bytes * len(images))
    extractor.prepare()
    broken: dict[str, str] = {}
    cost = {"n_embedded": 0.0, "decode_cpu": 0.0, "network_cpu": 0.0}
    with (
        counting(len(images), "embedding" if progress else "") as advance,
        one_torch_thread() as n_workers,
    ):
        size = max(1, min(extractor.batch_size, len(images) // (4 * n_workers)))
        jobs = [list(images)[start : start + size] for start in range(0, len(images), size)]
        blocks = _in_threads(
            lambda job: _embed_block(job, images, read, extractor), jobs, n_workers
        )
        for block in _stored(blocks, store):
            broken |= block.broken
            cost["n_embedded"] += len(block.hashes)
            cost["decode_cpu"] += block.decode_cpu
            cost["network_cpu"] += block.network_cpu
            advance(len(block.hashes) + len(block.broken))
    return broken, cost


def why(error: OSError) -> str:
    """Say what is wrong with a file without naming it."""
    return str(getattr(error, "reason", None) or error.strerror or error)


def _embed_block(
    hashes: list[str],
    images: Mapping[str, T],
    read: Callable[[T], np.ndarray],
    extractor: Extractor,
) -> Block:
    start = time.thread_time()
    decoded: dict[str, np.ndarray] = {}
    broken: dict[str, str] = {}
    for name in hashes:
        try:
            decoded[name] = read(images[name])
        except OSError as error:
            broken[name] = why(error)
    middle = time.thread_time()
    levels = extractor(np.stack(list(decoded.values()))) if decoded else {}
    return Block(list(decoded), levels, broken, middle - start, time.thread_time() - middle)


def _in_threads(
    work: Callable[[list[str]], Block], jobs: Iterable[list[str]], n_workers: int
) -> Iterator[Block]:
    """Yield results as they come; never more than two jobs a worker are under way."""
    waiting: set[Future[Block]] = set()
    pool = ThreadPoolExecutor(n_workers)
    try:
        for job in jobs:
            waiting.add(pool.submit(work, job))
            if len(waiting) >= 2 * n_workers:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        yield from (future.result() for future in as_completed(waiting))
    finally:
        pool.shutdown(cancel_futures=True)


def _stored(blocks: Iterable[Block], store: FeatureStore) -> Iterator[Block]:
    """Pass blocks on, and write them as shards on the way."""
    pending: list[Block] = []
    flushed = time.monotonic()
    for block in blocks:
        pending += [block] if block.hashes else []
        n_images = sum(len(other.hashes) for other in pending)
        if n_images >= SHARD or (pending and time.monotonic() - flushed > FLUSH_AFTER):
            _write(pending, store)
            pending, flushed = [], time.monotonic()
        yield block
    if pending:
        _write(pending, store)


def _write(blocks: list[Block], store: FeatureStore) -> None:
    hashes = [name for block in blocks for name in block.hashes]
    store.write(
        hashes,
        {
            level: np.concatenate([block.levels[level] for block in blocks])
            for level in blocks[0].levels
        },
    )

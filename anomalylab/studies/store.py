"""Where results of jobs are kept: in the cache, each under a name made of all it depends on."""

from functools import cache
from pathlib import Path

from anomalylab.errors import StorageError
from anomalylab.storage.blocks import Arrays, BlockStore
from anomalylab.storage.cache import cache_folder

KIND = "studies"
"""What results are filed under in the cache."""


def result_store(folder: Path) -> BlockStore:
    """Return where results are kept, opened once while it is there: it may hold thousands."""
    if not _opened(folder).folder.is_dir():  # the cache was cleared
        _opened.cache_clear()
    return _opened(folder)


@cache
def _opened(folder: Path) -> BlockStore:
    return BlockStore(KIND, folder)


def stored(name: str) -> Arrays:
    """Return a result that was kept.

    Raises
    ------
    StorageError
        If it has vanished.
    """
    arrays = result_store(cache_folder()).read(name)
    if arrays is None:
        raise StorageError(
            "a result vanished from the cache while it was used; run the study again"
        )
    return arrays

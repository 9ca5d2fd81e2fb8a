"""Arrays to be filled: in memory, or on disk where they are large."""

import gc
import shutil
from collections import namedtuple

import numpy as np
import pytest

from anomalylab.errors import StorageError
from anomalylab.storage.spacious import spacious


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_small_arrays_are_in_memory(own_cache):
    array = spacious((3, 4))
    assert array.dtype == np.float32
    assert not isinstance(array, np.memmap)
    assert not own_cache.exists()


def test_large_arrays_are_on_disk_and_go_with_the_array(own_cache):
    array = spacious((3, 4), limit=40)
    array[:] = np.arange(12).reshape(3, 4)
    assert isinstance(array, np.memmap)
    assert array[[2, 0]].tolist() == [[8, 9, 10, 11], [0, 1, 2, 3]]
    assert len(list(own_cache.rglob("spills/*"))) == 1
    del array
    gc.collect()
    assert not list(own_cache.rglob("spills/*"))


def test_a_disk_that_is_too_full_or_cannot_be_written_is_told_before_anything_is_filled(
    own_cache, monkeypatch
):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: namedtuple("Usage", "free")(10))
    with pytest.raises(StorageError, match=r"has 0 KiB left.*ANOMALYLAB_CACHE"):
        spacious((3, 4), limit=40)
    assert not list(own_cache.rglob("spills/*"))
    shutil.rmtree(own_cache)
    own_cache.touch()
    with pytest.raises(StorageError, match="cannot write"):
        spacious((3, 4), limit=40)

"""A disk that fills: a sentence with the folder and what to do, and nothing half written."""

import errno
import os

import numpy as np
import pytest

from anomalylab.errors import StorageError
from anomalylab.storage import kept
from anomalylab.storage.cache import FeatureStore
from anomalylab.storage.spacious import spacious
from anomalylab.storage.writable import reserve

SAID = r"cannot write .*to .*: No space left on device; make room or set ANOMALYLAB_CACHE"


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def full(*args):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def files(folder):
    return {path.name for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("is_reserved_by_the_system", [True, False])
def test_room_is_taken_and_nothing_changed(tmp_path, monkeypatch, is_reserved_by_the_system):
    if not is_reserved_by_the_system:
        monkeypatch.delattr(os, "posix_fallocate", raising=False)
        monkeypatch.setattr("anomalylab.storage.writable._STEP", 7)
    content = b"head" + bytes(50_000)
    with open(tmp_path / "sparse", "wb") as stream:
        stream.write(b"head")
        stream.truncate(len(content))
    reserve(tmp_path / "sparse")
    assert (tmp_path / "sparse").read_bytes() == content
    if hasattr(os.stat_result, "st_blocks"):
        assert 512 * (tmp_path / "sparse").stat().st_blocks >= len(content)


def test_memory_maps_have_their_room_before_they_are_filled(own_cache, monkeypatch):
    store = FeatureStore(own_cache / "features")
    store.write(["a", "b"], {"fine": np.ones((2, 2, 2, 3), np.float32)})
    before = files(own_cache)
    monkeypatch.setattr("anomalylab.storage.cache.reserve", full)
    monkeypatch.setattr("anomalylab.storage.spacious.reserve", full)
    places = list(store.find(["a", "b"], ["fine"]).values())
    with pytest.raises(StorageError, match=SAID):
        store.gather(places, ["fine"], limit=10)
    with pytest.raises(StorageError, match=SAID):
        spacious((3, 4), limit=40)
    assert files(own_cache) == before


def test_an_array_that_is_written_short_says_that_the_disk_is_full(own_cache, monkeypatch):
    def short(stream, array, **options):
        stream.write(b"half of it")
        raise OSError("4736 requested and 3040 written")

    monkeypatch.setattr(np, "save", short)
    with pytest.raises(StorageError, match=SAID):
        FeatureStore(own_cache).write(["a"], {"fine": np.ones((1, 2, 2, 3), np.float32)})
    assert files(own_cache) == set()


def test_what_cannot_be_kept_is_not_kept_whatever_writes_it(own_cache):
    def write(folder):
        (folder / "network.bin").write_bytes(b"half of it")
        raise RuntimeError("basic_ios::clear: iostream error")  # as openvino says it

    kept.keep("network", write)
    assert kept.recall("network") is None
    assert files(own_cache) == set()
    kept.keep("network", lambda folder: (folder / "network.bin").write_bytes(b"all of it"))
    assert (kept.recall("network") / "network.bin").read_bytes() == b"all of it"

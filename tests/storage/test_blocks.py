import logging

import numpy as np
import pytest

from anomalylab.errors import StorageError
from anomalylab.storage import blocks
from anomalylab.storage.blocks import BlockStore
from anomalylab.storage.cache import clear_cache, size_of_cache

ARRAYS = {"count": np.array(7), "upper": np.linspace(0, 1, 300).reshape(20, 15)}


@pytest.fixture
def store(tmp_path):
    return BlockStore("sums", tmp_path)


def assert_equal(found, expected=ARRAYS):
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


def shards(store):
    return sorted(path for path in store.folder.iterdir())


def test_a_block_comes_back_as_it_was_written_from_another_process_too(store, tmp_path):
    assert store.read("one") is None
    store.write("one", ARRAYS)
    assert_equal(store.read("one"))
    assert_equal(BlockStore("sums", tmp_path).read("one"))


def test_each_name_has_one_shard_and_each_kind_a_folder(store, tmp_path):
    other = BlockStore("looks", tmp_path)
    for name in ("one", "two", "one"):
        store.write(name, ARRAYS)
    assert [path.stem for path in shards(store)] == ["one", "two"]
    assert other.read("one") is None
    assert shards(other) == []


@pytest.mark.parametrize("where", [0, 15, 16, 40, 400, -30, -1])
def test_a_flipped_bit_is_told_and_the_shard_dropped(store, caplog, where):
    store.write("one", ARRAYS)
    store.write("two", ARRAYS)
    path = shards(store)[0]
    content = bytearray(path.read_bytes())
    content[where] ^= 4
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert store.read("one") is None
    assert "damaged" in caplog.text
    assert [path.stem for path in shards(store)] == ["two"]
    assert_equal(store.read("two"))


@pytest.mark.parametrize("length", [0, 5, 16, 100])
def test_a_shard_cut_short_is_dropped(store, length):
    store.write("one", ARRAYS)
    path = shards(store)[0]
    path.write_bytes(path.read_bytes()[:length])
    assert store.read("one") is None
    assert shards(store) == []


def test_nothing_is_left_of_a_block_that_could_not_be_written(store, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(blocks.os, "fsync", full)
    with pytest.raises(StorageError, match="No space left on device; make room or set"):
        store.write("one", ARRAYS)
    assert shards(store) == []


def test_blocks_count_as_cached_and_are_cleared_with_the_cache(store, tmp_path):
    store.write("one", ARRAYS)
    assert size_of_cache(tmp_path) == shards(store)[0].stat().st_size
    clear_cache(tmp_path)
    assert size_of_cache(tmp_path) == 0
    assert BlockStore("sums", tmp_path).read("one") is None

import errno
import os
import time
from collections import namedtuple
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalylab.errors import StorageError
from anomalylab.storage import cache
from anomalylab.storage.cache import FeatureStore


def some_levels(n_images, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "fine": rng.random((n_images, 4, 3, 2), np.float32),
        "coarse": rng.random((n_images, 2, 1, 5), np.float32),
    }


@pytest.fixture
def store(tmp_path):
    return FeatureStore(tmp_path / "store")


@pytest.fixture
def filled(store):
    store.write(["a", "b", "c"], some_levels(3))
    return store


def gather(store, hashes, levels=("fine", "coarse"), **options):
    places = store.find(hashes, levels)
    return store.gather([places[name] for name in hashes], levels, **options)


def only_file(store, name):
    (path,) = store.folder.glob(f"*/{name}")
    return path


def test_what_was_written_is_found_to_the_last_bit_in_any_order(filled):
    found = gather(filled, ["c", "a", "c"])
    for level, array in some_levels(3).items():
        assert np.array_equal(found[level], array[[2, 0, 2]])


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 8), min_size=1), st.sets(st.integers(1, 8)))
def test_rows_come_back_whatever_the_shards(tmp_path_factory, rows, cuts):
    store = FeatureStore(tmp_path_factory.mktemp("store"))
    levels, hashes = some_levels(9), [f"image{row}" for row in range(9)]
    edges = [0, *sorted(cuts), 9]
    for start, stop in pairwise(edges):
        part = {name: array[start:stop] for name, array in levels.items()}
        store.write(hashes[start:stop], part)
    found = gather(store, [hashes[row] for row in rows])
    assert np.array_equal(found["fine"], levels["fine"][rows])


def test_an_image_counts_as_missing_unless_all_levels_are_stored(store):
    store.write(["a"], {"fine": some_levels(1)["fine"]})
    assert set(store.find(["a"], ["fine"])) == {"a"}
    assert not store.find(["a"], ["fine", "coarse"])
    assert not store.find(["b"], ["fine"])


def test_of_two_shards_with_an_image_the_older_wins(filled):
    filled.write(["a"], some_levels(1, seed=1))
    assert np.array_equal(gather(filled, ["a"])["fine"], some_levels(3)["fine"][:1])


def test_beyond_the_limit_features_are_read_only_maps_that_are_made_once(filled):
    in_memory = gather(filled, ["b", "a"])
    mapped = gather(filled, ["b", "a"], limit=0)
    assert all(isinstance(level, np.memmap) for level in mapped.values())
    assert all(np.array_equal(mapped[level], in_memory[level]) for level in mapped)
    assert not mapped["fine"].flags.writeable
    before = {path: path.stat().st_mtime_ns for path in filled.folder.glob("gathered-*")}
    gather(filled, ["b", "a"], limit=0)
    assert before == {path: path.stat().st_mtime_ns for path in filled.folder.glob("gathered-*")}


def test_a_truncated_shard_is_thrown_away(filled):
    path = only_file(filled, "fine.npy")
    path.write_bytes(path.read_bytes()[:-8])
    assert not filled.find(["a"], ["fine"])
    assert not path.exists()


def test_a_shard_with_one_changed_bit_is_thrown_away(filled):
    path = only_file(filled, "coarse.npy")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert filled.find(["a"], ["fine"])
    assert not filled.find(["a"], ["fine", "coarse"])


@pytest.mark.parametrize("content", [b"", b"[1]", b'{"hashes": ["a"]}', b"\xff"])
def test_a_damaged_index_hides_its_shard(filled, content):
    only_file(filled, "index.json").write_bytes(content)
    assert not filled.find(["a"], ["fine"])


def test_an_index_that_lost_a_name_gives_no_image_the_features_of_another(filled):
    path = only_file(filled, "index.json")
    path.write_bytes(path.read_bytes().replace(b'"a", ', b""))
    assert not filled.find(["b", "c"], ["fine"])
    assert not path.exists()


def test_what_a_process_nobody_knows_left_is_not_data_and_goes_after_a_week(filled):
    left = filled.folder / ".unfinished-0123"
    os.rename(only_file(filled, "index.json").parent, left)
    assert not filled.find(["a"], ["fine"])
    filled.check_writable(1)
    assert left.exists()
    long_ago = time.time() - 8 * 24 * 3600
    for path in (*left.iterdir(), left):
        os.utime(path, (long_ago, long_ago))
    filled.check_writable(1)
    assert not left.exists()


def test_a_disk_that_fills_up_leaves_nothing_half_written(filled, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    before = sorted(filled.folder.rglob("*"))
    monkeypatch.setattr(cache.os, "fsync", fail)
    with pytest.raises(StorageError, match=r"No space left.*ANOMALYLAB_CACHE"):
        filled.write(["d"], some_levels(1))
    assert sorted(filled.folder.rglob("*")) == before


def test_a_disk_that_fills_up_while_gathering_leaves_nothing_half_written(filled, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    before = sorted(filled.folder.rglob("*"))
    monkeypatch.setattr(np.memmap, "flush", fail)
    with pytest.raises(StorageError, match="No space left"):
        gather(filled, ["a"], limit=0)
    assert sorted(filled.folder.rglob("*")) == before


def test_a_disk_with_too_little_room_is_refused_beforehand(store, monkeypatch):
    usage = namedtuple("usage", "total used free")(10, 9, 2**20)
    monkeypatch.setattr(cache.shutil, "disk_usage", lambda folder: usage)
    store.check_writable(2**20)
    with pytest.raises(StorageError, match=r"take 3 MiB .* 1 MiB left"):
        store.check_writable(3 * 2**20)


def test_a_folder_that_cannot_be_made_is_refused_beforehand(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot write features to"):
        FeatureStore(tmp_path / "file" / "store").check_writable(1)


def test_the_cache_is_measured_and_cleared_but_nothing_else_is_touched(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    assert cache.size_of_cache(tmp_path) == 0
    store = cache.feature_store("key", tmp_path)
    store.write(["a"], some_levels(1))
    assert cache.size_of_cache(tmp_path) > 4 * (24 + 10)
    cache.clear_cache(tmp_path)
    assert cache.size_of_cache(tmp_path) == 0
    assert (tmp_path / "mine.txt").read_text() == "keep"
    cache.clear_cache(tmp_path)


def test_another_key_is_another_store(tmp_path):
    assert cache.feature_store("a", tmp_path).folder != cache.feature_store("b", tmp_path).folder


def test_the_cache_folder_can_be_named_by_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path))
    assert cache.cache_folder() == tmp_path
    monkeypatch.delenv("ANOMALYLAB_CACHE")
    assert "anomalylab" in str(cache.cache_folder())


def test_a_gathered_file_with_one_changed_bit_is_gathered_again(filled):
    whole = gather(filled, ["c", "a"])
    np.testing.assert_array_equal(gather(filled, ["c", "a"], limit=0)["fine"], whole["fine"])
    for path in filled.folder.glob("gathered-*"):
        written = path.read_bytes()
        for place in (10, 20, len(written) - 1, None):  # header twice, numbers, cut short
            content = bytearray(written)
            if place is not None:
                content[place] ^= 2
            path.write_bytes(content if place is not None else content[:-5])
            again = gather(filled, ["c", "a"], limit=0)
            for level in ("fine", "coarse"):
                np.testing.assert_array_equal(again[level], whole[level])
            assert path.read_bytes() == written
            del again


def test_no_changed_bit_of_a_shard_gives_other_numbers(filled):
    whole = gather(filled, ["a", "b", "c"])["fine"]
    (path,) = filled.folder.glob("*/fine.npy")
    written = path.read_bytes()
    for place in range(8 * len(written)):
        content = bytearray(written)
        content[place // 8] ^= 1 << place % 8
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        found = filled.find(["a"], ["fine"])
        if found:
            np.testing.assert_array_equal(
                filled.gather([found["a"]], ["fine"])["fine"][0], whole[0]
            )
        else:
            filled.write(["a", "b", "c"], some_levels(3))
            (path,) = filled.folder.glob("*/fine.npy")

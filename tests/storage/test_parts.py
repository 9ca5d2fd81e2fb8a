import logging
import pickle

import numpy as np
import pytest

from anomalylab.errors import StorageError
from anomalylab.storage import checked_arrays
from anomalylab.storage.cache import clear_cache, size_of_cache
from anomalylab.storage.parts import PartStore

ARRAYS = {"cell": np.arange(6, dtype=np.uint16).reshape(2, 3), "squared": np.linspace(0, 1, 300)}


@pytest.fixture
def store(tmp_path):
    return PartStore("lists", tmp_path)


def assert_equal(found, expected=ARRAYS):
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
        assert isinstance(found[name], np.memmap)
        assert not found[name].flags.writeable


def test_a_part_comes_back_as_maps_for_copies_too(store, tmp_path):
    assert store.open(3) is None
    store.write(3, ARRAYS)
    for known in (store, PartStore("lists", tmp_path), pickle.loads(pickle.dumps(store))):
        assert_equal(known.open(3))
    assert PartStore("others", tmp_path).open(3) is None


def test_the_first_of_two_that_write_the_same_part_wins(store):
    store.write(0, ARRAYS)
    store.write(0, {"cell": np.zeros(3)})
    assert_equal(store.open(0))
    assert [path.name for path in store.folder.iterdir()] == ["part-00000"]


@pytest.mark.parametrize("where", [8, 30, 60, 130, -1])
def test_a_flipped_bit_is_told_and_the_part_dropped(store, caplog, where):
    for number in (0, 1):
        store.write(number, ARRAYS)
    path = store.folder / "part-00000" / "squared.npy"
    content = bytearray(path.read_bytes())
    content[where] ^= 4
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert store.open(0) is None
    assert "damaged" in caplog.text
    assert [path.name for path in store.folder.iterdir()] == ["part-00001"]
    assert_equal(store.open(1))


@pytest.mark.parametrize("name", ["index.json", "cell.npy"])
def test_a_part_that_lacks_a_file_is_dropped(store, name):
    store.write(0, ARRAYS)
    (store.folder / "part-00000" / name).unlink()
    assert store.open(0) is None
    assert list(store.folder.iterdir()) == []


def test_nothing_is_left_of_a_part_that_could_not_be_written(store, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checked_arrays.os, "fsync", full)
    with pytest.raises(StorageError, match="No space left on device; make room or set"):
        store.write(0, ARRAYS)
    assert list(store.folder.iterdir()) == []


def test_a_disk_that_is_too_full_is_told_before_the_work(store):
    with pytest.raises(StorageError, match="free some"):
        store.check_writable(2**60)


def test_parts_are_cleared_with_the_cache(store, tmp_path):
    store.write(0, ARRAYS)
    assert size_of_cache(tmp_path) > ARRAYS["squared"].nbytes
    clear_cache(tmp_path)
    assert store.open(0) is None

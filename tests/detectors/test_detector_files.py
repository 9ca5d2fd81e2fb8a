"""A fitted detector on disk is the one that was written, or refused by the name of the file."""

import json

import numpy as np
import pytest

from anomalylab import detectors
from anomalylab.errors import ParameterError
from anomalylab.features import Features

FILES = ("arrays.safetensors", "detector.json")


@pytest.fixture
def saved(tmp_path, rng):
    levels = {"fine": rng.random((6, 3, 3, 4), np.float32)}
    features = Features(levels)
    detectors.create("knn", k=1).fit(features).save(tmp_path / "knn")
    return tmp_path / "knn", features


@pytest.mark.parametrize("name", FILES)
def test_a_changed_bit_is_noticed_wherever_it_is(saved, name, rng):
    folder, features = saved
    written = (folder / name).read_bytes()
    expected = detectors.load(folder).score(features)[0]
    told = []
    for place in rng.choice(8 * len(written), 200, replace=False):
        content = bytearray(written)
        content[place // 8] ^= 1 << place % 8
        (folder / name).write_bytes(content)
        try:
            found = detectors.load(folder).score(features)[0]
        except ParameterError as error:
            told.append(str(error))
        else:  # a space of the JSON became another one
            assert name == "detector.json"
            np.testing.assert_array_equal(found, expected)
    assert all(message.endswith("is damaged; copy or make the run again") for message in told)
    assert len(told) > 150


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_cut_empty_or_gone_is_named(saved, name):
    folder, _ = saved
    written = (folder / name).read_bytes()
    for content in (written[:-3], b"", b"\xff\xfe", b"[]", b"null"):
        (folder / name).write_bytes(content)
        with pytest.raises(ParameterError, match=f"{name} is damaged"):
            detectors.load(folder)
    (folder / name).unlink()
    with pytest.raises(ParameterError, match=name):
        detectors.load(folder)


def _change(folder, change):
    record = json.loads((folder / "detector.json").read_text(encoding="utf-8"))
    change(record)
    (folder / "detector.json").write_text(json.dumps(record), encoding="utf-8")


def test_one_without_checksums_still_opens(saved):
    folder, features = saved
    expected = detectors.load(folder).score(features)[0]
    _change(folder, lambda record: record.pop("sha256"))
    np.testing.assert_array_equal(detectors.load(folder).score(features)[0], expected)


def test_a_file_sets_nothing_but_what_a_fit_sets(saved):
    folder, _ = saved

    def change(record):
        del record["sha256"]
        record["learnt"]["score"] = 1

    _change(folder, change)
    with pytest.raises(ParameterError, match="is damaged"):
        detectors.load(folder)

"""Recipes that train networks, on a disk that fills: told in a line, and gone on with."""

import errno
import os
from pathlib import Path

import pandas as pd
import pytest
from kills import CHANGING, TAUGHT

from anomalylab.cli.main import main
from anomalylab.datasets.textures import make_textures

NUMBERS = {"n_train": 5, "n_test_good": 2, "n_test_defect": 2, "size": 64}

ROOM = {
    "pni": (20, None),
    "autoencoder": (2, None),
    "metric-learning": (None, 3),
}
"""Recipe -> files of the cache, or tables of the run, that still have room."""


@pytest.fixture(scope="module")
def textures(tmp_path_factory):
    root = tmp_path_factory.mktemp("textures")
    make_textures(root, category="brick", **NUMBERS)
    return root / "brick"


@pytest.fixture
def in_own_cache(textures, tmp_path, monkeypatch):
    def call(name, cache):
        monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / cache))
        command = ["recipe", name, str(textures), "--preset", "tiny", *TAUGHT[name]]
        return main([*command, "-o", str(tmp_path / f"run {cache}")])

    return call


def full():
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def fill(monkeypatch, n_files, n_tables):
    """Let the disk have room for some files of the cache, or tables, and no more."""
    fsync, to_parquet, done = os.fsync, pd.DataFrame.to_parquet, {"files": 0, "tables": 0}

    def synced(number):
        done["files"] += 1
        return full() if n_files is not None and done["files"] > n_files else fsync(number)

    def written(self, path, **options):
        done["tables"] += 1
        if n_tables is not None and done["tables"] > n_tables:
            Path(path).write_bytes(b"half of it")
            full()
        return to_parquet(self, path, **options)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(pd.DataFrame, "to_parquet", written)


def tables_of(run):
    paths = sorted([*run.rglob("*.parquet"), *run.rglob("*.npy")])
    return {path.name: path.read_bytes() for path in paths if path.name not in CHANGING}


@pytest.mark.parametrize("name", ROOM)
def test_a_recipe_on_a_full_disk_leaves_nothing_half_and_goes_on_when_there_is_room(
    in_own_cache, tmp_path, monkeypatch, capsys, name
):
    assert in_own_cache(name, "roomy") == 0
    capsys.readouterr()
    with monkeypatch.context() as disk:
        fill(disk, *ROOM[name])
        assert in_own_cache(name, "full") == 1
    told = capsys.readouterr().err
    assert "No space left on device; " in told.splitlines()[-1]
    assert "make room" in told.splitlines()[-1]
    assert str(tmp_path) in told.splitlines()[-1]
    assert "Traceback" not in told
    assert not (tmp_path / "run full").exists()
    assert [path for path in tmp_path.rglob(".*") if path.name != ".locks"] == []
    assert in_own_cache(name, "full") == 0
    assert tables_of(tmp_path / "run full") == tables_of(tmp_path / "run roomy")

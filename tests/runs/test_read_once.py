"""Each image file is opened as seldom as can be, in a run and in a recipe."""

import os
import sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from anomalylab import datasets
from anomalylab.extractors import create, extract
from anomalylab.recipes.pc_space.request import PCSpaceRequest
from anomalylab.recipes.pc_space.run import run as run_recipe
from anomalylab.runs.detect import run
from anomalylab.runs.inputs import groups_of
from anomalylab.runs.request import DetectorChoice, DetectRequest

N_IMAGES = 8

_listeners: list = []


def _hear(event, arguments):
    if event == "open" and _listeners and isinstance(arguments[0], str | os.PathLike):
        for listener in _listeners:
            listener(Path(arguments[0]))


sys.addaudithook(_hear)


@contextmanager
def openings(folder):
    """Count how often each file below a folder is opened."""
    counts: Counter = Counter()

    def listen(path):
        if folder in path.parents:
            counts[path.name] += 1

    _listeners.append(listen)
    try:
        yield counts
    finally:
        _listeners.remove(listen)


@pytest.fixture
def folder(tmp_path, rng):
    (tmp_path / "images").mkdir()
    for number in range(N_IMAGES):
        noise = rng.integers(0, 255, (90, 80, 3), np.uint8)
        Image.fromarray(noise).save(tmp_path / "images" / f"{number}.png")
    return tmp_path / "images"


def request_of(folder):
    return DetectRequest(data=folder, detectors=(DetectorChoice(name="mahalanobis"),))


def test_a_run_opens_an_image_to_list_it_and_to_embed_it_and_the_next_run_only_to_list_it(
    folder, tmp_path, monkeypatch
):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "cache"))
    with openings(folder) as cold:
        first = run(request_of(folder), tmp_path / "first")
    assert len(cold) == N_IMAGES
    assert set(cold.values()) == {2}  # all are listed before the first one is embedded
    with openings(folder) as warm:
        second = run(request_of(folder), tmp_path / "second")
    assert set(warm.values()) == {1}
    for name in ("samples", "scores", "thumbnails"):
        pd.testing.assert_frame_equal(first.table(name), second.table(name))
    assert first.samples["content_hash"].str.len().min() > 16


def test_a_mask_is_listed_and_checked_and_read_once_for_all_detectors(tmp_path, monkeypatch, rng):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "cache"))
    data = tmp_path / "data"
    for part, n_images in (("train/good", 6), ("test/good", 2), ("test/hole", 3)):
        (data / part).mkdir(parents=True)
        for number in range(n_images):
            noise = rng.integers(0, 255, (90, 80, 3), np.uint8)
            Image.fromarray(noise).save(data / part / f"{number}.png")
    (data / "ground_truth" / "hole").mkdir(parents=True)
    for number in range(3):
        mask = np.zeros((90, 80), np.uint8)
        mask[20:40, 30:50] = 255
        Image.fromarray(mask).save(data / "ground_truth" / "hole" / f"{number}_mask.png")
    choices = tuple(DetectorChoice(name=name) for name in ("knn", "padim", "patchcore"))
    with openings(data / "ground_truth") as counts:
        run(DetectRequest(data=data, detectors=choices), tmp_path / "run")
    assert counts == {f"{number}_mask.png": 3 for number in range(3)}


def test_an_image_that_changes_after_it_was_listed_is_set_aside(folder):
    samples = datasets.load("folder", folder)
    Image.new("RGB", (80, 90)).save(folder / "3.png")
    found = extract(samples, folder, create("lite0", weights="random", size=64), cache=False)
    assert found.broken["sample_id"].tolist() == ["3.png"]
    assert "changed" in found.broken["reason"].iloc[0]


def test_copies_of_one_file_are_one_group(folder):
    (folder / "copy.png").write_bytes((folder / "5.png").read_bytes())
    samples = datasets.load("folder", folder)
    groups = groups_of(samples)
    names = samples["sample_id"].tolist()
    assert groups[names.index("copy.png")] == groups[names.index("5.png")]
    assert len(set(groups)) == N_IMAGES


def test_a_group_that_a_table_gives_is_kept(folder, tmp_path):
    table = tmp_path / "table.csv"
    paths = [f"images/{number}.png" for number in range(N_IMAGES)]
    pd.DataFrame({"path": paths, "group": ["a", "b"] * 4}).to_csv(table, index=False)
    groups = groups_of(datasets.load("table", table))
    assert groups.tolist() == [0, 1] * 4
    assert groups_of(datasets.load("folder", folder)).tolist() == list(range(N_IMAGES))


def test_an_image_cut_short_after_listing_is_told(folder):
    samples = datasets.load("folder", folder)
    (folder / "0.png").write_bytes(b"")
    found = extract(samples, folder, create("lite0", weights="random", size=64), cache=False)
    assert found.broken["sample_id"].tolist() == ["0.png"]


def test_a_recipe_opens_an_image_to_list_it_and_to_look_at_it_however_many_passes_it_takes(
    folder, tmp_path, monkeypatch
):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "cache"))
    with openings(folder) as counts:
        first = run_recipe(PCSpaceRequest(data=folder, windows=(9,)), tmp_path / "first")
    assert set(counts.values()) == {2}
    monkeypatch.setattr("anomalylab.recipes.pc_space.image_blocks.HELD_BYTES", 0)
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "other"))
    with openings(folder) as counts:
        second = run_recipe(PCSpaceRequest(data=folder, windows=(9,)), tmp_path / "second")
    assert min(counts.values()) > 2  # without room, each pass reads again
    pd.testing.assert_frame_equal(first.table("scores"), second.table("scores"))

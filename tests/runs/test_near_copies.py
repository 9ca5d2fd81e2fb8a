"""Near copies are told by the check, left out together by a run, and refused where all are."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from anomalylab import datasets
from anomalylab.datasets.check import check
from anomalylab.errors import DatasetError, UnknownNameError
from anomalylab.runs import near_copies
from anomalylab.runs.detect import run
from anomalylab.runs.inputs import groups_of, load_samples
from anomalylab.runs.preview import preview
from anomalylab.runs.request import DetectorChoice, DetectRequest
from anomalylab.runs.small_pictures import SmallPictures


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "cache"))


def surface(rng):
    coarse = Image.fromarray(rng.integers(60, 200, (12, 12), np.uint8))
    return np.asarray(coarse.resize((96, 96), Image.Resampling.BICUBIC), float)


def save(grey, path, rng):
    path.parent.mkdir(parents=True, exist_ok=True)
    noisy = np.clip(grey + rng.normal(0, 1, grey.shape), 0, 255).astype(np.uint8)
    Image.fromarray(noisy).save(path)


@pytest.fixture
def folder(tmp_path, rng):
    """Ten surfaces, the first of them photographed four times, the second twice."""
    for number in range(10):
        grey = surface(rng)
        for frame in range({0: 4, 1: 2}.get(number, 1)):
            save(grey, tmp_path / "images" / f"{number}_{frame}.png", rng)
    return tmp_path / "images"


def found_in(root, dataset="folder"):
    samples = datasets.load(dataset, root)
    return near_copies.find(samples, Path(samples.attrs.get("root") or root), SmallPictures("full"))


def request_of(folder):
    return DetectRequest(data=folder, size=(64, 64), detectors=(DetectorChoice(name="knn"),))


def test_near_copies_are_told_with_numbers_and_an_example(folder):
    (finding,) = found_in(folder).findings()
    assert finding.what == "near_copies"
    assert finding.severity == "note"
    assert "6 images in 2 groups" in finding.message
    assert "up to 4 in one, as '0_0.png' and '0_1.png'" in finding.message
    assert finding.paths == ["0_0.png", "0_1.png", "0_2.png", "0_3.png", "1_0.png", "1_1.png"]


def test_a_run_with_hidden_labels_tells_no_names_of_files(folder, tmp_path):
    finished = run(replace(request_of(folder), hide_labels=True), tmp_path / "run")
    told = str(finished.info.findings)
    assert "near copies" in told
    assert re.search(r"as '[0-9a-f]{12}\.png' and '[0-9a-f]{12}\.png'", told)
    assert "0_0.png" not in told


def test_the_check_tells_them(folder):
    words, is_usable = preview(request_of(folder))
    assert is_usable
    assert "6 images in 2 groups are near copies of each other" in words


def test_a_run_leaves_them_out_together_and_says_so(folder, tmp_path):
    made = run(request_of(folder), tmp_path / "run")
    groups = made.samples.set_index("sample_id")["group"]
    assert groups.loc[["0_0.png", "0_3.png"]].tolist() == ["near copies of 0_0.png"] * 2
    assert groups.loc["2_0.png":].isna().all()
    assert any("6 images in 2 groups" in finding.message for finding in made.info.findings)
    neighbours = made.table("neighbours").set_index("sample_id")["neighbour_id"]
    assert not neighbours.loc["0_0.png"].startswith("0_")


def test_copies_across_training_and_test_make_metrics_worth_less(tmp_path, rng):
    for number in range(6):
        grey = surface(rng)
        save(grey, tmp_path / "train" / "good" / f"{number}.png", rng)
        if number < 2:
            save(grey, tmp_path / "test" / "good" / f"{number}.png", rng)
        save(grey + surface(rng), tmp_path / "test" / "hole" / f"{number}.png", rng)
    (finding,) = found_in(tmp_path, "mvtec_ad").findings()
    assert finding.severity == "warning"
    assert "2 groups across training and test, so that metrics are worth less" in finding.message
    assert "under both labels" not in finding.message


def test_copies_under_both_labels_are_told(folder, tmp_path):
    table = tmp_path / "images.csv"
    paths = sorted(f"images/{path.name}" for path in folder.iterdir())
    labels = [int(path == "images/0_1.png") for path in paths]
    pd.DataFrame({"path": paths, "label": labels}).to_csv(table, index=False)
    (finding,) = found_in(table, "table").findings()
    assert "1 group under both labels" in finding.message


def test_groups_of_a_table_win_over_found_ones(folder, tmp_path):
    table = tmp_path / "images.csv"
    paths = sorted(f"images/{path.name}" for path in folder.iterdir())
    groups = [f"part {number // 2}" for number in range(len(paths))]
    pd.DataFrame({"path": paths, "group": groups}).to_csv(table, index=False)
    found = found_in(table, "table")
    assert found.grouped()["group"].tolist() == groups
    assert "the groups that were given are left out together" in found.findings()[0].message


def test_copies_of_a_file_join_the_near_copies_of_it(folder):
    (folder / "again.png").write_bytes((folder / "1_0.png").read_bytes())
    (folder / "other.png").write_bytes((folder / "5_0.png").read_bytes())
    found = found_in(folder)
    groups = found.grouped().set_index("sample_id")["group"]
    assert len(set(groups.loc[["again.png", "1_0.png", "1_1.png"]])) == 1
    assert groups.loc["other.png"] == groups.loc["5_0.png"]
    assert "5_0.png" not in found.findings()[0].paths


def test_files_of_the_same_pixels_are_left_to_the_check_of_duplicates(tmp_path, rng):
    for number in range(8):
        save(surface(rng), tmp_path / f"{number}.png", rng)
    Image.open(tmp_path / "0.png").save(tmp_path / "same.bmp")
    found = found_in(tmp_path)
    assert found.findings() == []
    assert found.grouped()["group"].notna().sum() == 2


def test_where_all_are_near_copies_of_one_nothing_can_be_told(tmp_path, rng):
    grey = surface(rng)
    for number in range(8):
        save(grey, tmp_path / "images" / f"{number}.png", rng)
    words, is_usable = preview(request_of(tmp_path / "images"))
    assert not is_usable
    assert "all 8 images to fit on are of one group" in words
    with pytest.raises(DatasetError, match="nothing can be told"):
        run(request_of(tmp_path / "images"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_file_that_breaks_off_is_passed_over(folder):
    content = (folder / "3_0.png").read_bytes()
    samples = datasets.load("folder", folder)
    (folder / "3_0.png").write_bytes(content[:200])
    found = near_copies.find(samples, folder, SmallPictures("full"))
    assert "6 images in 2 groups" in found.findings()[0].message
    report = near_copies.told(check(samples, folder), found)
    assert [finding.what for finding in report.findings].count("near_copies") == 1


def test_a_column_that_a_person_names_groups_images(folder, tmp_path):
    table = tmp_path / "images.csv"
    paths = sorted(f"images/{path.name}" for path in folder.iterdir())
    parts = [number // 2 if number else None for number in range(len(paths))]
    pd.DataFrame({"path": paths, "part": parts}).to_csv(table, index=False)
    request = replace(request_of(table), group_by="part")
    loaded = load_samples(request)
    grouped = near_copies.find(loaded.samples, loaded.root, SmallPictures("full")).grouped()
    assert groups_of(grouped).tolist() == [0, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7]
    assert "--group-by part" in request.command(tmp_path)
    assert len(set(groups_of(load_samples(replace(request, group_by="nothing")).samples))) == len(
        paths
    )
    with pytest.raises(UnknownNameError, match="prat"):
        load_samples(replace(request, group_by="prat"))

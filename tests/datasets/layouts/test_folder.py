"""A folder is listed as it lies on disk; what is odd is said, never guessed."""

import json

import pandas as pd
import pytest
from dataset_folders import ODD_NAMES, by_path

from anomalylab import datasets
from anomalylab.errors import DatasetError, UnknownNameError


def test_a_folder_of_unknown_roles_is_for_fitting_and_judging(write):
    samples = datasets.load("folder", write("b.png", "a.png", "monday/early/c.png"))
    assert list(samples["sample_id"]) == ["a.png", "b.png", "monday/early/c.png"]
    assert set(samples["split"]) == {"unlabelled"}
    assert samples["label"].isna().all()
    assert samples["defect_type"].isna().all()
    assert list(samples["folder"]) == [".", ".", "monday/early"]


def test_width_and_height_come_from_the_header(write):
    write("a.png", size=(6, 4))
    samples = datasets.load("folder", write("b.png", size=(9, 3)))
    assert list(samples["width"]) == [6, 9]
    assert list(samples["height"]) == [4, 3]


def test_hidden_files_are_passed_over_and_others_counted(write):
    root = write("a.png", ".hidden.png", ".git/b.png", "__MACOSX/c.png")
    (root / "notes.TXT").write_text("x")
    (root / "Thumbs.db").write_text("x")
    (root / "more.txt").write_text("x")
    samples = datasets.load("folder", root)
    assert list(samples["image_path"]) == ["a.png"]
    assert samples.attrs["ignored"] == {".db": 1, ".txt": 2}


@pytest.mark.parametrize("suffix", [".png", ".PNG", ".Jpg", ".JPEG", ".bmp", ".TIF", ".webp"])
def test_suffixes_count_in_any_case(write, suffix):
    assert len(datasets.load("folder", write(f"a{suffix}"))) == 1


def test_odd_names_are_kept_as_they_are(write):
    root = write(*ODD_NAMES, "früh schicht/it's.png")
    samples = datasets.load("folder", root)
    assert set(samples["image_path"]) == {*ODD_NAMES, "früh schicht/it's.png"}
    assert list(samples["image_path"]) == sorted(samples["image_path"])


def test_a_name_that_is_no_text_is_set_aside(write):
    root = write("a.png")
    (root / "bad\udcff.png").write_bytes((root / "a.png").read_bytes())
    samples = datasets.load("folder", root)
    assert list(samples["image_path"]) == ["a.png"]
    (broken,) = samples.attrs["broken"]
    assert "not valid text" in broken["reason"]
    json.dumps(samples.attrs).encode()


def test_broken_files_are_set_aside_with_a_reason(write):
    root = write("a.png", "b.png")
    (root / "empty.png").write_bytes(b"")
    (root / "text.jpg").write_text("no image")
    (root / "cut.png").write_bytes((root / "a.png").read_bytes()[:-20])
    samples = datasets.load("folder", root)
    assert list(samples["image_path"]) == ["a.png", "b.png"]
    reasons = {found["path"]: found["reason"] for found in samples.attrs["broken"]}
    assert set(reasons) == {"cut.png", "empty.png", "text.jpg"}
    assert "empty" in reasons["empty.png"]
    assert str(root) not in json.dumps(samples.attrs)


def test_only_broken_files_are_refused_with_the_first_reason(tmp_path):
    (tmp_path / "empty.png").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"none of the 1 image files.*'empty.png'.*empty"):
        datasets.load("folder", tmp_path)


def test_no_images_are_refused_with_what_is_there(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(DatasetError, match=r"no images in .*found only other files \(1 \.txt\)"):
        datasets.load("folder", tmp_path)


@pytest.mark.parametrize("name", ["folder", "mvtec_ad", "kolektor_sdd2", "kolektor_sdd", "table"])
def test_a_missing_folder_is_refused(tmp_path, name):
    with pytest.raises(DatasetError, match="missing"):
        datasets.load(name, tmp_path / "missing")


@pytest.mark.parametrize("name", ["folder", "mvtec_ad", "kolektor_sdd2", "kolektor_sdd"])
def test_an_empty_folder_is_refused(tmp_path, name):
    with pytest.raises(DatasetError, match="expected"):
        datasets.load(name, tmp_path)


def test_a_normal_folder_is_for_training_and_all_others_for_testing(write):
    root = write("ok/deep/a.png", "new/b.png", "bad/c.png")
    samples = datasets.load("folder", root, normal="ok/", anomalous=["bad"])
    assert by_path(samples, "split") == {
        "bad/c.png": "test",
        "new/b.png": "test",
        "ok/deep/a.png": "train",
    }
    labels = by_path(samples, "label")
    assert (labels["ok/deep/a.png"], labels["bad/c.png"]) == (0, 1)
    assert pd.isna(labels["new/b.png"])
    types = by_path(samples, "defect_type")
    assert (types["ok/deep/a.png"], types["bad/c.png"]) == ("good", "bad")


def test_a_normal_folder_that_is_also_for_testing_is_not_trained_on(write):
    root = write("train/good/a.png", "test/good/b.png", "test/bad/c.png", "misc/d.png")
    samples = datasets.load("folder", root, normal="*good", test="test", anomalous="test/bad")
    assert by_path(samples, "split") == {
        "test/bad/c.png": "test",
        "test/good/b.png": "test",
        "train/good/a.png": "train",
    }
    assert list(samples["label"]) == [1, 0, 0]
    assert samples.attrs["findings"] == [{"what": "unused_images", "n": 1, "paths": ["misc/d.png"]}]


def test_naming_only_what_is_for_testing_leaves_the_rest_for_training(write):
    samples = datasets.load("folder", write("a/1.png", "b/2.png"), test="b")
    assert list(samples["split"]) == ["train", "test"]
    assert samples["label"].isna().all()


def test_masks_in_a_folder_label_their_images(write):
    root = write("images/a.png", "images/b.png", "images/c.png")
    write("masks/a.png", marked=True)
    write("masks/b_mask.png", "masks/zz.png", marked=False)
    samples = datasets.load("folder", root, masks="masks")
    assert list(samples["label"])[:2] == [1, 0]
    assert pd.isna(samples["label"][2])
    assert list(samples["mask_path"])[:2] == ["masks/a.png", "masks/b_mask.png"]
    assert pd.isna(samples["mask_path"][2])
    assert samples.attrs["findings"] == [
        {"what": "masks_without_image", "n": 1, "paths": ["masks/zz.png"]}
    ]


def test_files_that_look_like_masks_are_pointed_out(write):
    samples = datasets.load("folder", write("a.png", "a_mask.png", "ground_truth/a.png"))
    (found,) = samples.attrs["findings"]
    assert found["what"] == "perhaps_masks"
    assert found["paths"] == ["a_mask.png", "ground_truth/a.png"]


def test_a_folder_that_is_not_there_suggests_the_nearest(write):
    with pytest.raises(UnknownNameError, match="'good'"):
        datasets.load("folder", write("good/a.png", "bad/b.png"), normal="goood")

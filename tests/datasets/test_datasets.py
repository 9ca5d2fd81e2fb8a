"""Each layout is listed as it lies on disk; what is odd is said, never guessed."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from anomalylab import datasets
from anomalylab.datasets import LoaderRegistry, Option
from anomalylab.datasets._masks import match_masks  # of a file without a loader
from anomalylab.errors import (
    DatasetError,
    ParameterError,
    SchemaError,
    UnknownNameError,
)
from anomalylab.schema import SAMPLES

ODD_NAMES = [
    "with space.png",
    'it\'s "quoted".png',
    "line\nbreak.png",
    "<script>alert(1)<br>.png",
    "日本 überprüft ✓.PNG",
    "100% [a-b]*.png",
]


@pytest.fixture
def write(tmp_path):
    """Write images by path below the test's folder; with a mask, one marked pixel or none."""

    def write(*paths, size=(6, 4), marked=None):
        for path in paths:
            pixels = np.full(size[::-1], 90, np.uint8)
            if marked is not None:
                pixels = np.zeros(size[::-1], np.uint8)
                pixels[1, 2] = 255 * marked
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(tmp_path / path)
        return tmp_path

    return write


@pytest.fixture
def mvtec(write):
    write("bottle/train/good/000.png", "bottle/train/good/001.png", "bottle/test/good/000.png")
    write("bottle/test/hole/000.png", "bottle/test/hole/001.png", "bottle/test/cut/000.png")
    for kind, number in (("hole", "000"), ("hole", "001"), ("cut", "000")):
        write(f"bottle/ground_truth/{kind}/{number}_mask.png", marked=True)
    return write("cable/train/good/000.png", "cable/test/good/000.png")


@pytest.fixture
def kolektor(write):
    for board in range(1, 7):
        for part in range(3):
            write(f"kos{board:02d}/Part{part}.jpg", size=(20, 30))
            write(f"kos{board:02d}/Part{part}_label.bmp", size=(20, 30), marked=part == 1)
    return write()


def by_path(samples, column):
    return dict(zip(samples["image_path"], samples[column], strict=True))


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


def test_mvtec_is_listed_with_masks_by_stem(mvtec):
    (mvtec / "bottle/ground_truth/hole/000_mask.png").unlink()  # a lost mask shifts nothing
    samples = datasets.load("mvtec_ad", mvtec, category="bottle")
    assert len(samples) == 6
    assert set(samples["category"]) == {"bottle"}
    assert list(samples.groupby("split").size()) == [4, 2]
    masks = by_path(samples, "mask_path")
    assert masks["bottle/test/hole/001.png"] == "bottle/ground_truth/hole/001_mask.png"
    assert masks["bottle/test/cut/000.png"] == "bottle/ground_truth/cut/000_mask.png"
    assert pd.isna(masks["bottle/test/hole/000.png"])
    assert pd.isna(masks["bottle/test/good/000.png"])
    assert samples.attrs["findings"] == [
        {"what": "images_without_mask", "n": 1, "paths": ["bottle/test/hole/000.png"]}
    ]
    assert by_path(samples, "label")["bottle/test/good/000.png"] == 0
    assert by_path(samples, "defect_type")["bottle/test/cut/000.png"] == "cut"


def test_a_mask_whose_image_is_lost_goes_to_no_other(mvtec):
    (mvtec / "bottle/test/hole/001.png").unlink()
    samples = datasets.load("mvtec_ad", mvtec, category="bottle")
    assert samples.attrs["findings"] == [
        {
            "what": "masks_without_image",
            "n": 1,
            "paths": ["bottle/ground_truth/hole/001_mask.png"],
        }
    ]


@pytest.mark.parametrize("params", [{}, {"category": "bottle"}])
def test_a_category_of_mvtec_may_be_the_root(mvtec, params):
    samples = datasets.load("mvtec_ad", mvtec / "bottle", **params)
    assert samples["image_path"][0] == "test/cut/000.png"
    assert samples["mask_path"][0] == "ground_truth/cut/000_mask.png"
    assert set(samples["category"]) == {"bottle"}


def test_several_categories_ask_for_a_choice_and_typing_errors_are_met(mvtec):
    with pytest.raises(ParameterError, match="choose one: bottle, cable"):
        datasets.load("mvtec_ad", mvtec)
    with pytest.raises(UnknownNameError, match="did you mean 'bottle'"):
        datasets.load("mvtec_ad", mvtec, category="botle")
    with pytest.raises(UnknownNameError, match="option of dataset 'mvtec_ad' 'categry'"):
        datasets.load("mvtec_ad", mvtec, categry="bottle")
    with pytest.raises(UnknownNameError, match="'mvtec_ad'"):
        datasets.load("mvtec", mvtec)


def test_other_names_for_normal_and_masks_called_as_images_are_read(write):
    root = write("01/train/ok/0000.BMP", "01/test/ok/0001.bmp", "01/test/ko/0000.bmp")
    write("01/ground_truth/ko/0000.png", marked=True)
    samples = datasets.load("mvtec_ad", root)
    assert list(samples["label"]) == [1, 0, 0]
    assert list(samples["defect_type"]) == ["ko", "good", "good"]
    assert samples["mask_path"][0] == "01/ground_truth/ko/0000.png"


def test_without_any_mask_mvtec_is_listed_all_the_same(mvtec):
    samples = datasets.load("mvtec_ad", mvtec, category="cable")
    assert samples["mask_path"].isna().all()


def test_kolektor_sdd2_takes_labels_from_masks(write):
    write("train/10000.png", "train/100.png", "test/20000.png", "test/20001.png")
    write("train/10000_GT.png", "test/20000_GT.png", marked=False)
    write("train/100_GT.png", "test/20009_GT.png", marked=True)
    samples = datasets.load("kolektor_sdd2", write())
    assert by_path(samples, "split") == {
        "test/20000.png": "test",
        "test/20001.png": "test",
        "train/100.png": "train",
        "train/10000.png": "train",
    }
    labels = by_path(samples, "label")
    assert (labels["train/10000.png"], labels["train/100.png"]) == (0, 1)
    assert pd.isna(labels["test/20001.png"])
    assert samples["mask_path"][2] == "train/100_GT.png"
    assert samples.attrs["findings"] == [
        {"what": "masks_without_image", "n": 1, "paths": ["test/20009_GT.png"]},
        {"what": "images_without_mask", "n": 1, "paths": ["test/20001.png"]},
    ]


def test_a_mask_that_cannot_be_read_leaves_its_image_unlabelled(write):
    root = write("train/1.png", "train/2.png")
    write("train/1_GT.png", marked=True)
    (root / "train/2_GT.png").write_bytes(b"no image")
    samples = datasets.load("kolektor_sdd2", root)
    assert samples["label"][0] == 1
    assert pd.isna(samples["label"][1])
    assert samples.attrs["findings"][0]["what"] == "unreadable_masks"


def test_kolektor_sdd_never_splits_a_board(kolektor):
    samples = datasets.load("kolektor_sdd", kolektor)
    assert len(samples) == 18
    of_split = {split: set(group["item"]) for split, group in samples.groupby("split")}
    assert not of_split["train"] & of_split["test"]
    assert len(of_split["test"]) == 2  # a third of six
    assert list(samples["label"][:3]) == [0, 1, 0]
    assert samples["mask_path"][1] == "kos01/Part1_label.bmp"


def test_the_boards_drawn_follow_seed_and_share(kolektor):
    def test_boards(**params):
        samples = datasets.load("kolektor_sdd", kolektor, **params)
        return set(samples.loc[samples["split"] == "test", "item"])

    assert test_boards(seed=3) == test_boards(seed=3)
    assert len({frozenset(test_boards(seed=seed)) for seed in range(8)}) > 1
    assert len(test_boards(test_share=0.99)) == 5
    assert len(test_boards(test_share=0.01)) == 1
    with pytest.raises(ParameterError, match="test_share"):
        test_boards(test_share=1.0)


def test_a_single_board_cannot_be_split(write):
    with pytest.raises(DatasetError, match="one board, 'kos01'"):
        datasets.load("kolektor_sdd", write("kos01/Part0.jpg"))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_table_carries_its_further_columns(write, kind):
    root = write("data/a.png", "data/b.png", "data/c.png")
    write("data/b_mask.png", marked=True)
    table = pd.DataFrame(
        {
            "path": ["c.png", str(root / "data/a.png"), "b.png"],
            "label": ["normal", None, "1"],
            "mask_path": [None, None, "b_mask.png"],
            "split": ["train", "test", "test"],
            "shift": ["early", "late", "early"],
            "camera": [1, 2, 2],
        }
    )
    path = root / f"data/line.{kind}"
    table.to_csv(path, index=False) if kind == "csv" else table.to_parquet(path)
    samples = datasets.load("table", path)
    assert list(samples["image_path"]) == ["a.png", "b.png", "c.png"]
    assert list(samples["shift"]) == ["late", "early", "early"]
    assert list(samples["camera"]) == [2, 2, 1]
    assert list(samples["split"]) == ["test", "test", "train"]
    assert list(samples["label"][1:]) == [1, 0]
    assert pd.isna(samples["label"][0])
    assert samples["mask_path"][1] == "b_mask.png"
    assert samples["defect_type"][2] == "good"
    assert samples["category"][0] == "line"
    assert samples.attrs["root"] == str(root / "data")


def test_a_table_of_paths_alone_says_nothing_of_roles(write):
    root = write("a.png", "sub/b.png")
    (root / "t.csv").write_text('image_path\na.png\n"sub/b.png"\nlost.png\n')
    samples = datasets.load("table", root / "t.csv")
    assert set(samples["split"]) == {"unlabelled"}
    assert samples["label"].isna().all()
    assert samples.attrs["broken"] == [{"path": "lost.png", "reason": "there is no such file"}]


def test_odd_names_survive_a_table(write):
    root = write(*ODD_NAMES)
    pd.DataFrame({"path": ODD_NAMES}).to_csv(root / "t.csv", index=False)
    assert set(datasets.load("table", root / "t.csv")["image_path"]) == set(ODD_NAMES)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("file\na.png", SchemaError, "needs a column image_path or path"),
        ("path,width\na.png,3", SchemaError, "rename the columns"),
        ("path,score\na.png,3", SchemaError, "rename the columns"),
        ("path\na.png\na.png", SchemaError, "twice"),
        ("path,x\n,1", SchemaError, "no image path"),
        ("path,label\na.png,maybe", ParameterError, "'maybe'"),
        ("path,split\na.png,trian", UnknownNameError, "did you mean 'train'"),
        ("path", DatasetError, "no images"),
        ("", DatasetError, "cannot be read"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(write, text, error, message):
    root = write("a.png")
    (root / "t.csv").write_text(text)
    with pytest.raises(error, match=message):
        datasets.load("table", root / "t.csv")


def test_layouts_are_found_out(mvtec, tmp_path):
    assert datasets.detect_layout(mvtec) == "mvtec_ad"
    assert datasets.detect_layout(mvtec / "bottle") == "mvtec_ad"
    assert datasets.detect_layout(mvtec / "bottle/train") == "folder"
    (tmp_path / "t.CSV").write_text("path")
    assert datasets.detect_layout(tmp_path / "t.CSV") == "table"
    with pytest.raises(DatasetError, match="neither a folder nor"):
        datasets.detect_layout(tmp_path / "missing")


def test_the_kolektor_layouts_are_found_out(kolektor, write):
    assert datasets.detect_layout(kolektor) == "kolektor_sdd"
    write("second/train/1.png", "second/train/1_GT.png")
    assert datasets.detect_layout(kolektor / "second") == "kolektor_sdd2"


def test_a_mask_that_fits_two_images_is_given_to_none():
    matches = match_masks(["a/1.png", "b/1.png"], {"masks/1.png": ""})
    assert matches.masks == {}
    assert matches.findings[0]["what"] == "ambiguous_masks"


def test_of_images_of_one_name_the_mask_takes_the_one_beside_it():
    images = ["a/img/1.png", "b/img/1.png"]
    matches = match_masks(images, {"b/masks/1.png": "", "a/masks/1.png": ""})
    assert matches.masks == {"a/img/1.png": "a/masks/1.png", "b/img/1.png": "b/masks/1.png"}


def test_the_full_stem_decides_before_the_stripped_one():
    matches = match_masks(["1.png", "1_mask.png"], {"gt/1_mask.png": ""})
    assert matches.masks == {"1_mask.png": "gt/1_mask.png"}


def test_a_loader_of_a_plugin_is_checked(monkeypatch):
    registry = LoaderRegistry()

    @registry.register("made up")
    def load(root):
        return pd.DataFrame(
            {name: ["x"] for name in SAMPLES.columns}
            | {"label": [2], "width": [1], "height": [1], "split": ["test"]}
        )

    monkeypatch.setattr(datasets, "registry", registry)
    with pytest.raises(SchemaError, match=r"label must be one of \[0, 1\]"):
        datasets.load("made up", None)


def load_nothing(root, *, shelf=None, preset=None):
    return pd.DataFrame()


def test_a_folder_that_two_loaders_know_is_refused_unless_one_of_them_is_meant(tmp_path):
    registry = LoaderRegistry()
    registry.register("special", fits=Path.is_dir)(load_nothing)
    assert registry.detect(tmp_path) == "special"
    registry.register("general", fits=Path.is_dir)(load_nothing)
    with pytest.raises(DatasetError, match="general, special; say which with --dataset"):
        registry.detect(tmp_path)
    registry.register("special", fits=Path.is_dir, rather_than=["general"])(load_nothing)
    assert registry.detect(tmp_path) == "special"


def test_an_option_that_no_parameter_takes_is_refused():
    with pytest.raises(ParameterError, match="no parameter 'shlef'"):
        LoaderRegistry().register("a", options={"shlef": Option(help="which")})(load_nothing)


def test_two_loaders_share_an_option_of_one_name():
    registry = LoaderRegistry()
    easy, hard = (Option(help=name, choices=(name,)) for name in ("easy", "hard"))
    registry.register("a", options={"preset": easy, "shelf": easy})(load_nothing)
    registry.register("b", options={"preset": hard, "shelf": Option(help="easy")})(load_nothing)
    assert registry.options()["preset"] == Option(help="easy; hard", choices=("easy", "hard"))
    assert registry.options()["shelf"] == Option(help="easy")


def test_real_data_has_the_published_counts(real_data):
    bottle = datasets.load("mvtec_ad", real_data / "mvtec_ad/bottle")
    counts = bottle.groupby(["split", "defect_type"]).size().to_dict()
    assert counts == {
        ("test", "broken_large"): 20,
        ("test", "broken_small"): 22,
        ("test", "contamination"): 21,
        ("test", "good"): 20,
        ("train", "good"): 209,
    }
    assert bottle["mask_path"].notna().sum() == 63
    boards = datasets.load("kolektor_sdd2", real_data / "kolektor_in_ksdd2_layout")
    assert boards.groupby(["split", "label"]).size().tolist() == [49, 7, 91, 13]

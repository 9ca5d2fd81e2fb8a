"""The layouts of MVTec AD and of the Kolektor data sets are listed with labels and masks."""

import pandas as pd
import pytest
from dataset_folders import by_path

from anomalylab import datasets
from anomalylab.errors import DatasetError, ParameterError, UnknownNameError


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

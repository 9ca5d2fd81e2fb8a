"""Words of folders, patterns and links say what images are for, or are asked about."""

import numpy as np
import pytest
from dataset_folders import FLAW, by_path, findings

from anomalylab import datasets
from anomalylab.cli.main import main
from anomalylab.datasets._words import label_of_folder
from anomalylab.errors import DatasetError


@pytest.mark.parametrize(
    ("name", "label"),
    [
        *((name, 0) for name in ("OK", "ok", "Good", "gut", "bon", "i.O.", "defect-free", "OK_2")),
        *((name, 1) for name in ("NG", "nok", "schlecht", "Defect", "n.i.O.", "Ausschuß", "不良")),
        *((name, None) for name in ("scratch", "monday", "line_2", "goodyear", "kodak")),
    ],
)
def test_words_for_good_and_defective_parts_are_known_in_any_case(name, label):
    assert label_of_folder(name) == label


@pytest.mark.parametrize(
    ("good", "bad", "splits"),
    [
        ("OK", "NG", ("train", "test", "ground_truth")),
        ("Good", "Scratch", ("Train", "Test", "Ground Truth")),
        ("gut", "schlecht", ("training", "testing", "masks")),
    ],
)
def test_the_layout_of_mvtec_is_known_by_other_words(mvtec, good, bad, splits):
    root = mvtec(good, bad, splits=splits)
    assert datasets.detect_layout(root) == "mvtec_ad"
    samples = datasets.load("mvtec_ad", root)
    counts = samples.groupby(["split", "label"]).size().to_dict()
    assert counts == {("test", 0): 3, ("test", 1): 3, ("train", 0): 20}
    assert samples["mask_path"].notna().sum() == 3
    assert set(samples["defect_type"]) == {"good", bad}


def test_a_layout_of_unknown_words_says_what_is_expected(mvtec):
    with pytest.raises(DatasetError, match=r"train/good.*train/OK"):
        datasets.load("mvtec_ad", mvtec("erste_wahl"))


def test_folders_of_good_and_defective_parts_are_asked_about_with_the_flags_to_type(write):
    for i in range(20):
        write(f"OK/{i}.png")
    root = write("NG/lot 1/0.png")
    found = findings(root)["roles_by_name"]
    assert (found.severity, found.paths) == ("warning", ["NG/lot 1/0.png"])
    assert found.advice == "say what they are: --normal OK --anomalous NG"
    assert "roles_by_name" not in findings(root, normal="OK", anomalous=["NG"])
    samples = datasets.load("folder", root, normal="OK", anomalous="NG")
    assert by_path(samples, "split")["NG/lot 1/0.png"] == "test"


def test_test_images_outside_a_known_layout_are_asked_about(write):
    write("parts/train/a.png")
    write("parts/ng/a.png")
    root = write("parts/test/b.png")
    assert findings(root)["roles_by_name"].advice == (
        "say what they are: --anomalous parts/ng --test parts/test"
    )


def test_folders_of_one_name_are_named_by_a_pattern(write):
    for lot in "abc":
        write(f"{lot}/OK/1.png")
        root = write(f"{lot}/NG/1.png")
    assert findings(root)["roles_by_name"].advice.endswith("--normal '*/OK' --anomalous '*/NG'")
    samples = datasets.load("folder", root, normal=["*/OK"], anomalous=["*/NG"])
    assert samples.groupby("split")["label"].agg(list).to_dict() == {
        "test": [1, 1, 1],
        "train": [0, 0, 0],
    }


def test_a_good_folder_beside_others_is_noted_and_alone_it_is_not(write):
    root = write("good/a.png")
    assert not {"good_by_name", "roles_by_name"} & set(findings(root))
    write("tuesday/a.png")
    assert findings(root)["good_by_name"].advice == "say what they are: --normal good"


def test_options_take_globs_of_files(write):
    write("good_1.png")
    write("deep/good_2.png")
    root = write("odd_1.png")
    samples = datasets.load("folder", root, normal=["good_*", "deep/good_*.png"], anomalous="odd*")
    assert by_path(samples, "split") == {
        "deep/good_2.png": "train",
        "good_1.png": "train",
        "odd_1.png": "test",
    }
    assert by_path(samples, "label")["odd_1.png"] == 1


def test_masks_may_be_named_by_a_glob_of_files_in_any_folder(write):
    write("a/1.png")
    root = write("a/1_mask.png", 255 * FLAW.astype(np.uint8))
    assert "--masks '*_mask.png'" in findings(root)["perhaps_masks"].advice
    samples = datasets.load("folder", root, masks="*_mask.png")
    assert by_path(samples, "mask_path") == {"a/1.png": "a/1_mask.png"}


def test_an_option_of_the_command_line_may_be_given_several_times(write, capsys):
    for i in range(12):
        write(f"a/good_{i}.png")
        root = write(f"b/ok_{i}.png")
    write("c/x.png")
    main(["check", str(root), "--normal", "a", "--normal", "b/ok*", "--size", "64"])
    told = " ".join(capsys.readouterr().out.split())
    assert "24 train normal good fitted on" in told
    assert "1 test unknown judged" in told


def test_linked_folders_are_followed_once_and_loops_end(write):
    write("images/a/1.png")
    root = write("store/b/2.png")
    (root / "images/b").symlink_to("../store/b", target_is_directory=True)
    (root / "images/0_first").symlink_to("a", target_is_directory=True)
    (root / "images/again").symlink_to(".", target_is_directory=True)
    (root / "images/up").symlink_to("../..", target_is_directory=True)
    (root / "images/lost").symlink_to("nowhere", target_is_directory=True)
    samples = datasets.load("folder", root / "images")
    assert list(samples["image_path"]) == ["a/1.png", "b/2.png"]

"""What the check says of data sets in which one thing at a time is wrong."""

import json
import shutil

import numpy as np
import pytest
import tifffile
from PIL import Image

from anomalylab import datasets
from anomalylab.datasets.check import check, describe
from anomalylab.datasets.check._facts import read_facts
from anomalylab.errors import ParameterError


@pytest.fixture
def write(tmp_path):
    """Write an image of noise of its own, or the pixels given, below the test's folder."""
    rng = np.random.default_rng(0)

    def write(path, pixels=None, size=(12, 12)):
        if pixels is None:
            pixels = rng.integers(0, 256, (*size, 3)).astype(np.uint8)
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / path)
        return tmp_path

    return write


def mask(*boxes, size=(12, 12)):
    """Return a mask with boxes (top, left, bottom, right) marked."""
    pixels = np.zeros(size, np.uint8)
    for top, left, bottom, right in boxes:
        pixels[top:bottom, left:right] = 255
    return pixels


@pytest.fixture
def bottle(write):
    for i in range(25):
        write(f"train/good/{i:03d}.png")
    write("test/good/000.png")
    write("test/hole/000.png")
    write("ground_truth/hole/000_mask.png", mask((2, 2, 8, 8)))
    return write("test/good/001.png")


def report_on(root, name="mvtec_ad", *, params=None, **options):
    samples = datasets.load(name, root, **(params or {}))
    return check(samples, root, **{"size": (12, 12), "cell": 2, **options})


def kinds(report):
    return {finding.what: finding for finding in report.findings}


def test_a_sound_data_set_has_no_findings(bottle):
    report = report_on(bottle)
    assert report.findings == []
    assert report.is_usable
    assert (report.n_images, report.n_masks) == (28, 1)
    assert "nothing to report" in describe(report)


def test_images_are_counted_by_what_they_are_used_for(bottle):
    counted = [
        (c["split"], c["label"], c["defect_type"], c["n_images"]) for c in report_on(bottle).counts
    ]
    assert counted == [
        ("test", "anomalous", "hole", 1),
        ("test", "normal", "good", 2),
        ("train", "normal", "good", 25),
    ]
    text = describe(report_on(bottle))
    assert "25  train  normal     good  fitted on: they show what is normal" in text
    assert "1  test   anomalous  hole  judged" in text


def test_sizes_and_kinds_are_counted(bottle, write):
    write("test/good/002.png", np.zeros((5, 7), np.uint8))
    report = report_on(bottle)
    assert report.sizes == [
        {"width": 12, "height": 12, "n_images": 28},
        {"width": 7, "height": 5, "n_images": 1},
    ]
    assert report.kinds == [
        {"format": "PNG", "mode": "RGB", "bits": 8, "n_images": 28},
        {"format": "PNG", "mode": "grey", "bits": 8, "n_images": 1},
    ]
    assert {"mixed_sizes", "mixed_kinds"} <= set(kinds(report))


def test_the_report_is_fit_for_json(bottle, write):
    (bottle / "test/good/cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    write("ground_truth/hole/009_mask.png", mask())
    report = report_on(bottle)
    again = json.loads(json.dumps(report.to_dict()))
    assert again["findings"][0]["severity"] == "warning"
    assert {found["what"] for found in again["findings"]} == {"broken_files", "masks_without_image"}


def test_an_unlabelled_folder_is_said_to_be_for_both(write):
    for i in range(30):
        root = write(f"{i}.png")
    report = report_on(root, "folder")
    assert "fitted on and judged, each by the others" in describe(report)
    assert set(kinds(report)) == {"no_metrics"}
    assert report.is_usable


def test_a_single_image_cannot_be_used(write):
    report = report_on(write("a.png"), "folder")
    assert not report.is_usable
    assert report.findings[0].severity == "error"
    assert "a single image" in report.findings[0].message


def test_images_that_are_all_defective_cannot_be_used(write):
    write("bad/a.png")
    report = report_on(write("bad/b.png"), "folder", params={"anomalous": "bad"})
    assert "all 2 images are labelled anomalous" in kinds(report)["no_training_images"].message


def test_too_few_and_no_training_images_are_told_apart(write):
    write("new/a.png")
    write("good/a.png")
    few = report_on(write("good/b.png"), "folder", params={"normal": "good"})
    assert kinds(few)["few_training_images"].severity == "warning"
    none = report_on(
        write("new/b.png"), "folder", params={"normal": "good", "test": ["good", "new"]}
    )
    assert "of 4 images 0 can be fitted on" in kinds(none)["no_training_images"].message


def test_nothing_to_judge_is_an_error(write):
    write("good/a.png")
    report = report_on(write("good/b.png"), "folder", params={"normal": "good"})
    assert kinds(report)["no_query_images"].severity == "error"


def test_broken_files_are_named_with_a_reason(bottle):
    (bottle / "train/good/x.png").write_bytes(b"")
    found = kinds(report_on(bottle))["broken_files"]
    assert (found.n, found.paths) == (1, ["train/good/x.png"])
    assert "1 file set aside" in found.message
    assert "empty" in found.message


def test_masks_without_images_and_images_without_masks_are_told(bottle, write):
    write("ground_truth/hole/007_mask.png", mask())
    write("test/hole/003.png")
    found = kinds(report_on(bottle))
    assert found["masks_without_image"].paths == ["ground_truth/hole/007_mask.png"]
    assert found["images_without_mask"].paths == ["test/hole/003.png"]


def test_an_empty_mask_of_an_anomalous_image_is_told(bottle, write):
    write("ground_truth/hole/000_mask.png", mask())
    assert kinds(report_on(bottle))["empty_masks"].paths == ["test/hole/000.png"]


def test_a_marked_mask_of_a_normal_image_is_told(bottle, write):
    write("ground_truth/good/000.png", mask((0, 0, 9, 9)))
    assert kinds(report_on(bottle))["marked_normal"].paths == ["test/good/000.png"]


def test_a_mask_of_another_size_is_told(bottle, write):
    write("ground_truth/hole/000_mask.png", mask((0, 0, 9, 9), size=(12, 13)))
    assert kinds(report_on(bottle))["mask_sizes"].n == 1


def test_a_broken_mask_is_told_and_not_used(bottle):
    (bottle / "ground_truth/hole/000_mask.png").write_bytes(b"")
    report = report_on(bottle)
    assert kinds(report)["unreadable_masks"].n == 1
    assert report.n_masks == 0


def test_a_duplicate_across_splits_is_a_leak(bottle):
    shutil.copy(bottle / "train/good/003.png", bottle / "test/good/leak.png")
    found = kinds(report_on(bottle))
    assert found["duplicates_across_splits"].paths == ["test/good/leak.png", "train/good/003.png"]
    assert "too good" in found["duplicates_across_splits"].message
    assert "duplicates" not in found


def test_duplicates_within_a_split_are_told_apart_from_leaks(bottle):
    shutil.copy(bottle / "train/good/003.png", bottle / "train/good/again.png")
    found = kinds(report_on(bottle))
    assert found["duplicates"].n == 2
    assert "duplicates_across_splits" not in found


def test_one_content_with_two_labels_is_told(bottle):
    shutil.copy(bottle / "test/hole/000.png", bottle / "test/good/twin.png")
    found = kinds(report_on(bottle))["contradicting_labels"]
    assert found.paths == ["test/good/twin.png", "test/hole/000.png"]


def test_a_cell_is_given_in_original_pixels(bottle):
    report = report_on(bottle, size=(6, 4), cell=2)
    # rows shrink 12 / 6 = 2 times, columns 3 times
    assert report.resolution["cell_height"] == 4
    assert report.resolution["cell_width"] == 6
    assert "one cell of 2 pixels covers 6 x 4 pixels of the original" in describe(report)


@pytest.mark.parametrize(("side", "warns"), [(3, False), (2, True)])
def test_shrinking_more_than_four_times_warns(bottle, side, warns):
    report = report_on(bottle, size=(side, side), cell=1)  # 12 / 3 = 4 times, 12 / 2 = 6
    assert ("shrinks_much" in kinds(report)) == warns


def test_defects_smaller_than_a_cell_are_counted(bottle, write):
    # a cell covers 4 x 4 = 16 pixels; the defects have 4, 16 and 20
    boxes = ((0, 0, 2, 2), (4, 0, 8, 4), (0, 6, 5, 10))
    write("ground_truth/hole/000_mask.png", mask(*boxes))
    report = report_on(bottle, size=(6, 6), cell=2)
    assert (report.resolution["n_defects"], report.resolution["n_small"]) == (3, 1)
    assert "1 of 3 marked defects (33%)" in kinds(report)["small_defects"].message


def test_long_images_made_square_are_told_a_better_size(write):
    for i in range(25):
        root = write(f"{i}.png", size=(64, 16))
    found = kinds(report_on(root, "folder", size=(64, 64), cell=16))["squeezed"]
    # as many pixels, 4 times as high as wide: 128 x 32
    assert (found.n, "--size 128x32" in found.advice) == (25, True)


@pytest.mark.parametrize("top", [4095, 5000])
def test_12_bits_in_16_are_told_the_range_to_use(write, top):
    for i in range(25):
        pixels = np.full((12, 12), i, np.uint16)
        pixels[0, 0] = top
        root = write(f"{i}.png", pixels)
    found = kinds(report_on(root, "folder"))
    if top == 5000:  # more than a sixteenth of 65535
        assert "dark" not in found
    else:
        assert found["dark"].advice == "use --intensity range:0,4095"
        assert "dark" not in kinds(report_on(root, "folder", intensity="range:0,4095"))


def test_a_range_that_does_not_suit_is_told(write):
    for i in range(25):
        root = write(f"{i}.png", np.full((12, 12), 1000 + i, np.uint16))
    found = kinds(report_on(root, "folder", intensity="range:0,500"))
    assert (found["clipped"].n, "dark" in found) == (25, False)
    write("eight.png", np.full((12, 12), 9, np.uint8))
    found = kinds(report_on(root, "folder", intensity="range:0,5000"))
    assert found["dark"].paths == ["eight.png"]


def test_floats_beyond_one_need_a_range(tmp_path):
    for i in range(3):
        tifffile.imwrite(tmp_path / f"{i}.tif", np.array([[0, i + 0.5]], np.float32))
    report = report_on(tmp_path, "folder")
    found = kinds(report)["floats_beyond_one"]
    assert (found.severity, found.paths) == ("error", ["1.tif", "2.tif"])
    assert "range:0,2.5" in found.advice
    assert "floats_beyond_one" not in kinds(report_on(tmp_path, "folder", intensity="range:0,2.5"))


def test_many_deep_images_are_sampled(write, monkeypatch):
    monkeypatch.setattr("anomalylab.datasets.check._facts.N_DEEP", 4)
    for i in range(9):
        root = write(f"{i}.png", np.full((3, 3), i, np.uint16))
    samples = datasets.load("folder", root)
    facts = read_facts(samples, root)
    assert facts["high"].dropna().tolist() == [0, 3, 6]


def test_an_unknown_intensity_rule_is_refused(bottle):
    with pytest.raises(ParameterError, match="intensity"):
        report_on(bottle, intensity="auto")


def test_file_names_are_shown_on_one_line(bottle):
    (bottle / "train/good/line\nbreak <script>.png").write_bytes(b"")
    text = describe(report_on(bottle))
    assert "line\\nbreak <script>.png" in text
    assert "line\nbreak" not in text


def test_other_files_are_counted(bottle):
    (bottle / "readme.txt").write_text("x")
    assert report_on(bottle).ignored == {".txt": 1}
    assert "other files, not looked at: 1 .txt" in describe(report_on(bottle))


def test_a_finding_of_a_plugin_is_passed_on(bottle):
    samples = datasets.load("mvtec_ad", bottle)
    samples.attrs["findings"] = [{"what": "odd_shift", "n": 3, "paths": ["a", "b", "c"]}]
    (found,) = check(samples, bottle, size=(12, 12), cell=2).findings
    assert (found.message, found.paths) == ("odd shift: 3 files", ["a", "b", "c"])


def test_bottle_is_described_as_it_is(real_data):
    root = real_data / "mvtec_ad/bottle"
    report = check(datasets.load("mvtec_ad", root), root)
    assert (report.n_images, report.n_masks) == (292, 63)
    assert report.resolution["shrink"] == 4.02
    assert set(kinds(report)) == {"shrinks_much", "small_defects", "not_compared"}

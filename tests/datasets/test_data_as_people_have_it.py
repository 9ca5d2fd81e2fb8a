"""Odd folders, masks, values and tables, as they come from a line or a colleague."""

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image

from anomalylab import datasets
from anomalylab.cli.main import main
from anomalylab.datasets._words import label_of_folder
from anomalylab.datasets.check import check
from anomalylab.errors import DatasetError, SchemaError
from anomalylab.images.masks import read_mask

SIDE = 12
FLAW = np.zeros((SIDE, SIDE), bool)
FLAW[2:6, 3:6] = True


@pytest.fixture
def write(tmp_path):
    """Write an image of noise of its own, or the pixels given, below the test's folder."""
    rng = np.random.default_rng(0)

    def write(path, pixels=None, **options):
        if pixels is None:
            pixels = rng.integers(0, 256, (SIDE, SIDE)).astype(np.uint8)
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / path, **options)
        return tmp_path

    return write


@pytest.fixture
def mvtec(write):
    """Write the layout of MVTec AD by the words given, and return its folder."""

    def mvtec(good="good", bad="flaw", ending="png", splits=("train", "test", "ground_truth")):
        train, test, masks = splits
        for i in range(20):
            write(f"{train}/{good}/{i}.png")
        for i in range(3):
            write(f"{test}/{good}/{i}.png")
            write(f"{test}/{bad}/{i}.{ending}")
            root = write(f"{masks}/{bad}/{i}_mask.png", 255 * FLAW.astype(np.uint8))
        return root

    return mvtec


def findings(root, name=None, *, intensity="full", **params):
    """Return what is found in a folder, by kind."""
    samples = datasets.load(name or datasets.detect_layout(root), root, **params)
    report = check(samples, root, size=(SIDE, SIDE), cell=2, intensity=intensity)
    return {finding.what: finding for finding in report.findings}


def by_path(samples, column):
    return dict(zip(samples["image_path"], samples[column], strict=True))


# Roles


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


# Links


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


# Masks


def test_a_file_of_two_values_beside_an_image_of_its_name_is_its_mask_and_said_to_be(write):
    write("1.jpg")
    write("1.png", 255 * FLAW.astype(np.uint8))
    write("2.jpg")
    root = write("2.png", np.zeros((SIDE, SIDE), np.uint8))
    samples = datasets.load("folder", root)
    assert by_path(samples, "mask_path") == {"1.jpg": "1.png", "2.jpg": "2.png"}
    assert by_path(samples, "label") == {"1.jpg": 1, "2.jpg": 0}
    found = findings(root)["masks_beside"]
    assert (found.severity, found.paths) == ("warning", ["1.png", "2.png"])
    assert "2 files perhaps masks" in found.message


def test_one_image_in_two_formats_stays_two_images_and_is_said(write):
    write("1.jpg")
    root = write("1.png")
    assert len(datasets.load("folder", root)) == 2
    assert findings(root)["one_name"].paths == ["1.jpg", "1.png"]


def test_masks_that_mark_most_of_the_image_are_perhaps_inverted(mvtec, write):
    root = mvtec()
    write("ground_truth/flaw/1_mask.png", 255 * (~FLAW).astype(np.uint8))
    found = findings(root)["inverted_masks"]
    assert found.paths == ["ground_truth/flaw/1_mask.png"]
    assert "mogrify -negate" in found.advice


def test_a_mask_in_several_files_of_a_folder_is_united(mvtec, write):
    root = mvtec()
    (root / "ground_truth/flaw/1_mask.png").unlink()
    other = np.roll(FLAW, 5, axis=0)
    write("ground_truth/flaw/1/000.png", 255 * FLAW.astype(np.uint8))
    write("ground_truth/flaw/1/001.png", 255 * other.astype(np.uint8))
    mask = by_path(datasets.load("mvtec_ad", root), "mask_path")["test/flaw/1.png"]
    assert mask == "ground_truth/flaw/1"
    np.testing.assert_array_equal(read_mask(root / mask), FLAW | other)
    assert not findings(root)


def test_files_of_one_mask_must_agree_in_size(mvtec, write):
    root = mvtec()
    (root / "ground_truth/flaw/1_mask.png").unlink()
    write("ground_truth/flaw/1/000.png", np.zeros((4, 4), np.uint8))
    write("ground_truth/flaw/1/001.png", np.zeros((4, 5), np.uint8))
    assert findings(root)["unreadable_masks"].paths == ["ground_truth/flaw/1"]


def test_masks_of_further_values_are_noted(mvtec, write):
    root = mvtec()
    write("ground_truth/flaw/2_mask.png", 3 * FLAW.astype(np.uint8))
    found = findings(root)["mask_values"]
    assert (found.severity, found.paths) == ("note", ["ground_truth/flaw/2_mask.png"])


@pytest.mark.parametrize(
    ("orientation", "of_mask", "is_told"),
    [(3, 1, True), (6, 1, True), (1, 1, False), (3, 3, False)],
)
def test_a_rotation_of_images_that_masks_lack_is_told(mvtec, write, orientation, of_mask, is_told):
    root = mvtec(ending="jpg")
    exif, exif_of_mask = Image.Exif(), Image.Exif()
    exif[0x0112], exif_of_mask[0x0112] = orientation, of_mask
    write("test/flaw/0.jpg", np.zeros((SIDE, SIDE + 4), np.uint8), exif=exif)
    mask = np.pad(FLAW, ((0, 0), (0, 4)))
    write("ground_truth/flaw/0_mask.png", 255 * mask.astype(np.uint8), exif=exif_of_mask)
    found = findings(root).get("turned_masks")
    assert (found is not None and found.paths == ["test/flaw/0.jpg"]) == is_told


# Values


def deep(rng, top):
    return rng.integers(0, top + 1, (40, 40)).astype(np.uint16)


def test_a_hot_pixel_does_not_hide_that_images_have_12_bits(write):
    rng = np.random.default_rng(1)
    for i in range(5):
        pixels = deep(rng, 4095)
        pixels[3, 5] = 65535 if i == 2 else pixels[3, 5]
        root = write(f"{i}.png", pixels)
    assert findings(root)["dark"].advice == "use --intensity range:0,4095"
    assert "clipped" not in findings(root, intensity="range:0,4095")


def test_an_image_of_12_bits_among_others_of_16_is_named(write):
    rng = np.random.default_rng(1)
    for i in range(5):
        root = write(f"{i}.png", deep(rng, 4095 if i == 2 else 65535))
    found = findings(root)
    assert found["dark_beside_others"].paths == ["2.png"]
    assert "dark" not in found


@pytest.mark.parametrize("top", [2500, 4700])
def test_a_range_of_signed_images_keeps_what_is_negative(tmp_path, top):
    rng = np.random.default_rng(1)
    for i in range(3):
        values = rng.integers(-700, top + 1, (40, 40)).astype(np.int16)
        tifffile.imwrite(tmp_path / f"{i}.tif", values)
    highest = 4095 if top == 2500 else 8191
    assert findings(tmp_path)["dark"].advice == f"use --intensity range:-1023,{highest}"


def test_nan_is_found_before_a_run_would(tmp_path):
    for i in range(3):
        values = np.full((4, 4), i / 10, np.float32)
        values[0, 0] = np.nan if i == 1 else 0
        tifffile.imwrite(tmp_path / f"{i}.tif", values)
    found = findings(tmp_path)["broken_files"]
    assert (found.paths, "NaN" in found.message) == (["1.tif"], True)


def test_a_format_that_goes_with_the_class_is_told(mvtec, write):
    root = mvtec(ending="jpg")
    found = findings(root)["format_tells_class"]
    assert (found.severity, found.n) == ("warning", 3)
    assert "normal images are PNG, the 3 images labelled anomalous JPEG" in found.message
    write("test/flaw/9.png")
    assert "format_tells_class" not in findings(root)


# The same pixels


@pytest.mark.parametrize("mode", ["L", "RGB", "I;16", "P", "RGBA"])
@pytest.mark.parametrize(
    ("ending", "options"), [("png", {"compress_level": 0}), ("bmp", {}), ("tif", {}), ("png", None)]
)
def test_a_copy_of_the_same_pixels_in_another_split_is_a_leak(mvtec, mode, ending, options):
    if mode in ("I;16", "RGBA") and ending == "bmp":
        return
    root = mvtec()
    size = (SIDE, SIDE, len(mode)) if mode in ("RGB", "RGBA") else (SIDE, SIDE)
    kind = np.uint16 if mode == "I;16" else np.uint8
    pixels = np.random.default_rng(3).integers(0, 256, size).astype(kind) * (
        257 if kind == np.uint16 else 1
    )
    image = Image.fromarray(pixels.astype(kind))
    image = image.convert("P") if mode == "P" else image
    image.save(root / "train/good/x.png")
    if options is None:  # one value is another
        changed = np.array(image)
        changed[-1, -1] ^= 1
        again = Image.fromarray(changed)
        if mode == "P":
            return
        again.save(root / "test/good/y.png")
    else:
        image.save(root / f"test/good/y.{ending}", **options)
    found = findings(root).get("duplicates_across_splits")
    if options is None:
        assert found is None
    else:
        assert found.paths == [f"test/good/y.{ending}", "train/good/x.png"]


@pytest.mark.parametrize("filter_of_rows", range(5))
def test_the_first_row_of_a_png_is_read_whatever_its_filter(mvtec, filter_of_rows):
    root = mvtec()
    rows = np.random.default_rng(4).integers(0, 256, (SIDE, 3 * SIDE)).astype(np.uint8)
    (root / "train/good/x.png").write_bytes(png(rows, filter_of_rows))
    Image.fromarray(rows.reshape(SIDE, SIDE, 3)).save(root / "test/good/y.bmp")
    assert findings(root)["duplicates_across_splits"].n == 2


def png(rows, kind):
    """Write a PNG of RGB rows, the first filtered by a kind of filter, the others by none."""
    import struct
    import zlib

    first = rows[0].astype(int)
    before = np.concatenate([[0, 0, 0], first[:-3]])
    predicted = {0: 0 * first, 1: before, 2: 0 * first, 3: before // 2, 4: before}[kind]
    filtered = bytes([kind, *((first - predicted) % 256)])
    data = zlib.compress(filtered + b"".join(b"\0" + row.tobytes() for row in rows[1:]))
    head = struct.pack(">IIBBBBB", rows.shape[1] // 3, len(rows), 8, 2, 0, 0, 0)

    def chunk(name, content):
        return (
            struct.pack(">I", len(content))
            + name
            + content
            + struct.pack(">I", zlib.crc32(name + content))
        )

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_images_that_few_share_a_first_row_with_are_decoded_first(mvtec, write, monkeypatch):
    monkeypatch.setattr("anomalylab.datasets.check._same.MOST_PIXELS", 4 * SIDE**2)
    rng = np.random.default_rng(6)
    root = mvtec()
    for i in range(5):
        pixels = rng.integers(0, 256, (SIDE, SIDE)).astype(np.uint8)
        pixels[0] = 255
        write(f"train/good/white_{i}.png", pixels)
    pixels = rng.integers(0, 256, (SIDE, SIDE)).astype(np.uint8)
    write("train/good/x.png", pixels)
    write("test/good/y.png", pixels, compress_level=0)
    found = findings(root)
    assert found["duplicates_across_splits"].paths == ["test/good/y.png", "train/good/x.png"]
    assert found["not_compared"].paths == [f"train/good/white_{i}.png" for i in range(5)]


def test_a_jpeg_with_other_tags_is_the_same_picture(write):
    exif = Image.Exif()
    exif[0x010E] = "taken on Monday"
    pixels = np.random.default_rng(5).integers(0, 256, (SIDE, SIDE)).astype(np.uint8)
    write("a.jpg", pixels)
    write("b.jpg")
    root = write("c.jpg", pixels, exif=exif)
    assert findings(root)["duplicates"].paths == ["a.jpg", "c.jpg"]


# Tables


@pytest.fixture
def table(write):
    """Write three images and a table of them; return what is listed."""
    for name in ("a", "b", "c"):
        root = write(f"lot 7/{name}.png")

    def table(text, encoding="utf-8"):
        (root / "t.csv").write_bytes(text.encode(encoding))
        return datasets.load("table", root / "t.csv")

    return table


ROWS = [("lot 7/a.png", "0"), ("lot 7/b.png", "1"), ("lot 7/c.png", "")]


def text_of(header, rows=ROWS, by=","):
    return "\n".join([header, *(by.join(row) for row in rows)]) + "\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (text_of("image_path, label", by=", "), "utf-8"),
        (text_of(" Path ;LABEL", by=" ; "), "utf-8"),
        (text_of("image_path;label", by=";"), "utf-8-sig"),
        (text_of("Image Path\tLabel", by="\t"), "utf-16"),
        ("sep=;\n" + text_of("path;label", by=";") + ";\n", "utf-8"),
        (text_of("path,label,geprüft").replace(".png,", ".png,").replace("\n", ",ü\n"), "latin-1"),
        (text_of("path,label").replace("7/", "7\\"), "utf-8"),
        (text_of("path,label").replace("lot 7/", ".\\lot 7/"), "utf-8"),
        (text_of("path,label").replace(",0", ",OK").replace(",1", ",ng"), "utf-8"),
        (text_of("path,label").replace(",0", ",good").replace(",1", ",defect"), "utf-8"),
        (text_of("path,label").replace(",0", ",gut").replace(",1", ",Ausschuss"), "utf-8"),
        (text_of("path,label").replace(",0", ",false").replace(",1", ",TRUE"), "utf-8"),
        (text_of("path,label").replace(",0", ",0.0").replace(",1", ",1.0"), "utf-8"),
    ],
)
def test_tables_are_read_as_what_they_mean(table, text, encoding):
    samples = table(text, encoding)
    assert list(samples["image_path"]) == [path for path, _ in ROWS]
    assert list(samples["label"][:2]) == [0, 1]
    assert pd.isna(samples["label"][2])
    assert samples.attrs["findings"] == []


def test_splits_count_in_any_case(table):
    samples = table(text_of("path,split", [("lot 7/a.png", "Train"), ("lot 7/b.png", " TEST ")]))
    assert list(samples["split"]) == ["train", "test"]


def test_a_near_miss_of_a_column_is_asked_about(table):
    samples = table(text_of("path,lable"))
    (found,) = samples.attrs["findings"]
    assert (found["what"], found["advice"]) == ("near_columns", "'lable': did you mean 'label'?")
    assert table(text_of("path,shift")).attrs["findings"] == []


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("path,label\n\"['a.png', 'b.png']\",1", SchemaError, r"one value.*row 1 is \['a.png'"),
        ("path,Label,label\na.png,1,1", SchemaError, "several columns 'label'"),
        ("path\nlot 7/a.png\n.\\lot 7\\a.png", SchemaError, "lists 1 images twice"),
        ("path\nC:\\data\\a.png", DatasetError, "drive of Windows"),
    ],
)
def test_a_table_that_cannot_mean_one_thing_is_refused_in_a_line(table, text, error, message):
    with pytest.raises(error, match=message) as caught:
        table(text)
    assert "\n" not in str(caught.value)


def test_a_list_in_a_cell_of_parquet_is_refused(write):
    root = write("a.png")
    pd.DataFrame({"path": ["a.png"], "tags": [["x", "y"]]}).to_parquet(root / "t.parquet")
    with pytest.raises(SchemaError, match="a cell holds one value, but 'tags' of row 1"):
        datasets.load("table", root / "t.parquet")

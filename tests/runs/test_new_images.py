"""New images are looked through as those of a run are, compared with them, and recognised."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageFilter

from anomalylab import datasets
from anomalylab.cli.main import main
from anomalylab.datasets.check import brightness_beside, check_new
from anomalylab.errors import DatasetError
from anomalylab.runs.detect import run
from anomalylab.runs.request import DetectorChoice, DetectRequest
from anomalylab.runs.score import score
from anomalylab.verdicts.thresholds import n_needed

pytestmark = pytest.mark.xdist_group("new images")

SIDE = 64
DETECTORS = ("mahalanobis", "knn")


def picture(number, side=SIDE, grey=120.0):
    """A noisy surface; every number is another, all are of one brightness."""
    rng = np.random.default_rng(number)
    noise = rng.normal(grey, 25, (side, side, 1)) + rng.normal(0, 4, (side, side, 3))
    return Image.fromarray(noise.clip(0, 255).astype(np.uint8))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    (folder / "data").mkdir()
    for number in range(12):
        picture(number).save(folder / "data" / f"{number:02}.png")
    choices = tuple(DetectorChoice(name=name) for name in DETECTORS)
    return run(DetectRequest(data=folder / "data", detectors=choices), folder / "run")


@pytest.fixture
def new(tmp_path):
    folder = tmp_path / "new"
    folder.mkdir()
    for number in range(100, 106):
        picture(number).save(folder / f"{number}.png")
    return folder


def kinds(scored):
    told = [f for f in scored.info.findings if "can hardly be told" not in f.message]
    return {f.message.partition(" ")[2] for f in told}


def scores_csv(scored):
    return pd.read_csv(scored.folder / "scores.csv")


def test_an_image_of_the_training_set_keeps_its_left_out_score_under_any_name_and_bytes(
    trained, new, tmp_path
):
    picture(3).save(new / "copy.png")
    picture(5).save(new / "saved_again.bmp")
    scored = score(trained.folder, new, tmp_path / "scored")
    table = scores_csv(scored).set_index(["detector", "sample_id"])
    for detector in DETECTORS:
        known = trained.scores(detector).set_index("sample_id")["score"]
        for name, twin in (("copy.png", "03.png"), ("saved_again.bmp", "05.png")):
            row = table.loc[detector, name]
            assert row["recognised_as"] == twin
            assert row["score"] == pytest.approx(known[twin], rel=1e-6)
            assert row["score"] > 0.5 * known.min()  # not that of an image that was learnt
            at = scored.queries["sample_id"].tolist().index(name)
            np.testing.assert_array_equal(
                scored.score_maps(detector)[at],
                trained.score_maps(detector)[trained.queries["sample_id"].tolist().index(twin)],
            )
    assert table.loc["knn"]["recognised_as"].notna().sum() == 2
    told = [f for f in scored.info.findings if "among those the run was fitted on" in f.message]
    assert [(f.n, f.paths) for f in told] == [(2, ["copy.png", "saved_again.bmp"])]
    assert told[0].message.startswith("2 of 8 images")


def test_new_images_like_those_of_the_run_raise_no_finding(trained, new, tmp_path):
    scored = score(trained.folder, new, tmp_path / "scored")
    assert kinds(scored) == set()
    assert scores_csv(scored)["recognised_as"].isna().all()


def test_masks_among_the_new_images_are_not_scored(trained, new, tmp_path):
    (new / "ground_truth").mkdir()
    Image.fromarray(np.zeros((SIDE, SIDE), np.uint8)).save(new / "ground_truth" / "100_mask.png")
    scored = score(trained.folder, new, tmp_path / "scored")
    assert set(scores_csv(scored)["sample_id"]) == {f"{number}.png" for number in range(100, 106)}
    assert kinds(scored) == {"file not scored: named as masks are"}


def test_a_table_of_new_images_is_scored_whatever_it_says_of_labels(trained, new, tmp_path):
    (tmp_path / "new.csv").write_text("Path;Label\nnew/100.png;OK\nnew/103.png;NG\n")
    assert (
        main(["score", str(trained.folder), str(tmp_path / "new.csv"), "-o", str(tmp_path / "s")])
        == 0
    )
    table = pd.read_csv(tmp_path / "s" / "scores.csv")
    assert set(table["sample_id"]) == {"new/100.png", "new/103.png"}
    folder = score(trained.folder, new, tmp_path / "scored")
    expected = scores_csv(folder).set_index(["detector", "sample_id"])["score"]
    for row in table.itertuples():
        of_folder = expected[row.detector, row.sample_id.removeprefix("new/")]
        assert row.score == pytest.approx(of_folder, rel=1e-6)


def test_values_that_cannot_be_used_are_refused_before_the_network_runs(
    trained, new, tmp_path, monkeypatch
):
    Image.fromarray(np.full((SIDE, SIDE), 700, np.float32)).save(new / "700.tif")
    monkeypatch.setattr("anomalylab.extractors.extract", pytest.fail)
    with pytest.raises(DatasetError, match="floats from 700 to 700"):
        score(trained.folder, new, tmp_path / "scored")
    assert not (tmp_path / "scored").exists()


@pytest.mark.parametrize(
    ("change", "ending", "found"),
    [
        (lambda image: image, "png", set()),
        (lambda image: image, "bmp", {"other_format"}),
        (lambda image: image, "jpg", {"other_format"}),
        (lambda image: image.convert("L"), "png", {"other_pixels"}),
        (lambda image: image.crop((0, 0, SIDE, SIDE - 4)), "png", {"other_shape"}),
        (lambda image: image.crop((0, 0, SIDE, SIDE - 2)), "png", set()),
        (lambda image: image.resize((2 * SIDE, 2 * SIDE)), "png", {"other_size"}),
        (lambda image: image.resize((SIDE // 2, SIDE // 2)), "png", {"other_size"}),
        (lambda image: image.resize((SIDE + 12, SIDE + 12)), "png", set()),
    ],
)
def test_what_tells_new_images_from_those_of_the_run_is_said(tmp_path, change, ending, found):
    for number in range(4):
        (tmp_path / "old").mkdir(exist_ok=True)
        (tmp_path / "new").mkdir(exist_ok=True)
        picture(number).save(tmp_path / "old" / f"{number}.png")
        change(picture(10 + number)).save(tmp_path / "new" / f"{number}.{ending}")
    known, listed = (datasets.load("folder", tmp_path / name) for name in ("old", "new"))
    findings = check_new(
        listed, tmp_path / "new", known, size=(SIDE, SIDE), cell=4, intensity="full"
    )
    assert {finding.what for finding in findings} == found
    assert all(finding.n == 4 for finding in findings)


def test_a_run_that_does_not_know_how_its_images_were_stored_compares_no_formats(tmp_path):
    (tmp_path / "new").mkdir()
    picture(1).save(tmp_path / "new" / "1.png")
    listed = datasets.load("folder", tmp_path / "new")
    known = listed.assign(stored_as=None)
    assert (
        check_new(listed, tmp_path / "new", known, size=(SIDE, SIDE), cell=4, intensity="full")
        == []
    )


@pytest.mark.parametrize(
    ("new", "known", "expected"),
    [
        ([100, 101, 99], [95, 105], None),
        ([88, 90, 112], [95, 105], None),  # within 8 levels, or half the range
        ([80, 81, 79], [95, 105], ("warning", 3, "darker")),
        ([120, 121, 100], [95, 105], ("warning", 2, "brighter")),
        ([120, 100, 101], [95, 105], ("note", 1, "brighter")),
        ([70, 130], [60, 140], None),
        ([10, 10, 90], [60, 140], ("warning", 2, "darker")),
    ],
)
def test_a_change_of_light_is_said(new, known, expected):
    values = pd.Series(new, [f"{number}.png" for number in range(len(new))], float)
    found = brightness_beside(values, np.linspace(*known, 10))
    if expected is None:
        assert found == []
    else:
        severity, n, how = expected
        assert [(one.severity, one.n) for one in found] == [(severity, n)]
        assert how in found[0].message


def test_of_too_few_known_images_light_is_not_compared_and_that_is_said():
    (found,) = brightness_beside(pd.Series([10.0], ["a.png"]), np.linspace(95, 105, 9))
    assert found.what == "brightness_unknown"
    assert found.message.endswith("takes pictures of 10 training images, and the run keeps 9")


def test_images_taken_in_less_light_are_told_when_they_are_scored(trained, tmp_path):
    (tmp_path / "dark").mkdir()
    for number in range(100, 106):
        picture(number, grey=70).save(tmp_path / "dark" / f"{number}.png")
    scored = score(trained.folder, tmp_path / "dark", tmp_path / "scored")
    assert [f.n for f in scored.info.findings if "much darker" in f.message] == [6]


def test_images_too_few_to_tell_a_shift_by_are_said_to_be_so_once(trained, new, tmp_path):
    scored = score(trained.folder, new, tmp_path / "scored")
    assert [f.severity for f in scored.info.findings if "can hardly be told" in f.message] == [
        "note"
    ]


@pytest.fixture(scope="module")
def of_forty(tmp_path_factory):
    """A run over forty pictures, enough to tell a shift by."""
    folder = tmp_path_factory.mktemp("forty")
    (folder / "data").mkdir()
    for number in range(40):
        picture(number).save(folder / "data" / f"{number:02}.png")
    chosen = (DetectorChoice(name="mahalanobis"),)
    return run(DetectRequest(data=folder / "data", detectors=chosen), folder / "run")


def written(folder, numbers, change=lambda image: image):
    """A folder of such pictures."""
    folder.mkdir()
    for number in numbers:
        change(picture(number)).save(folder / f"{number}.png")
    return folder


def shifts(scored):
    return [
        f for f in scored.info.findings if "the stated rate of false alarms does not" in f.message
    ]


def test_images_that_are_blurred_are_told_to_lie_higher_and_others_are_not(of_forty, tmp_path):
    same = score(of_forty.folder, written(tmp_path / "same", range(100, 130)), tmp_path / "a")
    assert shifts(same) == []
    assert "does not hold" not in same.info.verdicts["mahalanobis"].reason
    blurred = written(
        tmp_path / "blurred", range(100, 130), lambda image: image.filter(ImageFilter.BoxBlur(1))
    )
    changed = score(of_forty.folder, blurred, tmp_path / "b")
    (told,) = shifts(changed)
    assert (told.severity, told.n) == ("warning", 30)
    threshold = changed.thresholds("mahalanobis").iloc[0]
    needed = n_needed(threshold["expected_false"] / threshold["n_images"])
    assert told.advice.startswith(f"{needed} good new images")
    assert "19 for 5" in told.advice
    assert "does not hold" in changed.info.verdicts["mahalanobis"].reason


def test_images_of_the_training_set_do_not_count_in_a_shift(of_forty, tmp_path):
    """Ten new pictures among thirty that the run knows are too few to tell."""
    new = written(tmp_path / "new", [*range(30), *range(100, 110)])
    scored = score(of_forty.folder, new, tmp_path / "scored")
    assert any("from 10 new images and 40 known" in f.message for f in scored.info.findings)


def test_where_nothing_can_be_told_the_images_beyond_the_threshold_are_counted_all_the_same(
    trained, new, tmp_path
):
    Image.fromarray(np.eye(SIDE, dtype=np.uint8) * 255).convert("RGB").save(new / "odd.png")
    scored = score(trained.folder, new, tmp_path / "scored")
    for finished in (trained, scored):
        for detector, words in finished.info.verdicts.items():
            assert words.kind == "undecidable"  # 12 images tell nothing
            is_beyond = finished.scores(detector)["score"] >= finished.threshold(detector)
            assert words.n_suspects == is_beyond.sum()
    assert scored.info.verdicts["knn"].n_suspects >= 1

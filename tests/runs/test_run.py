"""A folder in, a run folder out: end to end on built-in images, and what is refused."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from anomalylab import extractors
from anomalylab.datasets.textures import make_textures, make_unlabelled
from anomalylab.errors import (
    AnomalyLabError,
    DatasetError,
    ParameterError,
    RunError,
    UnknownNameError,
)
from anomalylab.reports.parts.verdict import asked
from anomalylab.runs.detect import run
from anomalylab.runs.folder import TABLES, Run
from anomalylab.runs.info import plain
from anomalylab.runs.request import DetectorChoice, DetectRequest
from anomalylab.runs.score import score

pytestmark = pytest.mark.xdist_group("run")

DETECTORS = ("patchcore", "mahalanobis")


def choices(*texts):
    return tuple(DetectorChoice.parse(text) for text in texts)


@pytest.fixture(scope="module")
def textures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "textures"
    return make_textures(
        folder, category="fabric", n_train=30, n_test_good=8, n_test_defect=8, size=128
    )


@pytest.fixture(scope="module")
def request_(textures):
    return DetectRequest(
        data=textures / "fabric",
        detectors=choices(*DETECTORS),
        size=(128, 128),
        sensitivity="quick",
    )


@pytest.fixture(scope="module")
def finished(request_, tmp_path_factory):
    return run(request_, tmp_path_factory.mktemp("runs") / "fabric")


@pytest.fixture(scope="module")
def unlabelled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "mixed"
    truth = make_unlabelled(folder, n_normal=36, n_anomalous=4, category="fabric", size=128)
    return folder, truth.set_index("image_path")["label"]


@pytest.fixture(scope="module")
def judged(unlabelled, tmp_path_factory):
    request = DetectRequest(data=unlabelled[0], detectors=choices(*DETECTORS), size=(128, 128))
    return run(request, tmp_path_factory.mktemp("runs") / "mixed")


def test_every_table_keeps_its_schema(finished):
    others = {"features", "coefficients", "search"}  # of recipes
    others |= {"enlarged"}  # of images that thumbnails do not show whole
    others |= {"choice"}  # of detectors that were not named
    others |= {"looks"}  # of images of which some look alike
    others |= {"hidden"}  # of runs without labels
    others |= {"kinds"}  # of folders that hold several
    others |= {"training"}  # of detectors that are trained
    own = ("study_", "metric_", "pni_", "autoencoder_")  # of other kinds of run
    others |= {name for name in TABLES if name.startswith(own)}
    for name in set(TABLES) - others:
        assert len(TABLES[name].check(finished.table(name)))


def test_easy_defects_are_told_from_normal_images(finished):
    metrics = finished.table("metrics").set_index(["detector", "metric"])["value"]
    for detector in DETECTORS:
        assert metrics[detector, "auroc"] > 0.95
    assert metrics["patchcore", "au_pro"] > 0.7


def test_a_run_says_what_it_was_made_of(finished):
    info = finished.info
    assert info.command.startswith("anomalylab run fabric --detector patchcore")
    assert len(info.dataset.fingerprint) == 16
    assert info.part.extractor.weights_digest
    assert set(info.versions) > {"python", "torch", "timm"}


def test_no_absolute_path_is_handed_on(finished, textures):
    assert str(textures.parent) not in json.dumps(plain(finished.info))
    paths = finished.samples["image_path"]
    assert not paths.str.startswith("/").any()


def test_the_same_request_gives_the_same_tables(finished, request_, tmp_path):
    again = run(request_, tmp_path / "again")
    for name in ("scores", "metrics", "thresholds", "neighbours", "curves"):
        pd.testing.assert_frame_equal(again.table(name), finished.table(name))


def test_training_images_are_scored_without_themselves(finished):
    training = finished.scores("patchcore", "training")["score"]
    assert (training > 0).all()
    assert len(training) == 30


def test_unlabelled_images_are_all_judged_and_the_defects_are_suspects(judged, unlabelled):
    truth = unlabelled[1]
    scores = judged.scores("patchcore").set_index("sample_id")["score"]
    assert len(scores) == 40
    suspects = set(scores[scores >= judged.threshold("patchcore")].index)
    defects = set(truth[truth == 1].index)
    assert judged.info.verdicts["patchcore"].kind == "suspects"
    assert defects <= suspects
    assert len(suspects - defects) <= 2


def test_metrics_that_need_labels_say_why_they_are_missing(judged):
    metrics = judged.table("metrics")
    assert metrics["value"].isna().all()
    assert metrics["note"].str.contains("label|mask").all()


def test_the_nearest_normal_image_is_another_one_below_the_threshold(judged):
    neighbours = judged.table("neighbours")
    scores = judged.scores("patchcore").set_index("sample_id")["score"]
    of_detector = neighbours[neighbours["detector"] == "patchcore"]
    assert (of_detector["neighbour_id"] != of_detector["sample_id"]).all()
    assert (scores[of_detector["neighbour_id"]] < judged.threshold("patchcore")).all()


def test_the_nearest_image_of_a_new_one_has_a_picture(finished, textures, tmp_path):
    scored = score(finished.folder, textures / "fabric" / "train" / "good", tmp_path / "scored")
    neighbours = scored.table("neighbours")["neighbour_id"]
    assert len(neighbours) == 30 * len(DETECTORS)
    assert neighbours.isin(scored.table("thumbnails")["sample_id"]).all()


def test_new_images_are_scored_as_the_run_would_have(finished, textures, tmp_path):
    test = textures / "fabric" / "test"
    scored = score(finished.folder, test, tmp_path / "scored")
    before = finished.scores("patchcore").set_index("sample_id")["score"]
    after = scored.scores("patchcore").set_index("sample_id")["score"].add_prefix("test/")
    pd.testing.assert_series_equal(after.sort_index(), before.sort_index(), rtol=1e-5)
    assert "more than chance" in scored.info.verdicts["patchcore"].reason


def test_scoring_twice_gives_the_same_bytes(finished, textures, tmp_path):
    test = textures / "fabric" / "test" / "good"
    first = score(finished.folder, test, tmp_path / "first")
    second = score(finished.folder, test, tmp_path / "second")
    assert (first.folder / "scores.csv").read_bytes() == (second.folder / "scores.csv").read_bytes()


def test_an_interrupted_run_leaves_nothing_and_embeds_nothing_twice(
    request_, tmp_path, monkeypatch
):
    monkeypatch.setattr("anomalylab.runs.outcome.judge", _interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(request_, tmp_path / "run")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    monkeypatch.setattr(extractors, "extract", _spy(extractors.extract, spied := []))
    run(request_, tmp_path / "run")
    assert [cost["n_embedded"] for cost in spied] == [0]


def _interrupt(*args, **kwargs):
    raise KeyboardInterrupt


def _spy(extract, costs):
    def spy(*args, **kwargs):
        extraction = extract(*args, **kwargs)
        costs.append(extraction.cost)
        return extraction

    return spy


def test_a_full_disk_leaves_nothing_half_written(request_, finished, tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("anomalylab.runs.writing.np.save", full)
    with pytest.raises(RunError, match="No space left"):
        run(request_, tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_no_run_is_not_overwritten(request_, tmp_path):
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(RunError, match="not empty"):
        run(request_, tmp_path)
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_a_run_of_a_newer_schema_is_refused(finished, tmp_path):
    shutil.copytree(finished.folder, tmp_path / "newer")
    info = json.loads((tmp_path / "newer" / "run.json").read_text())
    (tmp_path / "newer" / "run.json").write_text(json.dumps(info | {"schema_version": 99}))
    with pytest.raises(RunError, match="update"):
        Run(tmp_path / "newer")


def test_a_folder_without_images_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError):
        run(DetectRequest(data=tmp_path / "empty"), tmp_path / "run")


def test_a_single_image_is_refused(unlabelled, tmp_path):
    (tmp_path / "one").mkdir()
    shutil.copy(next(unlabelled[0].glob("*.png")), tmp_path / "one")
    with pytest.raises(DatasetError, match="at least 2"):
        run(DetectRequest(data=tmp_path / "one"), tmp_path / "run")


def test_only_defective_images_are_refused(textures, tmp_path):
    shutil.copytree(textures / "fabric", tmp_path / "fabric")
    shutil.rmtree(tmp_path / "fabric" / "train")
    with pytest.raises(AnomalyLabError):
        run(DetectRequest(data=tmp_path / "fabric", dataset="mvtec_ad"), tmp_path / "run")


def test_a_broken_image_is_set_aside_and_said(unlabelled, tmp_path):
    shutil.copytree(unlabelled[0], tmp_path / "data")
    (tmp_path / "data" / "<script>'broken'.png").write_bytes(b"no image")
    request = DetectRequest(data=tmp_path / "data", detectors=choices("knn"), size=(128, 128))
    finished = run(request, tmp_path / "run")
    assert len(finished.samples) == 40
    assert "broken" in json.dumps(plain([*finished.info.findings, *finished.info.broken]))


def test_a_broken_mask_is_set_aside_with_the_pixel_metrics_of_its_image(
    textures, finished, tmp_path
):
    shutil.copytree(textures / "fabric", tmp_path / "fabric")
    mask = sorted((tmp_path / "fabric" / "ground_truth").rglob("*.png"))[0]
    content = bytearray(mask.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 40] = bytes(40)  # its end is whole
    mask.write_bytes(content)
    request = DetectRequest(data=tmp_path / "fabric", detectors=choices("knn"), size=(128, 128))
    found = run(request, tmp_path / "run")
    (said,) = [f.message for f in found.info.findings if "a mask that cannot be read" in f.message]
    assert said.startswith("1 image ")
    assert mask.name in said
    row = found.table("metrics").set_index("metric").loc["au_pro"]
    of_whole = finished.table("metrics").set_index(["detector", "metric"])
    assert row["n_images"] == of_whole.loc[("patchcore", "au_pro"), "n_images"] - 1
    assert "1 anomalous images have no mask" in row["note"]
    auroc = found.table("metrics").set_index("metric").loc["auroc"]
    assert auroc["n_images"] == 16


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"detectors": choices("patchcor")}, "patchcore"),
        ({"detectors": choices("patchcore:kk=3")}, "option"),
        ({"backbone": "lite9"}, "lite0"),
        ({"levels": ("block44",)}, "block4"),
        ({"dataset": "mvtec"}, "mvtec_ad"),
    ],
)
def test_an_unknown_name_suggests_the_nearest(request_, tmp_path, change, message):
    fields = {name: getattr(request_, name) for name in ("data", "detectors", "size")}
    with pytest.raises(UnknownNameError, match=message):
        run(DetectRequest(**{**fields, **change}), tmp_path / "run")


def test_repeated_detectors_are_refused():
    with pytest.raises(ParameterError, match="different"):
        DetectRequest(data=None, detectors=choices("knn", "knn"))


def test_a_detector_is_written_as_it_is_read():
    text = "patchcore@sroc:k=3,coreset=0.1"
    choice = DetectorChoice.parse(text)
    assert (choice.preset, choice.params) == ("sroc", {"k": 3, "coreset": 0.1})
    assert str(choice) == text


def test_several_numbers_are_joined_by_a_plus():
    text = "window_pca:window=11+25,grid=32+32"
    choice = DetectorChoice.parse(text)
    assert choice.params == {"window": (11, 25), "grid": (32, 32)}
    assert str(choice) == text


def test_images_alone_make_no_run(request_, tmp_path):
    with pytest.raises(ParameterError, match="lite0"):
        run(replace(request_, backbone="band"), tmp_path / "run")


def test_a_detector_of_images_runs_beside_one_of_features(textures, tmp_path):
    chosen = choices("window_pca:window=11+25", "mahalanobis")
    finished = run(
        DetectRequest(data=textures / "fabric", detectors=chosen, size=(128, 128)), tmp_path / "r"
    )
    metrics = finished.table("metrics").set_index(["detector", "metric"])["value"]
    assert metrics["window_pca-window=11+25", "auroc"] > 0.8
    assert "by window_pca-window=11+25 on the images themselves and by mahalanobis" in asked(
        finished
    )
    test = textures / "fabric" / "test" / "good"
    after = score(finished.folder, test, tmp_path / "scored").scores("window_pca-window=11+25")
    before = finished.scores("window_pca-window=11+25").set_index("sample_id")["score"]
    found = after.set_index("sample_id")["score"]
    np.testing.assert_allclose(
        before.filter(like="test/good").to_numpy(), found.to_numpy(), rtol=1e-5
    )


def test_masks_of_another_size_do_not_end_a_run(textures, tmp_path):
    from PIL import Image

    shutil.copytree(textures / "fabric", tmp_path / "fabric")
    mask = next((tmp_path / "fabric" / "ground_truth").rglob("*.png"))
    Image.fromarray(np.full((7, 9), 255, np.uint8)).save(mask)
    request = DetectRequest(
        data=tmp_path / "fabric", detectors=choices("mahalanobis"), size=(128, 128)
    )
    finished = run(request, tmp_path / "run")
    assert any("size" in finding.message for finding in finished.info.findings)


def test_one_new_image_far_out_is_more_than_chance_explains(rng):
    from anomalylab.runs.decide import beyond_training
    from anomalylab.verdicts import thresholds
    from anomalylab.verdicts.unlabelled import verdict

    of_training = verdict(rng.normal(10, 1, size=60))
    threshold = thresholds.from_bulk(of_training.bulk)
    calm = np.full(10, 10.0)
    assert beyond_training(calm, threshold, of_training).kind == "clean"
    words = beyond_training(np.append(calm, 40.0), threshold, of_training)
    assert words.kind == "suspects"
    assert words.n_suspects == 1

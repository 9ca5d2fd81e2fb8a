"""Detectors that train a network, in runs beside those that train nothing."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from anomalylab import extractors
from anomalylab.detectors import create
from anomalylab.errors import ParameterError
from anomalylab.reports import compare
from anomalylab.runs import candidates
from anomalylab.runs.course import best_epoch
from anomalylab.runs.detect import run
from anomalylab.runs.folder import Run
from anomalylab.runs.inputs import load_samples, with_images
from anomalylab.runs.request import DetectorChoice, DetectRequest
from anomalylab.runs.score import score
from anomalylab.runs.sensitivity import choose
from anomalylab.runs.sensitivity.measure import plant_and_embed, score_planted
from anomalylab.runs.sensitivity.paint import Painter
from anomalylab.runs.sensitivity.plan import Wish, plan

pytestmark = pytest.mark.xdist_group("trained")

TAUGHT = "cutpaste@tiny:size=48,epochs=2"
LABEL = DetectorChoice.parse(TAUGHT).label
AUTO = (DetectorChoice(name="auto"),)


def choices(*texts):
    return tuple(DetectorChoice.parse(text) for text in texts)


def write_images(folder, n_images, seed=0):
    rng = np.random.default_rng(seed)
    folder.mkdir()
    for i in range(n_images):
        shape = (16, 12 + 4 * (i % 2), 3)
        pixels = rng.integers(100, 140, shape).repeat(4, 0).repeat(4, 1).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{i:02}.png")
    return folder


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("trained")


@pytest.fixture(scope="module")
def request_of(root):
    data = write_images(root / "images", 14)
    return DetectRequest(data=data, detectors=choices("mahalanobis", TAUGHT), size=(64, 64))


@pytest.fixture(scope="module")
def finished(request_of, root):
    return run(request_of, root / "run")


def test_a_run_keeps_how_a_training_went(finished):
    curve = finished.table("training")
    assert set(curve["detector"]) == {LABEL}
    assert curve["epoch"].max() == 2
    made = finished.detect.detectors
    assert made["mahalanobis"].training is None
    told = made[LABEL].training
    assert (told.device, told.epochs, told.n_trainings) == ("cpu", 2, 4)
    assert "RANDOM" in told.weights
    assert told.best_epoch == best_epoch(curve)


def test_a_run_without_trained_detectors_keeps_no_such_table(request_of, tmp_path):
    made = run(
        replace(request_of, detectors=choices("mahalanobis"), sensitivity="none"), tmp_path / "run"
    )
    assert made.table("training").empty
    assert not (made.folder / "training.parquet").exists()


def test_the_epoch_kept_is_the_one_of_the_lowest_loss_on_images_held_out():
    rows = [(1, "train", 3.0), (2, "train", 1.0), (1, "validation", 2.0), (2, "validation", 4.0)]
    curve = pd.DataFrame(rows, columns=["epoch", "part", "value"]).assign(measure="loss")
    assert best_epoch(curve) == 1
    assert best_epoch(curve[curve["part"] == "train"]) == 2


def test_the_same_run_is_made_again_without_training(finished, request_of, tmp_path, n_steps):
    again = run(request_of, tmp_path / "again")
    assert n_steps[0] == 0
    for name in ("scores", "training", "thresholds", "planted"):
        pd.testing.assert_frame_equal(again.table(name), finished.table(name))


def test_new_images_are_scored_by_the_weights_that_the_run_keeps(finished, root, tmp_path, n_steps):
    new = score(finished.folder, write_images(root / "new", 3, seed=5), tmp_path / "new")
    assert n_steps[0] == 0
    assert new.detectors == finished.detectors
    assert len(new.scores(LABEL, "query")) == 3
    saved = finished.folder / "detectors" / LABEL
    assert {path.suffix for path in saved.iterdir()} == {".json", ".safetensors"}


def test_a_run_of_new_images_tells_of_the_training_of_old_ones(finished, root, tmp_path):
    new = score(finished.folder, root / "images", tmp_path / "new")
    assert new.detect.detectors[LABEL].training == finished.detect.detectors[LABEL].training


def test_runs_with_trained_detectors_are_compared(finished, request_of, root, tmp_path):
    other = run(
        replace(request_of, detectors=choices(TAUGHT), seed=1, sensitivity="none"), root / "other"
    )
    page = compare([finished.folder, other.folder], tmp_path / "page.html")
    assert LABEL in page.read_text(encoding="utf-8")


def test_planted_defects_are_scored_by_the_trainings_of_the_run(request_of, n_steps):
    samples, root, _ = load_samples(request_of)
    extractor = extractors.create("lite0", size=64)
    extraction = extractors.extract(samples, root, extractor)
    features = with_images(extraction.features, extraction.samples, root, intensity="full")
    training = np.arange(len(samples))
    detector = create("cutpaste", preset="tiny", size=48)
    detector.fit(features).training_scores()
    before = n_steps[0]
    painter = Painter(extraction.samples, root, "full", "bilinear", (64, 64))
    plants = plan(training[::2], extraction.samples, Wish(kinds=("spot",), per_cell=2), seed=0)
    planted = plant_and_embed(painter, plants, extractor)
    scored = score_planted(detector, features, training, planted)
    assert n_steps[0] == before
    left_out = detector.training_scores()[0]
    np.testing.assert_allclose(scored.before, left_out[planted.rows], rtol=1e-6)


def test_what_planted_defects_a_detector_was_taught_to_see_is_said(finished):
    (told,) = [f.message for f in finished.info.findings if "trained on drawn" in f.message]
    assert LABEL in told
    assert "patch swap" in told


@pytest.fixture(scope="module")
def thorough(request_of, root):
    """A run that chose among two detectors and a trained one at two sizes, and what ranked them."""
    request = replace(request_of, detectors=AUTO, thorough=True, size=64, sizes=(96,))
    ranked, rankings = [], choose.rankings
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "CANDIDATES", ("mahalanobis", "knn"))
        patch.setattr(candidates, "TRAINED", (TAUGHT,))
        patch.setattr(choose, "rankings", lambda t, **k: ranked.append(t) or rankings(t, **k))
        return run(request, root / "thorough"), ranked


def test_trained_detectors_are_chosen_from_where_a_person_has_time(request_of, thorough):
    table = thorough[0].table("choice")
    assert set(table["detector"]) == {"mahalanobis", "knn", LABEL}
    assert "--detector auto --thorough" in thorough[0].info.command
    usual = candidates.candidates_of(replace(request_of, detectors=AUTO))
    trained = candidates.candidates_of(replace(request_of, detectors=AUTO, thorough=True))
    assert set(candidates.without_trained(trained)) == set(usual) < set(trained)


def test_a_trained_detector_is_compared_at_one_size(thorough):
    table = thorough[0].table("choice")
    assert (table["detector"] == LABEL).sum() == 1
    assert (table["detector"] == "knn").sum() == 2
    assert not any("memory had no room" in one.message for one in thorough[0].info.findings)


def test_defects_that_look_like_those_trained_on_do_not_choose(thorough):
    made, ranked = thorough
    assert {"patch_swap", "spot"} <= set(made.table("planted")["defect"])
    assert all("patch_swap" not in set(table["defect"]) for table in ranked)
    assert all("spot" in set(table["defect"]) for table in ranked)


def test_thorough_goes_with_a_choice_alone(request_of):
    with pytest.raises(ParameterError, match="goes with --detector auto alone"):
        replace(request_of, thorough=True)


def test_a_graphics_processor_that_is_not_there_is_refused_before_the_work(request_of, tmp_path):
    detectors = choices("mahalanobis", f"{TAUGHT},device=cuda")
    with pytest.raises(ParameterError, match="no device cuda here; this machine has"):
        run(replace(request_of, detectors=detectors), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_weights_are_told_by_name_and_not_by_folder(request_of, tmp_path):
    from safetensors.torch import save_file

    from anomalylab.extractors._network import full_model

    spec = extractors.create("lite0", weights="random", size=64).spec
    path = tmp_path / "my folder" / "mine.safetensors"
    path.parent.mkdir()
    save_file(full_model(spec).state_dict(), path)
    choice = DetectorChoice(
        name="cutpaste", preset="tiny", params={"body": "lite0", "weights": str(path), "size": 64}
    )
    request = replace(request_of, detectors=(choice,), sensitivity="none")
    made = run(request, tmp_path / "run")
    (label,) = made.detectors
    for path in (made.folder / "run.json", made.folder / "detectors" / label / "detector.json"):
        assert "my folder" not in json.dumps(json.loads(path.read_text(encoding="utf-8")))
    assert Run(made.folder).detect.detectors[label].params["weights"] == "mine.safetensors"

"""What the residual of a PC space would have seen of planted defects."""

import shutil

import numpy as np
import pandas as pd
import pytest
from pc_runs import WINDOW, surface, write_kolektor
from PIL import Image

from anomalylab.cli.main import main
from anomalylab.compute import window_space
from anomalylab.compute.window_moments import moments
from anomalylab.detectors.window_pca import WindowPCA
from anomalylab.errors import DatasetError, ParameterError, UnknownNameError
from anomalylab.extractors.band import project
from anomalylab.pc_space.info import GRID
from anomalylab.pc_space.opened import PCSpace
from anomalylab.recipes.pc_space.request import PCSpaceRequest
from anomalylab.recipes.pc_space.run import run
from anomalylab.recipes.pc_space.score import score
from anomalylab.reports import pc_space
from anomalylab.runs.folder import Run
from anomalylab.runs.sensitivity.again import measure_again
from anomalylab.runs.sensitivity.paint import Painter
from anomalylab.runs.sensitivity.plan import Wish, plan

pytestmark = pytest.mark.xdist_group("pc-space sensitivity")

SPOTS = Wish(kinds=("spot",), widths=(6,), contrasts=(1.0,), per_cell=4)


def images(folder, n, seed=3):
    folder.mkdir()
    rng = np.random.default_rng(seed)
    for number in range(n):
        Image.fromarray(surface(rng, 52, 48)[0]).save(folder / f"{number:02}.png")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("pc_sensitivity")
    request = PCSpaceRequest(data=images(root / "images", 26), windows=(WINDOW,), orient="luma")
    run(request, root / "run")
    return root


@pytest.fixture
def copied(made, tmp_path):
    shutil.copytree(made, tmp_path / "all")
    return tmp_path / "all"


def small(data, **params):
    return PCSpaceRequest(data=data, windows=(WINDOW,), **params)


def test_a_planted_image_is_scored_in_the_space_of_images_that_are_not_beneath(copied):
    found = measure_again(copied / "run", SPOTS)
    planted, samples = found.table("planted"), found.samples
    painter = Painter(samples, copied / "images", "full", "bilinear", GRID)
    bands = [
        project(np.asarray(Image.open(copied / "images" / path)), "luma")[..., 0].astype(float)
        for path in samples["image_path"]
    ]
    beneath = samples.index[samples["sample_id"].isin(planted["sample_id"])].to_numpy()
    assert len(beneath) == len(planted) == 4  # as many folds: each leaves one image out
    usable = found.scores("residual")["score"].to_numpy() < found.threshold("residual")
    rows = np.sort(np.random.default_rng(found.info.seed).permutation(np.flatnonzero(usable)))
    plants = plan(rows, samples, SPOTS, seed=found.info.seed)
    for place, plant in enumerate(plants):
        parts = [moments(band, WINDOW) for row, band in enumerate(bands) if row != plant.row]
        total = sum(parts[1:], start=parts[0])
        detector = WindowPCA(window=WINDOW, grid=GRID).fit_moments({WINDOW: total})
        space = window_space.fit(total)
        np.testing.assert_allclose(detector.components_[str(WINDOW)], space.components)
        band = project(painter.full_size(plant), "luma")[..., 0].astype(float)
        score, _ = detector.judge(band, detector.spaces)
        before, _ = detector.judge(bands[plant.row], detector.spaces)
        assert planted["score"][place] == pytest.approx(score, rel=1e-5)
        assert planted["score_before"][place] == pytest.approx(before, rel=1e-5)


def test_a_finished_run_measured_again_as_it_was_gives_the_same_tables(made, copied):
    before = Run(made / "run")
    again = measure_again(copied / "run", Wish())
    for name in ("planted", "sensitivity", "planted_pictures"):
        pd.testing.assert_frame_equal(again.table(name), before.table(name))
    assert again.info.verdicts == before.info.verdicts


def test_only_the_residual_says_what_it_would_have_seen(made, copied, capsys):
    wish = ["--defects", "spot", "--widths", "6", "--contrasts", "1", "--per-cell", "4"]
    assert main(["sensitivity", str(copied / "run"), *wish]) == 0
    told = capsys.readouterr().out
    assert "residual: Of defects planted" in told
    assert "mahalanobis:" not in told


def test_images_that_changed_and_weights_are_refused(copied):
    with pytest.raises(ParameterError, match="no network"):
        measure_again(copied / "run", SPOTS, weights="x.pth")
    path = copied / "images" / "05.png"
    Image.open(path).rotate(180).save(path)
    with pytest.raises(DatasetError, match=r"1 of 26 images .* first 05.png: it has changed"):
        measure_again(copied / "run", SPOTS)


def test_without_sensitivity_the_headline_says_that_it_was_not_measured(made, tmp_path):
    found = run(small(made / "images", sensitivity="none"), tmp_path / "run")
    assert found.verdict == "Nothing stands out; what would have was not measured."
    assert found.table("sensitivity").empty
    assert "--sensitivity none" in found.info.command


def test_a_headline_that_says_nothing_stands_out_says_what_would_have(made):
    assert Run(made / "run").verdict.startswith("Nothing stands out")
    assert "not measured" not in Run(made / "run").verdict


@pytest.mark.parametrize(
    ("n", "params", "words"),
    [
        (8, {}, "8 different images can be set aside"),
        (12, {"solver": "incremental"}, "because the solver is incremental"),
    ],
)
def test_why_nothing_was_planted_is_told(n, params, words, tmp_path):
    found = run(small(images(tmp_path / "images", n), **params), tmp_path / "run")
    assert any(words in finding.message for finding in found.info.findings)
    assert "not measured" in found.info.verdicts["residual"].seen


def test_labelled_training_images_leave_nothing_to_measure_unless_it_is_asked(pc_run):
    assert pc_run.table("sensitivity").empty
    assert pc_run.info.verdicts["residual"].seen == ""


def test_where_labels_give_the_verdict_the_residual_can_be_asked_and_the_headline_stays(tmp_path):
    data = write_kolektor(tmp_path / "data", n_normal={"train": 16, "test": 4})
    found = run(small(data, sensitivity="quick"), tmp_path / "run")
    assert found.detectors[0] == "odds"
    assert "defective test images" in found.verdict
    assert set(found.table("sensitivity")["detector"]) == {"residual"}
    assert found.info.verdicts["odds"].seen == ""
    assert found.info.verdicts["residual"].seen.startswith("Of defects planted")


def test_the_page_calls_the_method_as_readers_know_it(made):
    html = pc_space.sensitivity(PCSpace(made / "run")).html
    assert "the map of Residual" in html
    assert html.count("<figure>") == len(Run(made / "run").table("planted_pictures"))


def test_an_unknown_effort_is_refused():
    with pytest.raises(UnknownNameError, match="unknown value of sensitivity 'quik'"):
        PCSpaceRequest(sensitivity="quik")


def test_new_images_are_told_what_the_residual_would_have_seen(made, tmp_path):
    base, scored = Run(made / "run"), score(made / "run", made / "images", tmp_path / "scored")
    pd.testing.assert_frame_equal(scored.table("sensitivity"), base.table("sensitivity"))
    assert "the images of “run”, which scored these" in scored.info.verdicts["residual"].seen
    assert scored.info.verdicts["outside"].seen == ""

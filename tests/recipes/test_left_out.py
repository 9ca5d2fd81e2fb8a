"""Training images are scored without labels in a space that was not made of them."""

import numpy as np
import pandas as pd
import pytest
from pc_runs import WINDOW, surface
from PIL import Image

from anomalylab.compute import window_space
from anomalylab.compute.window_grid import on_grid
from anomalylab.compute.window_moments import moments
from anomalylab.pc_space.info import GRID
from anomalylab.pc_space.opened import PCSpace
from anomalylab.recipes.pc_space import image_blocks, odds, spaces
from anomalylab.recipes.pc_space.request import PCSpaceRequest
from anomalylab.recipes.pc_space.run import run as recipe
from anomalylab.runs.detect import run as detect
from anomalylab.runs.request import DetectorChoice, DetectRequest


def test_a_normal_training_image_is_scored_in_the_space_of_the_others(pc_run):
    pc = PCSpace(pc_run)
    samples = pc.samples
    is_normal = (samples["split"] == "train") & (samples["label"] == 0)
    name = samples["sample_id"][is_normal].iloc[3]
    others = samples["sample_id"][is_normal & (samples["sample_id"] != name)]
    parts = [moments(pc.band(other).astype(float), WINDOW) for other in others]
    space = window_space.fit(sum(parts[1:], start=parts[0]))
    band = pc.band(name)
    _, residual = space.project(band)
    unit = space.total_variance - space.variances.sum()
    expected = on_grid(residual / unit, WINDOW, band.shape, GRID).max()
    scores = pc_run.scores("residual", "training").set_index("sample_id")["score"]
    np.testing.assert_allclose(scores[name], expected, rtol=1e-5)


@pytest.fixture(scope="module")
def unlabelled(tmp_path_factory):
    """A folder of images, two of them copies of one file and one defective."""
    folder = tmp_path_factory.mktemp("unlabelled")
    rng = np.random.default_rng(7)
    for number in range(14):
        image, _ = surface(rng, 60, 52, defect=number == 5)
        Image.fromarray(image).save(folder / f"{number:02}.png")
    (folder / "copy.png").write_bytes((folder / "03.png").read_bytes())
    return folder


@pytest.fixture(scope="module")
def of_recipe(unlabelled, tmp_path_factory):
    out = tmp_path_factory.mktemp("of_recipe") / "run"
    return recipe(PCSpaceRequest(data=unlabelled, windows=(WINDOW,)), out)


@pytest.fixture(scope="module")
def detected(unlabelled, tmp_path_factory):
    choice = DetectorChoice.parse(f"window_pca:window={WINDOW}")
    request = DetectRequest(data=unlabelled, detectors=(choice,), size=(64, 64))
    return detect(request, tmp_path_factory.mktemp("detected") / "run")


def test_recipe_and_detector_say_the_same_of_one_folder(of_recipe, detected):
    scores = [
        run.scores(name).set_index("sample_id")["score"].sort_index()
        for run, name in ((of_recipe, "residual"), (detected, detected.detectors[0]))
    ]
    pd.testing.assert_series_equal(*scores, rtol=1e-6)
    one, other = (run.info.verdicts[run.detectors[0]] for run in (of_recipe, detected))
    assert (one.sentence, one.reason, one.seen, one.unknown) == (
        *(other.sentence, other.reason, other.seen, other.unknown),
    )
    assert one.seen.startswith("Of defects planted in copies of these images")


def test_recipe_and_detector_see_the_same_planted_defects(of_recipe, detected):
    assert set(of_recipe.table("sensitivity")["detector"]) == {"residual"}
    for name in ("planted", "sensitivity", "planted_pictures"):
        tables = [
            run.table(name).drop(columns="detector", errors="ignore")
            for run in (of_recipe, detected)
        ]
        pd.testing.assert_frame_equal(*tables, rtol=1e-6)
    assert of_recipe.table("planted")["is_found"].any()


def test_copies_of_one_image_are_left_out_together(of_recipe):
    found = of_recipe
    pc, names = PCSpace(found), found.samples["sample_id"]
    others = names[~names.isin(["03.png", "copy.png"])]
    parts = [moments(pc.band(name).astype(float), WINDOW) for name in others]
    space = window_space.fit(sum(parts[1:], start=parts[0]))
    band = pc.band("03.png")
    unit = space.total_variance - space.variances.sum()
    expected = on_grid(space.project(band)[1] / unit, WINDOW, band.shape, GRID).max()
    scores = found.scores("residual").set_index("sample_id")["score"]
    np.testing.assert_allclose(scores[["03.png", "copy.png"]], expected, rtol=1e-5)


def test_a_test_image_and_a_defective_training_image_are_scored_in_the_whole_space(pc_run):
    pc = PCSpace(pc_run)
    samples, space = pc.samples, pc.space
    unit = space.total_variance - space.variances.sum()
    for role, split in (("query", "test"), ("training", "train")):
        is_it = (samples["split"] == split) & (samples["label"] == 1)
        name = samples.loc[is_it, "sample_id"].iloc[0]
        band = pc.band(name)
        expected = on_grid(space.project(band)[1] / unit, WINDOW, band.shape, GRID).max()
        scores = pc_run.scores("residual", role).set_index("sample_id")["score"]
        np.testing.assert_allclose(scores[name], expected, rtol=1e-5)


def test_a_label_that_occurs_once_does_not_do_away_with_folds():
    folds = odds.folds_of(pd.Series([0] * 9 + [1]), seed=0)
    assert len(np.unique(folds)) == odds.N_FOLDS


def test_scores_are_the_same_with_little_room_and_a_group_that_spans_blocks(
    unlabelled, tmp_path, monkeypatch
):
    request = PCSpaceRequest(data=unlabelled, windows=(WINDOW,))
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "plain"))
    plain = recipe(request, tmp_path / "one")
    whole = image_blocks.in_blocks
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "small"))
    monkeypatch.setattr(image_blocks, "in_blocks", lambda rows, size=1: whole(rows, size))
    monkeypatch.setattr(spaces, "HELD_BYTES", 0)
    small = recipe(request, tmp_path / "other")
    pd.testing.assert_frame_equal(plain.table("scores"), small.table("scores"), rtol=1e-6)

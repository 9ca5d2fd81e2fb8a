"""New images are told what the run that scored them would have seen."""

import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from anomalylab.reports.parts.sensitivity import sensitivity as part
from anomalylab.runs.detect import run
from anomalylab.runs.folder import Run
from anomalylab.runs.request import DetectorChoice, DetectRequest
from anomalylab.runs.score import score
from anomalylab.verdicts.sensitivity import sensitivity

pytestmark = pytest.mark.xdist_group("sensitivity carried over")


def write(folder, n, seed):
    folder.mkdir()
    rng = np.random.default_rng(seed)
    for i in range(n):
        pixels = rng.integers(100, 140, (20, 24, 3)).repeat(4, 0).repeat(4, 1).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{i:02}.png")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("carried")
    knn = (DetectorChoice(name="knn"),)
    images, new = write(root / "images", 26, 0), write(root / "new", 4, 1)
    run(DetectRequest(data=images, detectors=knn, size=(64, 64)), root / "run")
    score(root / "run", new, root / "scored")
    score(root / "run", new, root / "strict", max_false_alarms=0.3)
    return root


def test_tables_and_maps_are_those_of_the_run_and_names_are_not_mistaken_for_new_ones(made):
    base, scored = Run(made / "run"), Run(made / "scored")
    ours, theirs = scored.table("planted"), base.table("planted")
    assert (ours["sample_id"] == "training: " + theirs["sample_id"]).all()
    for name in ("sensitivity", "planted_pictures"):
        pd.testing.assert_frame_equal(scored.table(name), base.table(name))
    columns = [name for name in ours if name != "sample_id"]
    pd.testing.assert_frame_equal(ours[columns], theirs[columns])
    n = len(scored.table("planted_pictures"))
    np.testing.assert_array_equal(
        *(one.files.array("planted/knn.npy", n, 32, 32) for one in (base, scored))
    )


def test_the_verdict_says_of_which_images(made):
    before, after = (Run(made / name).info.verdicts["knn"] for name in ("run", "scored"))
    theirs = "the images of “run”, which scored these"
    assert theirs in after.seen
    assert after.seen.replace(theirs, "these images") == before.seen


def test_defects_are_counted_at_the_threshold_that_new_images_meet(made):
    strict, base = Run(made / "strict"), Run(made / "run")
    planted, threshold = strict.table("planted"), strict.threshold("knn")
    assert threshold < base.threshold("knn")
    reached = (planted["score"] >= threshold) & (planted["score_before"] < threshold)
    assert (planted["is_found"] == reached).all()
    assert planted["is_found"].sum() != base.table("planted")["is_found"].sum()
    pd.testing.assert_frame_equal(strict.table("sensitivity"), sensitivity(planted))


def test_a_page_of_new_images_needs_nothing_of_the_run_that_scored_them(made, tmp_path):
    shutil.copytree(made / "scored", tmp_path / "scored")
    scored = Run(tmp_path / "scored")
    scored.check()
    assert "the images of “run”, which scored these" in part(scored).html


def test_nothing_is_told_where_the_run_has_measured_nothing(made, tmp_path):
    knn = (DetectorChoice(name="knn"),)
    request = DetectRequest(data=made / "images", detectors=knn, size=(64, 64), sensitivity="none")
    run(request, tmp_path / "run")
    scored = score(tmp_path / "run", made / "new", tmp_path / "scored")
    assert scored.info.verdicts["knn"].seen == ""
    assert scored.table("sensitivity").empty

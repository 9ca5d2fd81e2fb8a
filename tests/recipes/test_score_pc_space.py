"""New images in the space of a finished run."""

import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pc_runs import WINDOW, make_pc_run, surface
from PIL import Image

from anomalylab.apps.pc_space.app import PCSpaceApp
from anomalylab.cli import main as cli
from anomalylab.compute.window_statistics import STATISTICS
from anomalylab.errors import AnomalyLabError, DatasetError, ParameterError, RunError
from anomalylab.pc_space.opened import PCSpace
from anomalylab.recipes.pc_space.request import PCSpaceRequest
from anomalylab.recipes.pc_space.run import run
from anomalylab.recipes.pc_space.score import score
from anomalylab.reports import pc_space
from anomalylab.runs.folder import TABLES, Run
from anomalylab.runs.kinds import KINDS

OLD = Path(__file__).parents[1] / "data"
PARTS = ("verdict", "clouds", "explorer", "densities", "histogram", "odds", "bands", "components")
PARTS += ("results", "curves", "search", "provenance")


def images_to_judge_of(finished, folder):
    """Copy the test images of a run to a folder of their own, without their masks."""
    folder.mkdir()
    for path in finished.queries["image_path"]:
        shutil.copy(PCSpace(finished).root / path, folder)
    return folder


def write_surfaces(folder, sizes, seed=5):
    rng = np.random.default_rng(seed)
    folder.mkdir()
    for number, (height, width) in enumerate(sizes):
        Image.fromarray(surface(rng, height, width)[0]).save(folder / f"{number}.png")
    return folder


def told(scored):
    return " ".join(finding.message for finding in scored.info.findings)


@pytest.fixture(scope="module")
def unlabelled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unlabelled")
    data = write_surfaces(folder / "data", [(48, 40)] * 30)
    return run(PCSpaceRequest(data=data, windows=(WINDOW,)), folder / "run")


@pytest.fixture(scope="module")
def scored(pc_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("scored")
    return score(pc_run.folder, images_to_judge_of(pc_run, folder / "new"), folder / "scored")


@pytest.mark.parametrize(
    "params",
    [
        {},
        {
            "windows": (WINDOW, 15),
            "n_components": 3,
            "bins": 6,
            "density": False,
            "overflow": "drop",
            "orient": "extreme",
            "C": 0.3,
        },
        {"solver": "incremental", "limit": 17.3},
    ],
)
def test_the_test_images_of_a_run_score_as_they_did_in_it(params, tmp_path, monkeypatch):
    finished = make_pc_run(tmp_path, **params)
    new = images_to_judge_of(finished, tmp_path / "new")
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "empty"))  # nothing is known of them
    scored = score(finished.folder, new, tmp_path / "scored")
    assert scored.detectors == ["odds", *STATISTICS]
    assert scored.queries["sample_id"].tolist() == [
        Path(path).name for path in finished.queries["image_path"]
    ]
    for name in scored.detectors:
        before, after = finished.scores(name), scored.scores(name)
        for column in ("score", "map_max", "p_value"):
            np.testing.assert_allclose(after[column], before[column], rtol=1e-9, err_msg=name)
        np.testing.assert_allclose(scored.score_maps(name), finished.score_maps(name), rtol=1e-5)
        assert scored.threshold(name) == finished.threshold(name)
    n_training = len(finished.samples) - len(finished.queries)
    np.testing.assert_array_equal(
        PCSpace(scored).histograms[n_training:],
        PCSpace(finished).histograms[(finished.samples["split"] == "test").to_numpy()],
    )


def test_the_verdict_counts_what_lies_beyond_the_threshold_of_the_run(scored, pc_run):
    n_beyond = int((pc_run.scores("odds")["score"] >= pc_run.threshold("odds")).sum())
    assert scored.verdict == (
        f"{n_beyond} of 7 images {'is' if n_beyond == 1 else 'are'} marked as defective."
    )
    assert scored.info.verdicts["mahalanobis"].kind == "undecidable"
    assert scored.info.scored_with.run == pc_run.info.name
    csv = pd.read_csv(scored.folder / "scores.csv")
    assert csv.groupby("detector").size().to_dict() == dict.fromkeys(("odds", *STATISTICS), 7)
    assert csv[csv["detector"] == "odds"]["is_beyond"].sum() == n_beyond


def test_training_images_come_along_with_their_scores_marked_as_such(scored, pc_run):
    for name, table in TABLES.items():
        table.check(scored.table(name))
    for name in scored.detectors:
        before, after = pc_run.scores(name, "training"), scored.scores(name, "training")
        assert ("training: " + before["sample_id"]).tolist() == after["sample_id"].tolist()
        np.testing.assert_array_equal(before["score"], after["score"])
    known = scored.samples[scored.samples["split"] == "train"]
    assert known["label"].sum() == 4
    assert not scored.table("thresholds")["method"].str.startswith("oracle").any()
    assert scored.table("metrics")["value"].isna().all()


def test_images_of_any_size_are_judged_by_the_bulk_of_an_unlabelled_run(unlabelled, tmp_path):
    new = write_surfaces(tmp_path / "new", [(33, 71), (64, 20), (9, 9)], seed=8)
    defect, _ = surface(np.random.default_rng(1), 60, 50, defect=True)
    Image.fromarray(defect).save(new / "defect.png")
    scored = score(unlabelled.folder, new, tmp_path / "scored")
    assert scored.detectors == list(STATISTICS)
    table = scored.scores("residual").set_index("sample_id")
    assert table["score"].idxmax() == "defect.png"
    assert table.loc["defect.png", "p_value"] < 0.05
    assert "beyond the training images" in scored.verdict
    assert not scored.info.is_unlabelled
    assert "forest" not in told(scored)
    assert (scored.samples["split"] == "train").sum() == 30
    assert "unlike those of 30 training images?" in pc_space.verdict(PCSpace(scored)).html


@pytest.mark.parametrize("version", ["pc_space_v1", "pc_space_v2_before_odds"])
def test_an_old_run_scores_without_odds_and_says_so(version, tmp_path, capsys):
    with zipfile.ZipFile(OLD / f"{version}.zip") as archive:
        archive.extractall(tmp_path)
    new = write_surfaces(tmp_path / "new", [(40, 57), (50, 31)])
    words = [str(tmp_path / version), str(new), "-o", str(tmp_path / "scored")]
    assert cli.main(["score", *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (
        "The odds score no new images: the run was made before runs kept their classifier; make "
        "it again." in lines
    )
    assert sum("forest" in line for line in lines) == 1
    scored = PCSpace(tmp_path / "scored")
    assert scored.run.detectors == list(STATISTICS)
    assert scored.coefficients is None
    assert np.isfinite(scored.run.scores("residual")["score"]).all()
    page = (tmp_path / "scored" / "report.html").read_text(encoding="utf-8")
    assert "learns from labels is missing: the run that scored was made before" in page


@pytest.mark.parametrize("part", PARTS)
def test_every_part_of_the_page_shows_the_new_images(scored, part):
    html = getattr(pc_space, part)(PCSpace(scored)).html
    assert "are not where they were" not in html
    if part == "verdict":
        assert "7 images of “new”" in html
        assert "The odds then learned from the labels of 10 normal and 4 anomalous" in html
    if part == "explorer":
        assert "20006.png" in html
    if part == "provenance":
        assert "random forest scores no new images" in html


def test_the_live_view_offers_the_new_images_alone(scored):
    app = PCSpaceApp(PCSpace(scored))
    assert sorted(app.state.table["sample_id"]) == sorted(scored.queries["sample_id"])
    app.multiples.draw()
    app.state.param.update(y="residual")
    app.cloud.plot()[()]
    assert "Grey-blue" not in app.cloud.ground_words  # no training image is at hand
    app.state.param.update(y="PC2")
    assert "normal training images" in app.cloud.ground_words


def test_files_that_cannot_be_read_are_set_aside_and_named(pc_run, tmp_path):
    new = write_surfaces(tmp_path / "new", [(40, 40)])
    whole = (new / "0.png").read_bytes()
    (new / "cut.png").write_bytes(whole[: len(whole) // 2])
    (new / "text.png").write_text("no image")
    scored = score(pc_run.folder, new, tmp_path / "scored")
    assert scored.queries["sample_id"].tolist() == ["0.png"]
    assert {item["sample_id"] for item in scored.info.broken} == {"cut.png", "text.png"}
    assert "2 files are set aside" in told(scored)
    (new / "0.png").unlink()
    (new / "text.png").unlink()
    with pytest.raises(DatasetError, match=r"none of the 1 .*cut\.png"):
        score(pc_run.folder, new, tmp_path / "none")


@pytest.mark.parametrize(
    ("new", "out", "params", "kind", "says"),
    [
        ("nowhere", "out", {}, DatasetError, "is neither a folder nor"),
        ("no_images", "out", {}, DatasetError, "no images"),
        ("tiny", "out", {}, ParameterError, "smaller than the window of 9"),
        ("good", "good", {}, RunError, "is not empty and holds no run"),
        ("good", "run", {}, RunError, "is the run that scores"),
        ("good", "out", {"engine": "torch"}, ParameterError, "has no network"),
        ("good", "out", {"weights": "w.pth"}, ParameterError, "has no network"),
    ],
)
def test_what_cannot_be_scored_is_refused_before_anything_is_projected(
    pc_run, tmp_path, monkeypatch, new, out, params, kind, says
):
    shutil.copytree(pc_run.folder, tmp_path / "run")
    write_surfaces(tmp_path / "good", [(40, 40)])
    write_surfaces(tmp_path / "tiny", [(40, 40), (60, 8)])
    (tmp_path / "no_images").mkdir()
    (tmp_path / "no_images" / "notes.txt").write_text("no image")
    monkeypatch.setattr("anomalylab.recipes.pc_space.score.project_all", None)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(kind, match=says) as caught:
        score(tmp_path / "run", tmp_path / new, tmp_path / out, **params)
    assert "\n" not in str(caught.value)
    assert sorted(tmp_path.iterdir()) == before


def test_a_run_of_scored_images_does_not_score_others(scored, tmp_path):
    with pytest.raises(RunError, match="score with that run"):
        score(scored.folder, tmp_path, tmp_path / "out")


def test_a_kind_that_scores_no_new_images_says_so_in_a_line(pc_run, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(KINDS, "pc_space", replace(KINDS["pc_space"], score=None))
    words = ["score", str(pc_run.folder), str(tmp_path), "-o", str(tmp_path / "new")]
    assert cli.main(words) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "holds a PC space, which scores no new images" in line
    assert "anomalylab run" in line
    assert not (tmp_path / "new").exists()


def test_a_run_of_an_unknown_kind_scores_nothing(pc_run, tmp_path, capsys):
    shutil.copytree(pc_run.folder, tmp_path / "run")
    path = tmp_path / "run" / "run.json"
    path.write_text(path.read_text("utf-8").replace('"kind": "pc_space"', '"kind": "x"', 1))
    assert cli.main(["score", str(path.parent), str(tmp_path), "-o", str(tmp_path / "new")]) == 1
    assert "which this version does not know" in capsys.readouterr().err
    with pytest.raises(AnomalyLabError):
        Run(path.parent)


def test_an_image_that_pc_space_was_made_of_keeps_its_left_out_score(unlabelled, tmp_path):
    folder = tmp_path / "new"
    folder.mkdir()
    known = unlabelled.info.training_ids[4]
    shutil.copy(PCSpace(unlabelled).root / known, folder / "again.png")
    write_surfaces(tmp_path / "others", [(48, 40)] * 3, seed=77)
    for path in (tmp_path / "others").iterdir():
        shutil.copy(path, folder)
    scored = score(unlabelled.folder, folder, tmp_path / "scored")
    assert "1 of 4 images were among those the run was fitted on" in told(scored)
    for method in scored.detectors:
        table = scored.scores(method).set_index("sample_id")["score"]
        left_out = unlabelled.scores(method).set_index("sample_id")["score"]
        assert table["again.png"] == left_out[known]

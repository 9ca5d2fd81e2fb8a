"""A run in a cell: its verdict and the images it is about."""

import json

import pytest
from fakes import fake_run

from anomalylab.runs.folder import Run


@pytest.fixture
def run(tmp_path):
    return fake_run(tmp_path / "fake", is_labelled=False, n_train=0, n_query=12)


def test_a_run_shows_its_most_anomalous_images_first_and_frames_those_beyond_the_threshold(run):
    html = run._repr_html_()
    scores = run.scores("patchcore").sort_values("score", ascending=False)
    shown = [html.find(f"score {score:.4g}") for score in scores["score"].head(10)]
    assert shown == sorted(shown)
    assert min(shown) > 0
    assert html.count("<img") == 10
    n_beyond = int((scores["score"] >= run.threshold("patchcore")).sum())
    assert html.count("#ee9a00") == n_beyond > 0


def test_names_and_verdicts_are_escaped(run):
    (run.folder / "files.json").unlink()
    info = json.loads((run.folder / "run.json").read_text(encoding="utf-8"))
    info["verdicts"]["patchcore"]["sentence"] = "<b>bold</b>"
    (run.folder / "run.json").write_text(json.dumps(info), encoding="utf-8")
    run = Run(run.folder)
    html = run._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;.png: score" in html
    assert "&lt;b&gt;bold" in html

"""The notebook of metric learning trains a network of its own and draws the loss meanwhile."""

import re

import nbformat
import pandas as pd
import pytest
from fakes import fake_run

from anomalylab.datasets.textures import make_textures
from anomalylab.reports import run_notebook
from anomalylab.reports.kit.fragment import assets_of
from anomalylab.reports.kit.live_curve import LiveCurve
from anomalylab.reports.metric_learning import made
from anomalylab.training import watching

pytestmark = pytest.mark.xdist_group("metric_learning")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("textures")
    numbers = {"n_train": 12, "n_test_good": 4, "n_test_defect": 6, "size": 64}
    make_textures(root, category="brick", seed=77, **numbers)  # no other test has trained on these
    return root / "brick"


def html_of(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [out["data"]["text/html"] for out in outputs if "text/html" in out.get("data", {})]


def test_the_notebook_trains_and_shows_every_part(data, tmp_path):
    out = run_notebook(
        "metric_learning", tmp_path / "out.ipynb", data=str(data), preset="tiny", loss="center"
    )
    shown = html_of(nbformat.read(out, as_version=4))
    training, *parts = shown
    assert re.search(r">Training, [^:]+: loss over \d+ epoch", training)
    assert "<svg" in training
    assert len(parts) == 8
    for words in ("Trained on images and their twins", "Center loss", "anomalylab recipe"):
        assert any(words in part for part in parts)


def test_the_curve_is_drawn_in_one_place_however_many_epochs_it_has(monkeypatch):
    class Place:
        updates: list = []  # noqa: RUF012

        def update(self, shown):
            self.updates.append(shown._repr_html_())

    displayed = []

    def display(shown, display_id):
        displayed.append(shown._repr_html_())
        return Place()

    monkeypatch.setattr("anomalylab.reports.kit.live_curve.display", display)
    curve, rows = LiveCurve(), []
    with watching(curve):
        from anomalylab.training.watching import listener

        for epoch in (1, 2, 3):
            rows.append((epoch, "train", "loss", 1 / epoch))
            history = pd.DataFrame(rows, columns=["epoch", "part", "measure", "value"])
            listener().told(history)
            assert not listener().wants_to_stop()
    assert len(displayed) == 1
    assert len(Place.updates) == 2
    assert "loss over 3 epochs" in Place.updates[-1]
    assert {"kit/charts.css", "parts/training.css"} <= set(assets_of(Place.updates[-1]))


def test_a_finished_run_is_opened_and_one_that_is_made_is_asked_for_as_told(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "anomalylab.reports.metric_learning.live.make", lambda request, out: asked.append(request)
    )
    run = fake_run(tmp_path / "run")
    assert made(str(run.folder)).info == run.info
    assert not asked
    made("", "parts", experiment="one-defect", loss="arcface,center", preset="tiny")
    (request,) = asked
    assert (str(request.data), request.experiment) == ("parts", "one-defect")
    assert (request.losses, request.preset) == (("arcface", "center"), "tiny")

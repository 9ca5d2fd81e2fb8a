"""The notebook of PNI opens a finished run and shows every part of its page, or trains here."""

import zipfile
from pathlib import Path

import nbformat
from fakes import fake_run

from anomalylab.reports import run_notebook
from anomalylab.reports.kit.live_curve import LiveCurve
from anomalylab.reports.pni import made
from anomalylab.training.watching import listener

OLD = Path(__file__).parents[2] / "data/pni_v2.zip"


def test_the_notebook_shows_every_part_of_a_finished_run(tmp_path):
    with zipfile.ZipFile(OLD) as archive:
        archive.extractall(tmp_path)
    out = run_notebook("pni", tmp_path / "out.ipynb", run=str(tmp_path / "pni_v2"))
    cells = nbformat.read(out, as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    shown = [one["data"]["text/html"] for one in outputs if "text/html" in one.get("data", {})]
    assert len(shown) == 8
    headline, gains, explain, allowed, values, curves, maps, provenance = shown
    assert "PNI reaches" in headline
    assert "Are defective images told from good ones?" in gains
    assert "al-cell-still" in explain
    assert "cells in the memory" in allowed
    assert "PNI by place alone" in values
    assert "<figure" in curves
    assert "PNI, refined map alone" in maps
    assert "anomalylab recipe pni" in provenance


def test_a_run_that_is_made_is_watched_and_asked_for_as_told(tmp_path, monkeypatch):
    asked = []

    def make(request, out):
        asked.append((request, out, listener()))

    monkeypatch.setattr("anomalylab.reports.pni.live.make", make)
    run = fake_run(tmp_path / "run")
    assert made(str(run.folder)).info == run.info
    assert not asked
    made("", "parts", preset="tiny", with_refined=False)
    ((request, out, watching),) = asked
    assert (str(request.data), request.preset, request.refine) == ("parts", "tiny", None)
    assert out == Path("reports", "parts-pni")
    assert isinstance(watching, LiveCurve)

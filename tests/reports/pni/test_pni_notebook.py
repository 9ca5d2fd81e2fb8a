"""The notebook of PNI opens a finished run and shows every part of its page."""

import zipfile
from pathlib import Path

import nbformat

from anomalylab.reports import run_notebook

OLD = Path(__file__).parents[2] / "data/pni_v2.zip"


def test_the_notebook_shows_every_part_of_a_finished_run(tmp_path):
    with zipfile.ZipFile(OLD) as archive:
        archive.extractall(tmp_path)
    out = run_notebook("pni", tmp_path / "out.ipynb", run=str(tmp_path / "pni_v2"))
    cells = nbformat.read(out, as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    shown = [one["data"]["text/html"] for one in outputs if "text/html" in one.get("data", {})]
    assert len(shown) == 4
    headline, values, curves, provenance = shown
    assert "PNI reaches" in headline
    assert "PNI by position alone" in values
    assert "<figure" in curves
    assert "anomalylab recipe pni" in provenance

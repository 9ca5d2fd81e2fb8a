"""The notebook of the auto-encoder: a network of its own with its loss drawn, or a finished run."""

import re
import zipfile
from pathlib import Path

import nbformat
import pytest

from anomalylab.datasets.textures import make_textures
from anomalylab.reports import run_notebook
from anomalylab.reports.autoencoder import made

pytestmark = pytest.mark.xdist_group("autoencoder")

OLD = Path(__file__).parents[2] / "data/autoencoder_v2.zip"
PARTS = 7


def html_of(path):
    cells = nbformat.read(path, as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return [out["data"]["text/html"] for out in outputs if "text/html" in out.get("data", {})]


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    root = tmp_path_factory.mktemp("old")
    with zipfile.ZipFile(OLD) as archive:
        archive.extractall(root)
    return root / "autoencoder_v2"


def test_the_notebook_trains_and_shows_every_part(tmp_path):
    root = tmp_path / "textures"
    make_textures(root, category="brick", n_train=12, n_test_good=3, n_test_defect=5, size=64)
    out = run_notebook(
        "autoencoder",
        tmp_path / "out.ipynb",
        data=str(root / "brick"),
        preset="tiny",
        options="epochs=3",
        latents="8,64",
    )
    training, *parts = html_of(out)
    assert re.search(r">Training, [^:]+: loss over \d+ epoch", training)
    assert len(parts) == PARTS
    told = ("At a threshold of", "al-tau", "Without any threshold", "Left, 50%", "Best F1")
    for part, words in zip(parts, told, strict=False):
        assert words in part
    assert "anomalylab recipe autoencoder" in parts[-1]


def test_the_notebook_shows_a_finished_run(old, tmp_path):
    parts = html_of(run_notebook("autoencoder", tmp_path / "out.ipynb", run=str(old)))
    assert len(parts) == PARTS
    assert "through 64 numbers" in parts[0]


def test_a_run_that_is_made_is_asked_for_as_told(old, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "anomalylab.reports.autoencoder.live.make",
        lambda request, out: asked.append((request, out)),
    )
    assert made(str(old)).info.part.latent == 64
    assert not asked
    made("", "parts", preset="tiny", latents="8,16", options="epochs=2,loss=ssim")
    ((request, out),) = asked
    assert (str(request.data), request.preset, request.latents) == ("parts", "tiny", (8, 16))
    assert request.params == {"epochs": 2, "loss": "ssim"}
    assert out == Path("reports/parts-autoencoder")

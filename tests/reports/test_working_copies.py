"""Copies of notebooks that make a run of images themselves, as the command writes them."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest
from fakes import fake_run
from nbformat import NotebookNode

from anomalylab.cli.main import main
from anomalylab.datasets.textures import make_textures
from anomalylab.reports.autoencoder import made as made_autoencoder
from anomalylab.reports.kit.made_here import folder_for
from anomalylab.reports.metric_learning import images_of, made
from anomalylab.reports.pni import made as made_pni
from anomalylab.runs.info import DatasetInfo

LEARNING = ("metric-learning", "autoencoder", "pni")


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Two products in one folder, as of MVTec AD."""
    root = tmp_path_factory.mktemp("images") / "products"
    for category in ("brick", "part"):
        make_textures(root, category=category, n_train=2, n_test_good=1, n_test_defect=1, size=32)
    return root


def parameters_of(path) -> tuple[dict[str, object], NotebookNode]:
    notebook = nbformat.read(path, as_version=4)
    cell = next(c for c in notebook.cells if "parameters" in c.metadata.get("tags", []))
    values: dict[str, object] = {}
    exec(cell.source, {}, values)
    return values, cell


@pytest.mark.parametrize("word", LEARNING)
def test_a_copy_names_images_by_their_place_and_keeps_what_parameters_take(
    word, images, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(images.parent)
    out = tmp_path / "desk" / "mine.ipynb"
    assert main(["notebook", word, "products", "--category", "part", "-o", str(out)]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    values, cell = parameters_of(out)
    assert (out.parent / values["data"]).resolve() == images.resolve()
    assert not values["data"].startswith("/")
    assert (values["run"], values["category"], values["preset"]) == ("", "part", "cpu")
    assert '# "tiny", "cpu"' in cell.source
    assert all(c.get("outputs", []) == [] for c in nbformat.read(out, as_version=4).cells)


def test_without_a_folder_a_copy_learns_from_built_in_images(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["notebook", "autoencoder"]) == 0
    values, _ = parameters_of("autoencoder.ipynb")
    assert (values["run"], values["data"], values["category"]) == ("", "", "")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("pni", "nowhere"), "nowhere does not exist; give the folder of a finished run, or of"),
        (("pni", "empty"), "empty holds no finished run, and as images: no images in 'empty'"),
        (("pni", "products", "--category", "prt"), "unknown category 'prt'; did you mean 'part'?"),
        (("autoencoder", "products"), "name one with --category: brick, part"),
        (("autoencoder", "--category", "prt"), "unknown category 'prt'; did you mean 'part'?"),
        (("detect", "products"), "made with: anomalylab run products"),
        (("detect",), "shows a finished run; name one, which is made with: anomalylab run"),
        (("pni", "run"), "use: anomalylab notebook detect run"),
        (("detect", "run", "--category", "part"), "--category is for folders of images"),
        (("pni", "products", "-o", "there.ipynb"), "there.ipynb exists and may hold your work"),
    ],
)
def test_what_no_notebook_can_be_made_of_is_refused_in_a_line(
    given, words, images, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    shutil.copytree(images, tmp_path / "products")
    fake_run(tmp_path / "run")
    (tmp_path / "there.ipynb").write_text("my work", encoding="utf-8")
    assert main(["notebook", *given]) == 1
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith("anomalylab notebook: ")
    assert words in told
    assert [path.name for path in tmp_path.glob("*.ipynb")] == ["there.ipynb"]
    assert (tmp_path / "there.ipynb").read_text(encoding="utf-8") == "my work"


@pytest.mark.parametrize(
    ("make", "words", "category_of"),
    [
        (made, "metric_learning", lambda request: request.categories),
        (made_autoencoder, "autoencoder", lambda request: (request.category,)),
        (made_pni, "pni", lambda request: request.categories),
    ],
)
def test_a_run_is_made_of_the_product_that_is_named(make, words, category_of, monkeypatch):
    asked = []
    monkeypatch.setattr(
        f"anomalylab.reports.{words}.live.make", lambda request, out: asked.append((request, out))
    )
    make("", "parts", category="screw", group_by="lot", preset="tiny")
    ((request, out),) = asked
    assert category_of(request) == ("screw",)
    assert request.source.group_by == "lot"
    assert out.as_posix() == f"reports/parts-screw-{words.replace('_', '-')}"


def test_runs_that_notebooks_make_are_called_by_images_product_and_recipe(tmp_path):
    (tmp_path / "v1.2").mkdir()
    assert folder_for(str(tmp_path / "v1.2"), "", "pni").as_posix() == "reports/v1.2-pni"
    assert folder_for("parts.csv", "a", "pni").as_posix() == "reports/parts-a-pni"
    assert folder_for("", "", "pni").as_posix() == "reports/built-in-pni"


def test_dials_of_twins_get_the_images_that_the_run_was_made_of():
    def run(path, *products, loader="folder", **params):
        dataset = DatasetInfo(
            loader=loader, root_name="", category="", fingerprint="", params=params, path=path
        )
        info, samples = SimpleNamespace(dataset=dataset), pd.DataFrame({"category": products})
        return SimpleNamespace(folder=Path("reports/mine"), info=info, samples=samples)

    assert images_of(run("../../parts", "parts")) == (Path("reports/mine/../../parts"), "")
    assert images_of(run("../../parts", "nut", "screw"))[1] == "nut"
    assert images_of(run("../../parts", "nut", "screw"), "moved", "screw") == (
        Path("moved"),
        "screw",
    )
    few = {"n_train": 2, "n_test_good": 1, "n_test_defect": 1, "size": 32}
    folder, product = images_of(run(None, "grass", "part", loader="textures", **few))
    assert product == "grass"
    assert len(list((folder / product).glob("train/good/*.png"))) == 2

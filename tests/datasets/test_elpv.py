"""Graded solar cells: the installed package, its repository, and half of it as it is shared."""

import json

import numpy as np
import pytest
from PIL import Image

from anomalylab import datasets
from anomalylab.cli.main import main
from anomalylab.errors import DatasetError, ParameterError, UnknownNameError
from anomalylab.runs.folder import Run
from anomalylab.runs.originals import Originals

LINES = """images/cell0001.png  1.0                 mono
images/cell0002.png  0.0                 mono
images/cell0003.png  0.3333333333333333  mono
images/cell0004.png  0.6666666666666666  poly
images/cell0005.png  0.0                 poly
"""


def write_cells(folder, lines=LINES, n_cells=5):
    (folder / "images").mkdir(parents=True)
    for number in range(1, n_cells + 1):
        pixels = np.full((6, 6), 40 * number, np.uint8)
        Image.fromarray(pixels).save(folder / f"images/cell{number:04d}.png")
    (folder / "labels.csv").write_text(lines, encoding="utf-8")
    return folder


@pytest.fixture
def cells(tmp_path):
    return write_cells(tmp_path / "data")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of that name whose code fails if anything imports it."""
    write_cells(tmp_path / "site/elpv_dataset/data")
    (tmp_path / "site/elpv_dataset/__init__.py").write_text("raise RuntimeError")
    monkeypatch.syspath_prepend(tmp_path / "site")
    return tmp_path / "site/elpv_dataset/data"


def column(samples, name):
    return dict(zip(samples["image_path"].str[11:15], samples[name], strict=True))


def test_the_grade_is_kept_and_a_label_cut_in_the_middle(cells):
    assert datasets.detect_layout(cells) == "elpv"
    samples = datasets.load("elpv", cells)
    grades = {"0001": 1.0, "0002": 0.0, "0003": 1 / 3, "0004": 2 / 3, "0005": 0.0}
    assert column(samples, "grade") == grades
    labels = {"0001": 1, "0002": 0, "0003": 0, "0004": 1, "0005": 0}
    assert column(samples, "label") == labels
    assert set(samples["split"]) == {"unlabelled"}
    assert column(samples, "category")["0003"] == "mono"
    assert column(samples, "category")["0004"] == "poly"
    assert list(samples["defect_type"]) == ["defect", "good", "good", "defect", "good"]


@pytest.mark.parametrize(("limit", "defective"), [(0.3, "134"), (0.5, "14"), (1, "1")])
def test_the_grade_from_which_a_cell_is_defective_can_be_chosen(cells, limit, defective):
    samples = datasets.load("elpv", cells, defective_from=limit)
    found = samples.loc[samples["label"] == 1, "image_path"].str[14]
    assert "".join(found) == defective


@pytest.mark.parametrize("limit", [0, -1, 1.1, float("nan")])
def test_a_grade_out_of_range_is_refused(cells, limit):
    with pytest.raises(ParameterError, match=r"defective_from must lie in \(0, 1\]"):
        datasets.load("elpv", cells, defective_from=limit)


def test_one_kind_of_cells_can_be_taken(cells):
    assert len(datasets.load("elpv", cells, category="mono")) == 3
    assert len(datasets.load("elpv", cells, category="poly")) == 2
    with pytest.raises(UnknownNameError, match="did you mean 'mono'"):
        datasets.load("elpv", cells, category="mon")


def test_a_table_with_names_and_commas_and_without_kinds_is_read(tmp_path):
    lines = "image,defect_probability\nimages/cell0001.png,1.0\nimages/cell0002.png,0.0\n\n"
    samples = datasets.load("elpv", write_cells(tmp_path / "elpv_mono", lines))
    assert column(samples, "label") == {"0001": 1, "0002": 0}
    assert set(samples["category"]) == {"elpv_mono"}
    (found,) = samples.attrs["findings"]
    assert (found["what"], found["n"]) == ("unused_images", 3)
    with pytest.raises(ParameterError, match="does not tell mono from poly"):
        datasets.load("elpv", tmp_path / "elpv_mono", category="mono")


@pytest.mark.parametrize(
    "line",
    [
        "images/cell0001.png",
        "images/cell0001.png 1.5 mono",
        "images/cell0001.png nan mono",
        "images/cell0001.png often mono",
        "images/cell0001.png 1.0 thin",
    ],
)
def test_a_line_that_is_not_understood_is_named(tmp_path, line):
    folder = write_cells(tmp_path / "data", f"images/cell0002.png 0.0 mono\n{line}\n")
    with pytest.raises(DatasetError, match=r"line 2 of 'labels.csv' is not understood"):
        datasets.load("elpv", folder)


def test_a_first_line_of_a_wrong_grade_is_no_line_of_names(tmp_path):
    folder = write_cells(tmp_path / "data", "images/cell0001.png 7 mono\n")
    with pytest.raises(DatasetError, match="line 1"):
        datasets.load("elpv", folder)


def test_a_path_that_leads_out_of_the_folder_is_not_read(tmp_path):
    Image.new("L", (6, 6)).save(tmp_path / "secret.png")
    folder = write_cells(tmp_path / "data", LINES + "../secret.png 0.0 mono\n")
    samples = datasets.load("elpv", folder)
    assert len(samples) == 5
    assert samples.attrs["broken"][0]["path"] == "../secret.png"


def test_the_images_of_the_package_are_read_where_they_lie_and_its_code_never_runs(package):
    samples = datasets.load("elpv", None, category="mono")
    assert samples.attrs["root"] == str(package)
    assert len(samples) == 3


def test_without_the_package_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setattr("anomalylab.datasets.elpv.PACKAGE", "no_such_package")
    with pytest.raises(DatasetError, match=r'pip install "anomalylab-vision\[elpv\]"'):
        datasets.load("elpv", None)


def test_the_command_line_runs_the_package_without_a_folder(package, tmp_path, capsys):
    out = tmp_path / "run"
    words = ["run", "--dataset", "elpv", "--category", "mono", "--defective-from", "1"]
    assert main([*words, "--detector", "mahalanobis", "-o", str(out)]) == 0
    run = Run(out)
    assert run.info.dataset.root_name == "elpv"
    assert run.info.dataset.category == "mono"
    assert "--dataset elpv --category mono --defective-from 1.0" in run.info.command
    assert run.samples["label"].sum() == 1
    path = run.queries["image_path"].iloc[0]
    assert Originals(run).read(path) == (package / path).read_bytes()
    assert str(package) not in json.dumps(json.loads((out / "run.json").read_text()))


@pytest.mark.parametrize("name", ["mvtec_ad", "table", "folder"])
def test_a_layout_without_a_folder_is_refused_in_a_line(name, tmp_path, capsys):
    assert main(["run", "--dataset", name, "-o", str(tmp_path / "run")]) == 1
    assert "give a folder of images" in capsys.readouterr().err


def test_half_of_the_set_is_listed_as_it_is_shared(real_data):
    folder = real_data / "elpv_mono"
    if not folder.is_dir():
        pytest.skip(f"{real_data} holds no elpv_mono")
    assert datasets.detect_layout(folder) == "elpv"
    samples = datasets.load("elpv", folder)
    assert len(samples) == 537
    assert samples["label"].sum() == 28 + 159
    assert samples["grade"].round(3).value_counts().to_dict() == {
        0.0: 297,
        1.0: 159,
        0.333: 53,
        0.667: 28,
    }
    assert set(samples["stored_as"]) == {"PNG, grey of 8 bits"}

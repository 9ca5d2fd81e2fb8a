"""Whatever a run or a table names as a file lies in the folder that it belongs to."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from fakes import fake_run
from PIL import Image

from anomalylab import datasets
from anomalylab.cli.main import main
from anomalylab.errors import DatasetError, RunError
from anomalylab.images.inside import why_no_name, why_outside
from anomalylab.pc_space.opened import PCSpace
from anomalylab.runs.files import list_files
from anomalylab.runs.folder import Run
from anomalylab.runs.request import DetectRequest

OUTSIDE = ("../../victim", "a/../../b.png", "..", "/etc/passwd", "C:\\x.png", "C:/x.png")
OUTSIDE += (
    "\\\\host\\share\\x.png",
    "..\\x.png",
    "nul\0.png",
    "",
    " ",
    "x" * 256,
    "a/" * 2100 + "b",
)
INSIDE = ("a.png", "früh schicht/it's.png", "a..b/..c.png", "line\nbreak.png", "a:b.png", "x" * 255)


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_path_that_may_lead_out_is_told_with_the_reason(path):
    assert why_outside(path)
    assert why_no_name(path)


@pytest.mark.parametrize("path", INSIDE)
def test_a_path_below_the_folder_is_none_of_these(path):
    assert why_outside(path) == ""


def test_a_name_holds_no_folder():
    assert why_no_name("padim-levels=block4+block6@fast") == ""
    assert all(why_no_name(name) for name in ("a/b", "a\\b", ".", ".."))


def _change(run, change):
    """Change what a run says of itself, and list its files again, as its author can."""
    path = run.folder / "run.json"
    stored = json.loads(path.read_text(encoding="utf-8"))
    change(stored)
    path.write_text(json.dumps(stored), encoding="utf-8")
    list_files(run.folder)


def _rename_verdict(name):
    def change(stored):
        stored["verdicts"] = {name: stored["verdicts"].pop("patchcore"), **stored["verdicts"]}

    return change


def _rename_detector(name):
    def change(stored):
        stored["detect"]["detectors"][name] = stored["detect"]["detectors"]["patchcore"]

    return change


@pytest.mark.parametrize("rename", [_rename_verdict, _rename_detector])
@pytest.mark.parametrize("name", [*OUTSIDE, "a/b"])
def test_a_detector_that_is_a_path_is_refused_where_the_run_is_opened(tmp_path, rename, name):
    run = fake_run(tmp_path / "run")
    _change(run, rename(name))
    with pytest.raises(RunError, match=r"run\.json names the detector .* but it") as caught:
        Run(run.folder)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300 + len(str(run.folder))


@pytest.mark.parametrize("command", ["report", "score", "serve", "notebook"])
def test_every_command_refuses_it_in_a_line_and_writes_nothing(
    tmp_path, monkeypatch, capsys, command
):
    run = fake_run(tmp_path / "run")
    _change(run, _rename_verdict("../../victim"))
    before = sorted(path for path in tmp_path.rglob("*"))
    monkeypatch.chdir(tmp_path)
    arguments = {
        "report": ["report", "run"],
        "score": ["score", "run", "run", "-o", "scored"],
        "serve": ["serve", "detect", "run", "--no-browser"],
        "notebook": ["notebook", "detect", "run"],
    }[command]
    assert main(arguments) == 1
    told = capsys.readouterr().err.strip()
    assert "'../../victim'" in told
    assert "\n" not in told
    assert sorted(path for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize("column", ["image_path", "mask_path"])
@pytest.mark.parametrize("path", OUTSIDE)
def test_a_sample_outside_of_its_folder_is_refused_by_table_and_value(tmp_path, column, path):
    run = fake_run(tmp_path / "run")
    table = pd.read_parquet(run.folder / "samples.parquet")
    table[column] = table[column].astype(object)
    table.loc[3, column] = path
    table.to_parquet(run.folder / "samples.parquet")
    list_files(run.folder)
    with pytest.raises(RunError, match=r"samples\.parquet names the (image|mask) .* but it"):
        _ = Run(run.folder).samples


@pytest.mark.parametrize("way", ["/etc", "\\\\host\\share", "C:\\images", "../\0", "../a/../../b"])
def test_the_way_to_the_images_is_relative(tmp_path, way):
    run = fake_run(tmp_path / "run")
    _change(run, lambda stored: stored["dataset"].update(path=way))
    with pytest.raises(RunError, match=r"run\.json names the folder of images"):
        Run(run.folder)


@pytest.mark.parametrize("way", [None, ".", "..", "../..", "../../data/bottle", "images"])
def test_the_way_to_the_images_may_go_up_first(tmp_path, way):
    run = fake_run(tmp_path / "run")
    _change(run, lambda stored: stored["dataset"].update(path=way))
    assert Run(run.folder).info.dataset.path == way


@pytest.fixture
def moved(pc_run, tmp_path):
    """A copy of the small PC-space run and of its images, to be changed."""
    folder = getattr(pc_run, "folder", pc_run)
    shutil.copytree(folder, tmp_path / "run")
    opened = PCSpace(folder)
    shutil.copytree(opened.root, tmp_path / "images")
    _change(Run(tmp_path / "run"), lambda stored: stored["dataset"].update(path="../images"))
    return tmp_path


def test_a_link_leads_out_of_the_images_only_where_a_person_names_their_folder(moved):
    first = PCSpace(moved / "run").samples.iloc[0]
    path = moved / "images" / first["image_path"]
    path.rename(moved / "elsewhere.png")
    path.symlink_to(moved / "elsewhere.png")
    with pytest.raises(DatasetError, match="a link out of its folder"):
        PCSpace(moved / "run").image(first["sample_id"])
    assert PCSpace(moved / "run", moved / "images").image(first["sample_id"]).size


def test_a_run_without_a_way_to_its_images_loads_no_other_data(moved):
    def change(stored):
        stored["dataset"].update(path=None, loader="folder", params={"root": "/"})

    _change(Run(moved / "run"), change)
    with pytest.raises(DatasetError, match="give --data FOLDER"):
        _ = PCSpace(moved / "run").root


@pytest.fixture
def table(tmp_path):
    """A table beside one image, and an image elsewhere."""
    for path in ("data/a.png", "other/b.png"):
        (tmp_path / path).parent.mkdir()
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / path)

    def write(*rows, columns=("image_path",)):
        out = tmp_path / "data" / "t.parquet"
        pd.DataFrame(list(rows), columns=list(columns)).to_parquet(out)
        return out

    return write


@pytest.mark.parametrize("path", ["../other/b.png", "/etc/passwd", "x/../../other/b.png"])
def test_a_table_reads_no_image_or_mask_outside_of_its_folder(table, path):
    for row in ((path, None), ("a.png", path)):
        given = table(row, columns=("image_path", "mask_path"))
        with pytest.raises(DatasetError, match=r"'t\.parquet' names .*--images"):
            datasets.load("table", given)


def test_a_table_reads_what_lies_in_the_folder_that_the_person_names(table, tmp_path):
    given = table(("../other/b.png",), (str(tmp_path / "data" / "a.png"),), ("x/../a.png",))
    with pytest.raises(DatasetError, match="leads out"):
        datasets.load("table", given)
    given = table(("../other/b.png",), (str(tmp_path / "data" / "a.png"),))
    samples = datasets.load("table", given, images=tmp_path)
    assert list(samples["image_path"]) == ["data/a.png", "other/b.png"]
    assert samples.attrs["root"] == str(tmp_path)
    assert list(datasets.load("table", table(("x/../a.png",)))["image_path"]) == ["a.png"]


def test_names_that_no_file_can_have_are_one_line(table):
    for path in ("nul\0.png", "x" * 300 + ".png"):
        with pytest.raises(DatasetError, match=r"'t\.parquet' names") as caught:
            datasets.load("table", table((path,)))
        assert "\n" not in str(caught.value)


def test_the_folder_of_the_images_is_recorded_by_its_name_alone(tmp_path):
    request = DetectRequest(data=tmp_path / "t.csv", dataset_params={"images": tmp_path / "photos"})
    assert "--images photos " in request.command(tmp_path / "run")
    assert str(tmp_path) not in request.command(tmp_path / "run")

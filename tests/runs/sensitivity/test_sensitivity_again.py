"""A finished run is measured again, with the defects that a person wishes."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from anomalylab.cli.main import main
from anomalylab.errors import DatasetError, RunError
from anomalylab.runs.detect import run
from anomalylab.runs.folder import Run
from anomalylab.runs.request import DetectorChoice, DetectRequest
from anomalylab.runs.score import score
from anomalylab.runs.sensitivity.again import measure_again
from anomalylab.runs.sensitivity.plan import Wish

pytestmark = pytest.mark.xdist_group("sensitivity again")

SPOTS = Wish(kinds=("spot",), widths=(6,), contrasts=(1.0,), per_cell=5)
CHANGED = {
    "run.json",
    "files.json",
    "planted.parquet",
    "planted_pictures.parquet",
    "sensitivity.parquet",
    "planted/knn.npy",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    rng, root = np.random.default_rng(0), tmp_path_factory.mktemp("again")
    (root / "images").mkdir()
    for i in range(26):
        pixels = rng.integers(100, 140, (20, 24, 3)).repeat(4, 0).repeat(4, 1).astype(np.uint8)
        Image.fromarray(pixels).save(root / "images" / f"{i:02}.png")
    knn = (DetectorChoice(name="knn"),)
    run(DetectRequest(data=root / "images", detectors=knn, size=(64, 64)), root / "run")
    return root


@pytest.fixture
def copied(made, tmp_path):
    shutil.copytree(made, tmp_path / "all")
    return tmp_path / "all"


def content(folder):
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_only_the_sensitivity_and_its_sentences_change(copied):
    before = content(copied / "run")
    (copied / "run" / "notes.txt").write_text("mine")
    (copied / "run" / "report.html").write_text("a page of the run before")
    measured = measure_again(copied / "run", SPOTS)
    after = content(copied / "run")
    assert after.pop("notes.txt") == b"mine"
    assert {name for name in before if before[name] != after.get(name)} == CHANGED
    assert len(measured.table("sensitivity")) == 1
    assert measured.table("sensitivity").iloc[0][["defect", "width"]].tolist() == ["spot", 6]
    measured.check()
    old = json.loads(before["run.json"])
    new = json.loads(after["run.json"])
    old_verdict, new_verdict = old.pop("verdicts")["knn"], new.pop("verdicts")["knn"]
    assert old == new
    assert old_verdict["reason"] == new_verdict["reason"]
    assert "spots" in new_verdict["seen"]
    assert "scratches" not in new_verdict["seen"]


def test_the_same_wish_gives_the_same_bytes(copied):
    measure_again(copied / "run", SPOTS)
    first = content(copied / "run")
    measure_again(copied / "run", SPOTS)
    assert content(copied / "run") == first


def test_images_that_changed_since_are_told_and_nothing_is_written(copied):
    for path in (copied / "images").iterdir():
        Image.open(path).rotate(180).save(path)
    before = content(copied / "run")
    with pytest.raises(DatasetError, match=r"\d\d.png has changed since it was embedded"):
        measure_again(copied / "run", SPOTS)
    assert content(copied / "run") == before


def test_images_that_were_moved_are_found_where_a_person_says(copied):
    (copied / "images").rename(copied / "elsewhere")
    with pytest.raises(DatasetError, match="--data"):
        measure_again(copied / "run", SPOTS)
    measured = measure_again(copied / "run", SPOTS, data=copied / "elsewhere")
    assert len(measured.table("planted")) == 5


def test_new_images_that_were_scored_are_refused(copied):
    score(copied / "run", copied / "images", copied / "scored")
    with pytest.raises(RunError, match="new images that 'run' has scored"):
        measure_again(copied / "scored", SPOTS)


def test_the_command_prints_what_is_found(copied, capsys):
    wish = ["--defects", "spot", "--widths", "6", "--contrasts", "1", "--per-cell", "5"]
    assert main(["sensitivity", str(copied / "run"), *wish]) == 0
    out = capsys.readouterr().out
    row = Run(copied / "run").table("sensitivity").iloc[0]
    assert f"{row['n_found']} of 5" in out
    assert "anomalylab report" in out


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (["--defects", "spott"], "did you mean 'spot'?"),
        (["--widths", "six"], "--widths takes numbers with commas between them, not 'six'"),
        (["--widths", "2"], "widths are whole pixels from 3"),
        (["--contrasts", "7"], "contrasts lie in (0, 1]"),
        (["--per-cell", "0"], "at least 1 image"),
        (["--widths", "70"], "none of the"),
    ],
)
def test_wishes_that_make_no_sense_are_refused_in_a_line(copied, wish, words, capsys):
    assert main(["sensitivity", str(copied / "run"), *wish]) == 1
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1

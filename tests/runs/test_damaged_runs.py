"""Whatever happens to the files of a run: a line that names the file, or what was written."""

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from damage import (
    damaged_cache,
    damaged_run,
    empty,
    everything,
    filled_cache,
    flip,
    harmed,
    is_refused,
    same,
    truncate,
)

from anomalylab.cli.main import main
from anomalylab.errors import AnomalyLabError, RunError
from anomalylab.reports import report
from anomalylab.runs.files import RunFiles, list_files
from anomalylab.runs.folder import OF_EVERY_RUN, Run
from anomalylab.runs.suspects import write_suspects

OLD = Path(__file__).parents[1] / "data"
N_CASES = 150


@pytest.fixture(scope="module", params=["detect_v2", "pc_space_v2"])
def listed(request, tmp_path_factory):
    """A small run with the list of its files."""
    folder = tmp_path_factory.mktemp("runs")
    with zipfile.ZipFile(OLD / f"{request.param}.zip") as archive:
        archive.extractall(folder)
    list_files(folder / request.param)
    return folder / request.param


@pytest.fixture(scope="module")
def right(listed):
    return everything(listed)


@pytest.fixture
def copy(listed, tmp_path):
    return shutil.copytree(listed, tmp_path / listed.name)


@pytest.mark.parametrize("tenth", range(10))
def test_a_damaged_run_is_refused_by_name_or_read_as_it_was_written(listed, right, tenth):
    for seed in range(tenth, N_CASES, 10):
        outcome, what = damaged_run(listed, right, seed, pages=seed % 50 == 0)
        assert outcome in ("refused", "same"), what


def test_a_damaged_cache_gives_what_was_kept_or_nothing(tmp_path):
    right = filled_cache(tmp_path / "cache")
    for seed in range(N_CASES):
        outcome, what = damaged_cache(tmp_path / "cache", right, seed)
        assert outcome in ("refused", "same"), what


@pytest.mark.parametrize("way", [flip, truncate, empty, None])
def test_every_file_of_a_run_that_is_damaged_is_told_by_name(listed, way):
    rng = np.random.default_rng(0)
    for name in Run(listed).files.written:
        content = harmed(listed / name, way, rng)
        try:
            with pytest.raises(RunError, match=Path(name).name.replace(".", r"\.")):
                Run(listed).check()
        finally:
            (listed / name).write_bytes(content)
    assert not is_refused(listed)


@pytest.mark.parametrize("way", [flip, truncate, empty, None])
def test_a_damaged_file_of_a_run_without_a_list_ends_in_a_line_or_is_read(copy, way):
    (copy / "files.json").unlink()
    rng = np.random.default_rng(0)
    for path in [path for path in copy.rglob("*") if path.is_file()]:
        content = harmed(path, way, rng)
        refused = is_refused(copy)
        must_be = way in (truncate, empty) or (way is None and path.stem in OF_EVERY_RUN)
        assert refused or not must_be or path.name == "training_pooled.npy", path
        path.write_bytes(content)


@pytest.mark.parametrize("command", ["report", "score", "serve", "notebook"])
def test_every_command_says_in_a_line_what_is_damaged(copy, command, tmp_path, capsys):
    path = next(copy.glob("maps/*.npy"))
    path.write_bytes(path.read_bytes()[:-8])
    kind = ["detect" if "detect" in copy.name else "pc-space"]
    words = {
        "report": [copy],
        "score": [copy, copy, "-o", tmp_path / "scored"],
        "serve": [*kind, copy, "--no-browser"],
        "notebook": [*kind, copy, "-o", tmp_path / "work.ipynb"],
    }[command]
    assert main([command, *map(str, words)]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert f"{path} is damaged" in line
    assert "copy the run folder again" in line
    assert not (copy / "report.ipynb").exists()


def test_a_file_that_was_added_later_is_not_taken_for_one_of_the_run(copy):
    (copy / "search.parquet").write_bytes((copy / "scores.parquet").read_bytes())
    with pytest.raises(RunError, match=r"search\.parquet is damaged"):
        Run(copy).table("search")


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "C:\\x"])
def test_a_list_of_files_stays_inside_the_folder(copy, name):
    (copy / "files.json").write_text(f'{{"{name}": "00"}}'.replace("\\", "\\\\"))
    with pytest.raises(RunError, match="outside the run folder"):
        RunFiles(copy).check()


def test_notes_that_a_person_adds_are_no_damage(copy):
    (copy / "notes.txt").write_text("mine")
    Run(copy).check()


@pytest.mark.parametrize("change", ["saved by a spreadsheet", "removed"])
def test_tables_for_people_may_be_changed(right, copy, change):
    write_suspects(copy)
    (copy / "scores.csv").write_text("image,score\na.png,0.5\n")
    list_files(copy)
    assert {"suspects.csv", "scores.csv"} <= Run(copy).files.written.keys()
    for name in ("suspects.csv", "scores.csv"):
        if change == "removed":
            (copy / name).unlink()
        else:
            text = (copy / name).read_text("utf-8-sig")
            (copy / name).write_text(text.replace(",", ";"), "latin-1")
    Run(copy).check()
    found = everything(copy)
    for name, value in right.items():
        assert same(found[name], value), name


@pytest.mark.parametrize("listed", ["detect_v2"], indirect=True)
def test_pages_and_notebooks_that_are_made_of_a_run_are_no_damage(copy):
    page = report(copy)
    assert main(["notebook", "detect", str(copy), "-o", str(copy / "work.ipynb")]) == 0
    assert page.parent == copy
    Run(copy).check()
    page.write_text("changed")
    (copy / "work.ipynb").unlink()
    Run(copy).check()


def test_a_run_of_no_detector_is_refused(copy):
    (copy / "files.json").unlink()
    text = (copy / "run.json").read_text("utf-8")
    start, end = text.index('"verdicts": {'), text.index('"intensity"')
    (copy / "run.json").write_text(text[:start] + '"verdicts": {},\n  ' + text[end:], "utf-8")
    with pytest.raises(AnomalyLabError, match="names no detector"):
        Run(copy)

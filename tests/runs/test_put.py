"""What is put in the place of an earlier run: nothing of anyone's is lost, whatever is killed."""

import errno
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from fakes import fake_run

from anomalylab.errors import RunError
from anomalylab.runs import authorship, writable
from anomalylab.runs.folder import Run
from anomalylab.runs.replaced import check_replaced
from anomalylab.runs.writing import check_output, writing
from anomalylab.storage import unfinished

NOTES = {"notes.txt": "mine", "deep/er/work.ipynb": "{}", "maps/of the floor.png": "map"}


@pytest.fixture
def run(tmp_path):
    """A run in which a person keeps files."""
    folder = fake_run(tmp_path / "runs" / "mine").folder
    for name, text in NOTES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def gone():
    """The mark of a process that has ended."""
    code = "from anomalylab.storage.unfinished import owner; print(owner())"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def notes(folder):
    return {name: (folder / name).read_text(encoding="utf-8") for name in NOTES}


def test_another_run_into_the_folder_keeps_what_is_not_ours(run):
    (run / "link").symlink_to(run.parent)
    before = (run / "scores.parquet").read_bytes()
    fake_run(run, n_query=30)
    assert notes(run) == NOTES
    assert (run / "link").is_symlink()
    assert (run / "scores.parquet").read_bytes() != before
    assert [path.name for path in run.parent.iterdir()] == ["mine"]


def test_a_table_that_a_person_changed_is_kept_and_one_that_nobody_did_is_not(run):
    with writing(run) as writer:
        (writer.folder / "scores.csv").write_text("ours", encoding="utf-8")
        shutil.copy(run / "run.json", writer.folder)
    with writing(run) as writer:
        (writer.folder / "scores.csv").write_text("newer", encoding="utf-8")
        shutil.copy(run / "run.json", writer.folder)
    assert [path.name for path in run.glob("*.csv")] == ["scores.csv"]
    (run / "scores.csv").write_text("with my column", encoding="utf-8")
    with writing(run) as writer:
        (writer.folder / "scores.csv").write_text("newest", encoding="utf-8")
        shutil.copy(run / "run.json", writer.folder)
    texts = {path.name: path.read_text(encoding="utf-8") for path in run.glob("*.csv")}
    assert texts == {"scores.csv": "newest", "scores-2.csv": "with my column"}


def test_pages_and_records_of_an_earlier_run_go_unless_somebody_changed_them(run):
    page = authorship.signed(f"<p>page</p><!-- {authorship.SIGNATURE} -->")
    (run / "report.html").write_text(page, encoding="utf-8")
    (run / "report.ipynb").write_text(page + " and what I found", encoding="utf-8")
    fake_run(run)
    assert not (run / "report.html").exists()
    assert (run / "report.ipynb").read_text(encoding="utf-8").endswith("what I found")


def test_a_run_from_before_runs_listed_their_files_is_replaced_as_one(run):
    (run / "files.json").unlink()
    (run / "detectors" / "padim").mkdir(parents=True)
    (run / "detectors" / "padim" / "arrays.safetensors").write_bytes(b"old")
    (run / "report.html").write_text("old", encoding="utf-8")
    fake_run(run)
    assert notes(run) == NOTES
    assert set(files(run)) - set(NOTES) == {
        *json.loads((run / "files.json").read_text()),
        "files.json",
    }


STOPS = ("first rename", "second rename", "run.json deleted", "half moved", "half deleted")


@pytest.mark.parametrize("stop", STOPS)
def test_a_kill_at_any_step_of_the_exchange_loses_nothing(run, gone, stop):
    whole = {name: content for name, content in files(run).items() if name not in NOTES}
    old = run.with_name(f".mine.{gone}.old")
    partial = run.with_name(f".mine.{gone}.partial")
    shutil.copytree(run, partial, ignore=shutil.ignore_patterns("notes.txt", "deep", "*.png"))
    run.rename(old)
    if stop != "first rename":
        partial.rename(run)
    if stop in STOPS[2:]:
        (old / "run.json").unlink()
    if stop == "half moved":
        (old / "notes.txt").rename(run / "notes.txt")
    if stop == "half deleted":
        (old / "scores.parquet").unlink()
    Run(run) if stop == "first rename" else check_output(run)
    assert notes(run) == NOTES
    assert {n: c for n, c in files(run).items() if n not in NOTES} == whole
    assert [path.name for path in run.parent.iterdir()] == ["mine"]


def test_what_a_living_process_or_another_machine_writes_is_left_alone(run):
    living = unfinished.beside(run, "partial")
    elsewhere = run.with_name(".mine.00000000-1-1-00000000.partial")
    for folder in (living, elsewhere):
        folder.mkdir()
    check_output(run)
    assert living.exists()
    assert elsewhere.exists()
    long_ago = time.time() - 8 * 24 * 3600
    os.utime(elsewhere, (long_ago, long_ago))
    os.utime(living, (long_ago, long_ago))
    check_output(run)
    assert living.exists()
    assert not elsewhere.exists()


def test_another_process_of_the_same_number_is_not_mistaken_for_the_one_that_is_gone(tmp_path):
    machine, pid, started, rest = unfinished.owner().split("-")
    other = tmp_path / f".unfinished-{machine}-{pid}-{int(started) - 1}-{rest}"
    other.mkdir()
    unfinished.sweep(tmp_path, ".unfinished-*")
    assert not other.exists()


@pytest.mark.parametrize(
    ("error", "raised", "words"),
    [
        (
            OSError(errno.EACCES, "Permission denied"),
            RunError,
            r"cannot write .*: Permission denied",
        ),
        (KeyboardInterrupt("stopped"), KeyboardInterrupt, "stopped"),
    ],
    ids=["refused", "interrupted"],
)
def test_a_rename_that_fails_leaves_the_earlier_run_in_its_place(
    run, monkeypatch, error, raised, words
):
    before, rename = files(run), Path.rename

    def failing(self, target):
        if self.name.endswith(".partial"):
            raise error
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(raised, match=words):
        fake_run(run)
    assert files(run) == before
    assert [path.name for path in run.parent.iterdir()] == ["mine"]


@pytest.mark.parametrize("n_same", [0, 17, 18, 36])
def test_a_run_of_other_images_is_replaced_only_if_asked_for(run, n_same):
    samples = Run(run).samples
    hashes = [name if i < n_same else f"new {i}" for i, name in enumerate(samples["content_hash"])]
    new = samples.assign(content_hash=hashes)
    if n_same >= 18:
        check_replaced(run, new, run, kind="detect")
        return
    with pytest.raises(RunError, match=r"of 'fake'.*of its 36 images are among these; .*--replace"):
        check_replaced(run, new, run, kind="detect")


def test_a_run_of_another_kind_or_scores_are_not_replaced(run):
    samples = Run(run).samples
    with pytest.raises(RunError, match="holds a detect run of 'fake'"):
        check_replaced(run, samples, run, kind="pc_space")
    with pytest.raises(RunError, match="holds a detect run of 'fake'"):
        check_replaced(run, samples, run, kind="detect", scored_with="other")


def test_somebodys_folder_with_a_file_of_that_name_is_no_run(tmp_path):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "run.json").write_text('{"steps": 3}', encoding="utf-8")
    with pytest.raises(RunError, match="holds no run"):
        check_output(tmp_path / "theirs")


def test_outputs_that_cannot_be_written_are_told_in_a_line(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for out in (tmp_path / "file", tmp_path / "file" / "run", tmp_path / "file" / "a" / "b"):
        with pytest.raises(RunError, match="file is a file"):
            check_output(out)
    with pytest.raises(RunError, match="cannot write /proc/runs"):
        check_output(Path("/proc/runs/mine"))
    with pytest.raises(RunError, match="is a folder"):
        writable.check_file(tmp_path)
    with pytest.raises(RunError, match=r"takes .* MiB or more"):
        check_output(tmp_path / "new", 2**60)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError, match="folder you work in"):
        check_output(Path("."))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("code", [errno.EACCES, errno.ENOSPC, errno.EROFS])
def test_a_folder_that_takes_no_file_is_refused_at_once(tmp_path, monkeypatch, code):
    def failing(self, *args, **kwargs):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "mkdir", failing)
    with pytest.raises(RunError, match=f"cannot write .*{os.strerror(code)}"):
        check_output(tmp_path / "run")


@pytest.mark.parametrize("at", range(1, 8))
def test_a_disk_that_is_full_at_any_moment_leaves_the_earlier_run(run, monkeypatch, at):
    before, n_calls = files(run), iter(range(1, 100))
    to_parquet = pd.DataFrame.to_parquet

    def full(self, path, **kwargs):
        if next(n_calls) == at:
            Path(path).write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        return to_parquet(self, path, **kwargs)

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    with pytest.raises(RunError, match=r"cannot write .*No space left"):
        fake_run(run)
    assert files(run) == before
    assert [path.name for path in run.parent.iterdir()] == ["mine"]


def test_only_our_own_writing_is_told_as_such(tmp_path):
    with pytest.raises(OSError, match="damaged mask"), writing(tmp_path / "run"):
        raise OSError("damaged mask")
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_somebody_has_is_passed_over(tmp_path):
    path = tmp_path / "report.ipynb"
    assert authorship.free_name(path) == path
    path.write_text(authorship.signed(authorship.SIGNATURE), encoding="utf-8")
    assert authorship.free_name(path) == path
    path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")
    assert authorship.free_name(path) == tmp_path / "report-2.ipynb"

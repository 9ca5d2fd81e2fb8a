"""Where pages and their records go: over nothing of anyone's, and told before the long work."""

import errno
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fakes import fake_run

from anomalylab.cli.main import main
from anomalylab.errors import ParameterError, RunError
from anomalylab.reports import report
from anomalylab.reports.kit.kernel import kernel_in
from anomalylab.runs.authorship import is_as_signed

HEARD = {"stderr": subprocess.PIPE, "text": True, "timeout": 300}


@pytest.fixture
def run(tmp_path):
    return fake_run(tmp_path / "run", n_train=2, n_query=4).folder


@pytest.fixture
def no_kernel(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the long work has begun")

    monkeypatch.setattr("anomalylab.reports.kit.page.run_notebook", refuse)


def test_two_reports_of_one_run_at_once_both_end_well(run):
    command = [sys.executable, "-m", "anomalylab", "report", str(run)]
    with ThreadPoolExecutor() as threads:
        both = [threads.submit(subprocess.run, command, **HEARD) for _ in range(2)]
    assert [(one.result().returncode, one.result().stderr) for one in both] == [(0, "")] * 2
    assert is_as_signed(run / "report.html")
    assert is_as_signed(run / "report.ipynb")
    assert json.loads((run / "report.ipynb").read_text(encoding="utf-8"))["cells"]
    names = {path.name for path in run.iterdir() if path.name.startswith((".", "report"))}
    assert names == {"report.html", "report.ipynb"}


@pytest.mark.skipif(os.name != "posix", reason="sockets are files on POSIX only")
def test_kernels_that_start_at_once_are_given_no_common_port():
    one, other = (kernel_in(Path(folder))() for folder in ("/tmp/one", "/tmp/other"))
    assert one.transport == other.transport == "ipc"
    assert (one.ip, other.ip) == ("/tmp/one/kernel", "/tmp/other/kernel")


def test_a_folder_whose_name_is_too_long_for_a_socket_leaves_the_kernel_to_ports():
    kernel = kernel_in(Path("/tmp") / ("x" * 100))()
    assert (kernel.transport, kernel.ip) == ("tcp", "127.0.0.1")


def test_a_notebook_that_somebody_works_in_stays_and_ours_gets_the_next_name(run):
    (run / "report.ipynb").write_text("my work", encoding="utf-8")
    (run / "report.log").write_text("my log", encoding="utf-8")
    report(run)
    assert (run / "report.ipynb").read_text(encoding="utf-8") == "my work"
    assert (run / "report.log").read_text(encoding="utf-8") == "my log"
    assert is_as_signed(run / "report-2.ipynb")


def test_a_page_that_somebody_changed_is_not_written_over(run, tmp_path, no_kernel):
    for out in (run / "report.html", tmp_path / "index.html"):
        out.write_text("mine", encoding="utf-8")
        with pytest.raises(ParameterError, match="was not written by anomalylab, or was changed"):
            report(run, out)
        assert out.read_text(encoding="utf-8") == "mine"
    with pytest.raises(ParameterError, match=r"ends in \.html"):
        report(run, tmp_path / "mine.ipynb")


def test_a_page_that_cannot_be_written_is_told_before_the_long_work(
    run, tmp_path, no_kernel, capsys
):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    outs = {
        tmp_path: "is a folder; give a file",
        tmp_path / "file" / "page.html": "file is a file",
        Path("/proc/pages/page.html"): "cannot write /proc/pages",
    }
    for out, words in outs.items():
        assert main(["report", str(run), "-o", str(out)]) == 1
        told = capsys.readouterr().err
        assert words in told
        assert told.count("\n") == 1


@pytest.mark.parametrize("out", ["file/mine.ipynb", "/proc/mine/mine.ipynb"])
def test_a_working_copy_that_cannot_be_written_is_told_in_a_line(run, tmp_path, capsys, out):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    assert main(["notebook", "detect", str(run), "-o", str(tmp_path / out)]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_disk_that_is_full_in_the_end_leaves_the_page_before(run, monkeypatch):
    page = report(run)
    before = {path.name: path.read_bytes() for path in run.glob("*report*")}

    def full(self, *args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(RunError, match=r"cannot write .*No space left"):
        report(run)
    assert {path.name: path.read_bytes() for path in run.glob("*report*")} == before
    assert page.is_file()
    assert not list(run.glob(".*"))

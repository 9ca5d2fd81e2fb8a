"""A run folder is data: whatever else lies in it, nothing of it is run."""

import subprocess
import sys

import nbformat
import pytest
from fakes import fake_run

PLANTED = (
    *("ipykernel_launcher.py", "ipykernel/__init__.py", "IPython/__init__.py", "pandas.py"),
    *("numpy.py", "json.py", "anomalylab.py", "sitecustomize.py", "usercustomize.py"),
    *("ipython_config.py", "ipython_kernel_config.py", "jupyter_config.py", "papermill.py"),
    *("startup.py", "profile_default/startup/00-first.py", "nbconvert_config.py", "PIL.py"),
)


@pytest.fixture
def stranger(tmp_path):
    """A finished run full of files that leave a mark if they are run."""
    run = fake_run(tmp_path / "run")
    mark = tmp_path / "mark"
    for name in PLANTED:
        path = run.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"open({str(mark)!r}, 'a').write({name!r} + ' ')\n", encoding="utf-8")
    code = nbformat.v4.new_code_cell(f"open({str(mark)!r}, 'a').write('notebook')")
    nbformat.write(nbformat.v4.new_notebook(cells=[code]), run.folder / "detect.ipynb")
    nbformat.write(nbformat.v4.new_notebook(cells=[code]), run.folder / "report.ipynb")
    return run.folder


def _anomalylab(*arguments, cwd):
    command = [sys.executable, "-P", "-m", "anomalylab", *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done


def test_a_report_runs_nothing_of_what_lies_in_the_run(stranger, tmp_path):
    for where, given in ((stranger, "."), (tmp_path, stranger)):
        _anomalylab("report", given, cwd=where)
        assert not (tmp_path / "mark").exists()
    assert "write('notebook')" in (stranger / "report.ipynb").read_text(encoding="utf-8")
    recorded = nbformat.read(stranger / "report-2.ipynb", as_version=4)
    injected = next(
        c for c in recorded.cells if "injected-parameters" in c.metadata.get("tags", [])
    )
    assert 'run = "."' in injected.source
    assert recorded.metadata.papermill.parameters.run == "."
    for path in (stranger / "report-2.ipynb", stranger / "report.html"):
        assert str(tmp_path) not in path.read_text(encoding="utf-8")


def test_a_copy_of_the_notebook_is_ours_and_runs_nothing(stranger, tmp_path):
    out = tmp_path / "mine.ipynb"
    _anomalylab("notebook", "detect", ".", "-o", out, cwd=stranger)
    assert "open(" not in out.read_text(encoding="utf-8")
    assert not (tmp_path / "mark").exists()

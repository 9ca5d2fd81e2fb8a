"""What is shipped: names, the environment file, a light import."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = ["torch", "timm", "faiss", "holoviews", "panel", "papermill", "nbconvert", "bokeh"]


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_conda_environment_lists_what_pyproject_lists(project):
    lines = (ROOT / "environment.yml").read_text(encoding="utf-8").splitlines()
    pip_part = lines[lines.index("  - pip:") + 1 :]
    assert [line.strip().lstrip("- ").strip('"') for line in pip_part] == project["dependencies"]


def test_no_other_project_is_taken_for_this_one(project):
    extras = project["optional-dependencies"].values()
    wanted = [name for some in [project["dependencies"], *extras] for name in some]
    names = {re.split(r"[^\w-]", name)[0] for name in wanted}
    assert {name for name in names if name.startswith("anomalylab")} == {project["name"]}


def test_commit_hooks_run_the_versions_that_the_tests_run(project):
    pinned = dict(
        requirement.split("==")
        for requirement in project["optional-dependencies"]["test"]
        if "==" in requirement
    )
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    hooks = re.findall(r"repo: (\S+).*?(?:rev: v?(\S+)|language: (system))", text, re.DOTALL)
    versions = {repo.rpartition("/")[2]: rev or own for repo, rev, own in hooks}
    assert versions == {
        "ruff-pre-commit": pinned["ruff"],
        "nbstripout": pinned["nbstripout"],
        "local": "system",
    }
    assert "mypy" in pinned


def test_public_hosts_run_every_python_that_is_named(project):
    named = [
        line.rpartition(" ")[2] for line in project["classifiers"] if ":: Python :: 3." in line
    ]
    text = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    assert re.search(r"python: \[(.*)\]", text)[1].replace('"', "").split(", ") == named
    assert f">={named[0]}" == project["requires-python"]


def test_the_version_is_written_once_and_once_more_the_same(project):
    import anomalylab

    assert anomalylab.__version__ == project["version"]


@pytest.mark.parametrize("module", ["anomalylab", "anomalylab.cli.main"])
def test_importing_is_light(module):
    code = f"import sys, {module}; print([m for m in {HEAVY} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_the_readme_has_both_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert (
        "python3 -m venv .venv && . .venv/bin/activate && pip install . && anomalylab demo" in text
    )
    assert 'pip install -e ".[test]" && pytest' in text

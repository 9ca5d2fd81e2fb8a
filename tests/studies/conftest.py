"""Small studies that are computed once."""

import shutil

import pytest
from study_folders import BRITTLE, SMALL, STUDY

from anomalylab.datasets.textures import make_textures
from anomalylab.studies.crew import Crew, processes
from anomalylab.studies.run import run
from anomalylab.studies.toml import read_study


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A study of two products, of which one has too few defects."""
    folder = tmp_path_factory.mktemp("study")
    make = {"n_test_good": 4, "size": 64}
    make_textures(folder / "data", category="part", n_train=12, n_test_defect=6, **make)
    make_textures(folder / "data", category="grass", n_train=12, n_test_defect=2, **make)
    (folder / "mine.toml").write_text(STUDY, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def request_(folder):
    return read_study(folder / "mine.toml")


@pytest.fixture(scope="session")
def finished(request_, folder):
    """The study, computed by two processes."""
    with Crew(processes(2)) as crew:
        return run(request_, folder / "out", crew=crew)


@pytest.fixture
def small(folder, tmp_path):
    """Arguments of a small study by a plugin's detector, on images that may be changed."""
    shutil.copytree(folder / "data", tmp_path / "data")
    (tmp_path / "small.toml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "brittle.py").write_text(BRITTLE, encoding="utf-8")
    plugin = ["--plugin", str(tmp_path / "brittle.py")]
    return ["study", str(tmp_path / "small.toml"), "-o", str(tmp_path / "out"), *plugin]

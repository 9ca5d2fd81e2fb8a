"""Runs and their pages, opened in a real browser that has no network."""

import fakes
import pytest
from pages import fresh

from anomalylab.reports import report


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    return fakes.fake_run(tmp_path_factory.mktemp("page") / "labelled", n_query=30)


@pytest.fixture(scope="session")
def page(run):
    return report(run.folder)


@pytest.fixture(scope="session")
def unlabelled(tmp_path_factory):
    return fakes.fake_run(tmp_path_factory.mktemp("page") / "unlabelled", is_labelled=False)


@pytest.fixture(scope="session")
def unlabelled_page(unlabelled):
    return report(unlabelled.folder)


@pytest.fixture(scope="session")
def large(tmp_path_factory):
    """A run of 100 images with as much of them enlarged as there is room for, and its page."""
    folder = tmp_path_factory.mktemp("page") / "large"
    run = fakes.fake_run(folder, n_train=40, n_query=60, n_enlarged=24)
    return run, report(run.folder)


@pytest.fixture
def opened(browser, page):
    return fresh(browser, page)

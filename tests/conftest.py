"""What all tests share: a cache of their own and one torch thread a worker."""

import os
import random
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """A cache that no test run leaves behind; kept if the caller names one."""
    if "ANOMALYLAB_CACHE" not in os.environ:
        os.environ["ANOMALYLAB_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    return Path(os.environ["ANOMALYLAB_CACHE"])


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    import torch

    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def same_draws():
    """Begin each test with the same state of the shared generators, whatever ran before it."""
    import torch

    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002
    random.seed(0)


@pytest.fixture(autouse=True)
def plugins_are_forgotten():
    """Remove what plugins of a test have registered: another test of the worker meets none."""
    yield
    for module in [name for name in sys.modules if name.startswith("anomalylab_plugin_")]:
        for registry in _registries():
            factories = registry._factories
            for name in [n for n, made in factories.items() if made.__module__ == module]:
                for known in vars(registry).values():
                    if isinstance(known, dict):
                        known.pop(name, None)
        del sys.modules[module]


def _registries():
    from anomalylab import datasets, detectors, extractors, refine, synthesise

    return [package.registry for package in (datasets, detectors, extractors, refine, synthesise)]


@pytest.fixture
def torch_warns_always():
    """Torch warns each time, not once in a process: a test does not depend on others before it."""
    import torch

    torch.set_warn_always(True)
    yield
    torch.set_warn_always(False)


@pytest.fixture
def real_data():
    """Folder of real images, for tests that want them."""
    folder = os.environ.get("ANOMALYLAB_DATA")
    if not folder:
        pytest.skip("set ANOMALYLAB_DATA to a folder that holds MVTec AD and KolektorSDD images")
    return Path(folder)


@pytest.fixture
def rng():
    """The same random numbers in every test."""
    return np.random.default_rng(0)


@pytest.fixture
def n_steps(monkeypatch):
    """How often the loss of CutPaste is computed from here on, in a list of one number."""
    from anomalylab.detectors import _pasted

    counted, loss_of = [0], _pasted.loss_of_classes

    def counting(*given):
        counted[0] += 1
        return loss_of(*given)

    monkeypatch.setattr(_pasted, "loss_of_classes", counting)
    return counted


@pytest.fixture(scope="session")
def pc_run(tmp_path_factory):
    """A small finished run of the recipe kolektor, its images beside it; not to be changed."""
    from pc_runs import make_pc_run

    return make_pc_run(tmp_path_factory.mktemp("pc"))


@pytest.fixture(scope="module")
def pc(pc_run):
    """The PC space of the small run, opened."""
    from anomalylab.pc_space.opened import PCSpace

    return PCSpace(pc_run)


@pytest.fixture(scope="module")
def data(pc):
    """What a page carries of it."""
    from anomalylab.reports.pc_space.linked.payload import carried_images, payload

    return payload(pc, carried_images(pc))


@pytest.fixture(scope="module")
def explorer_page(pc, tmp_path_factory):
    """A page that shows the offline explorer of it, and nothing else."""
    from pc_pages import write_page

    from anomalylab.reports.pc_space.linked.explorer import explorer

    return write_page(explorer(pc), tmp_path_factory.mktemp("explorer") / "page.html")


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium without a network; skips where there is none."""
    chromium = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    chromedriver = shutil.which("chromedriver")
    if not chromium or not chromedriver:
        pytest.skip(
            "no Chromium to drive; on Debian: apt-get install chromium chromium-driver, elsewhere "
            "put chromium (or google-chrome) and chromedriver on the PATH"
        )
    driver = start_browser(chromium, chromedriver)
    yield driver
    driver.quit()


def start_browser(chromium, chromedriver):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--force-prefers-reduced-motion",
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost, EXCLUDE 127.0.0.1",
        "--window-size=1400,1000",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=Service(chromedriver))

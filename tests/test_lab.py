"""The notebook in JupyterLab, in a real browser that has no network."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fakes import fake_run
from test_app_browser import DEEP, answers, free_port, requests_abroad, wait_for

import anomalylab
from anomalylab.reports import working_copy

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

RUN_ALL = """
const done = arguments[0];
window.jupyterapp.commands.execute("notebook:run-all-cells").then(done, done);
"""

KERNEL = """
const widget = window.jupyterapp?.shell.currentWidget;
return widget?.context?.isReady && widget.sessionContext.session?.kernel?.status;
"""

ERRORS = """
const shown = document.querySelectorAll('.jp-OutputArea [data-mime-type*="stderr"]');
return [...shown].map((e) => e.textContent);
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A JupyterLab of its own over a folder with a run and a notebook that shows it."""
    root = tmp_path_factory.mktemp("lab")
    fake_run(root / "reports" / "fake")
    working_copy("detect", root / "reports" / "fake", root / "mine.ipynb")
    port, own = free_port(), root / "jupyter"
    write_settings(own / "settings")
    folders = {f"JUPYTER_{kind}_DIR": str(own / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    package = Path(anomalylab.__file__).parents[1]
    options = {
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": root,
        "ServerApp.allow_root": True,
        "ServerApp.open_browser": False,
        "IdentityProvider.token": "",
        "LabApp.expose_app_in_browser": True,
        "LabApp.news_url": None,
        "LabServerApp.workspaces_dir": own / "workspaces",
        "LabServerApp.user_settings_dir": own / "settings",
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *(f"--{k}={v}" for k, v in options.items())],
        env={**os.environ, **folders, "PYTHONPATH": str(package)},
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: answers(f"http://127.0.0.1:{port}/api"))
    yield f"http://127.0.0.1:{port}/lab/tree/mine.ipynb"
    server.terminate()
    server.wait(timeout=20)


SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # cells out of sight are drawn, too
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


def write_settings(folder):
    for name, settings in SETTINGS.items():
        path = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(settings), encoding="utf-8")


@pytest.fixture(scope="module")
def notebook(browser, lab):
    """The notebook with all its cells run."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    for log in ("browser", "performance"):
        browser.get_log(log)
    browser.get(lab)
    wait_for(lambda: browser.execute_script(KERNEL) == "idle", seconds=60)
    browser.set_script_timeout(120)
    browser.execute_async_script(RUN_ALL)
    return browser


def html_of_pictures(browser):
    return browser.execute_script(
        "return [...document.querySelectorAll('.widget-html figure')].map((e) => e.outerHTML)"
    )


def test_all_cells_run_and_none_fails(notebook):
    wait_for(lambda: html_of_pictures(notebook))
    assert notebook.execute_script(ERRORS) == []
    assert "chosen on these images" not in notebook.execute_script(
        "return document.querySelector('.widget-html').textContent"
    )
    assert requests_abroad(notebook) == []


def test_moving_the_slider_changes_the_pictures(notebook):
    from selenium.webdriver.common.keys import Keys

    before = wait_for(lambda: html_of_pictures(notebook))
    handle = notebook.find_element("css selector", ".widget-slider .noUi-handle")
    notebook.execute_script("arguments[0].scrollIntoView({block: 'center'})", handle)
    handle.send_keys(Keys.HOME)
    wait_for(lambda: html_of_pictures(notebook) != before)
    assert sum("#ee9a00" in figure for figure in html_of_pictures(notebook)) == len(before)


def test_the_live_view_draws_in_a_cell_and_answers(notebook):
    cards = "return all(document, '.card').length"
    wait_for(lambda: notebook.execute_script(DEEP + cards) == 24)
    names = "return all(document, '.name').map((e) => e.textContent)[0]"
    before = notebook.execute_script(DEEP + names)
    notebook.execute_script(DEEP + "all(document, '.card')[2].click()")
    wait_for(lambda: notebook.execute_script(DEEP + names) != before)

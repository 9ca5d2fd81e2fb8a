"""The notebooks in JupyterLab, in a real browser that has no network."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from fakes import fake_run
from live_views import (
    DEEP,
    amber,
    answers,
    click,
    colours,
    errors,
    find_all,
    free_port,
    requests_abroad,
    texts,
    wait_for,
)
from nbconvert import HTMLExporter

import anomalylab
from anomalylab.cli.main import main

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CLOUD, IMAGE = 0, 1
"""Places of the plots of PC space among those of its notebook."""

RUN_ALL = """
const done = arguments[0];
window.jupyterapp.commands.execute("notebook:run-all-cells").then(done, done);
"""

KERNEL = """
const widget = window.jupyterapp?.shell.currentWidget;
return widget?.context?.isReady && widget.sessionContext.session?.kernel?.status;
"""

STILL = """
const shown = [...document.querySelectorAll("figure:has(img)")];
if (!shown.every((figure) => figure.querySelector("img").naturalWidth)) return null;
return shown.map((figure) => getComputedStyle(figure).borderTopColor === "rgb(238, 154, 0)");
"""
"""Of each picture of a cell without its kernel, whether its frame is amber."""

SAVE = """
const done = arguments[0];
window.jupyterapp.commands.execute("docmanager:save").then(done, done);
"""

ERRORS = """
const shown = document.querySelectorAll('.jp-OutputArea [data-mime-type*="stderr"]');
return [...shown].map((e) => e.textContent);
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory, pc_run):
    """A folder with working copies of both notebooks, written by the command itself."""
    root = tmp_path_factory.mktemp("lab")
    runs = {"detect": fake_run(root / "reports" / "fake"), "pc_space": pc_run}
    for name, run in runs.items():
        copy = str(root / f"{name}.ipynb")
        assert main(["notebook", name, str(run.folder), "--out", copy]) == 0
    return root


@pytest.fixture(scope="module")
def lab(root):
    """Where a JupyterLab of its own shows that folder."""
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
    wait_for(lambda: answers(f"http://127.0.0.1:{port}/api"), seconds=120)
    yield f"http://127.0.0.1:{port}/lab/workspaces"
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


@pytest.fixture
def notebook(browser, lab):
    return run_all(browser, lab, "detect")


@pytest.fixture
def pc_notebook(browser, lab):
    return run_all(browser, lab, "pc_space")


def run_all(browser, lab, name, *, anew=False):
    """Open a notebook and run all of its cells, unless it is what the browser shows."""
    if not anew and browser.current_url == f"{lab}/{name}/tree/{name}.ipynb":
        return browser
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    browser.get("about:blank")  # whatever is said about leaving the last page is not about this one
    for log in ("browser", "performance"):
        browser.get_log(log)
    browser.get(f"{lab}/{name}/tree/{name}.ipynb")
    wait_for(lambda: browser.execute_script(KERNEL) == "idle", seconds=60)
    browser.set_script_timeout(120)
    browser.execute_async_script(RUN_ALL)
    return browser


def frames(browser):
    """Return the colour of the frame of each card in the cell, and whether its score is beyond."""
    script = """
    const cards = [...document.querySelectorAll('.al-cell .al-card')];
    const frame = (card) => getComputedStyle(card.querySelector('.al-card-face')).borderTopColor;
    return cards.map((card) => [frame(card), card.textContent.startsWith('▲')]);
    """
    return [tuple(frame) for frame in browser.execute_script(script)]


def test_all_cells_run_and_none_fails(browser, lab):
    notebook = run_all(browser, lab, "detect", anew=True)
    wait_for(lambda: frames(notebook))
    assert notebook.execute_script(ERRORS) == []
    assert "chosen on these images" not in notebook.execute_script(
        "return document.querySelector('.widget-html').textContent"
    )
    assert requests_abroad(notebook) == []


def test_moving_the_slider_changes_the_pictures(notebook):
    from selenium.webdriver.common.keys import Keys

    before = wait_for(lambda: frames(notebook))
    handle = notebook.find_element("css selector", ".widget-slider .noUi-handle")
    notebook.execute_script("arguments[0].scrollIntoView({block: 'center'})", handle)
    handle.send_keys(Keys.HOME)
    wait_for(lambda: frames(notebook) != before)
    assert frames(notebook) == [("rgb(238, 154, 0)", True)] * len(before)


def test_the_live_view_draws_in_a_cell_and_answers(notebook):
    wait_for(lambda: len(find_all(notebook, ".al-card-face[aria-pressed]")) == 24)
    before = texts(notebook, ".name")
    notebook.execute_script(DEEP + "all(document, '.al-card-face[aria-pressed]')[2].click()")
    wait_for(lambda: texts(notebook, ".name") != before)
    assert texts(notebook, ".warning") == []
    assert requests_abroad(notebook) == []


def test_a_saved_notebook_shows_the_pictures_of_a_cell_where_its_kernel_is_not(notebook, root, lab):
    notebook.execute_async_script(SAVE)
    saved = nbformat.read(root / "detect.ipynb", 4)
    saved.cells = [cell for cell in saved.cells if "GalleryCell(" in cell.source]
    nbformat.write(saved, root / "sent.ipynb")
    page = root / "sent.html"
    page.write_text(HTMLExporter().from_notebook_node(saved)[0], encoding="utf-8")
    for address in (f"{lab}/sent/tree/sent.ipynb", page.as_uri()):
        notebook.get(address)
        wait_for(lambda: notebook.execute_script(STILL))
        framed = notebook.execute_script(STILL)
        assert framed == [True] * sum(framed) + [False] * (24 - sum(framed))
        assert sum(framed) == 6


def test_all_cells_of_the_pc_space_notebook_run_and_none_fails(browser, lab):
    pc_notebook = run_all(browser, lab, "pc_space", anew=True)
    wait_for(lambda: len(find_all(pc_notebook, ".al-card")) > 30)
    assert pc_notebook.execute_script(ERRORS) == []
    assert requests_abroad(pc_notebook) == []
    assert errors(pc_notebook) == []


def test_the_offline_explorer_draws_in_a_cell_and_answers(pc_notebook):
    colours = """
    const plane = document.querySelector(".al-pc-plane canvas");
    const { data } = plane.getContext("2d").getImageData(0, 0, plane.width, plane.height);
    return new Set(new Uint32Array(data.buffer)).size;
    """
    wait_for(lambda: pc_notebook.execute_script(colours) > 20)
    before = texts(pc_notebook, ".al-pc-answer")
    pc_notebook.execute_script("document.querySelector('.al-pc [data-clear]').click()")
    wait_for(lambda: texts(pc_notebook, ".al-pc-answer") != before)
    assert "each of them a point" in texts(pc_notebook, ".al-pc-answer")[0]


def test_the_live_view_of_pc_space_draws_in_a_cell_and_answers(pc_notebook):
    wait_for(lambda: colours(pc_notebook, CLOUD) > 20 and colours(pc_notebook, IMAGE) > 20)
    pc_notebook.execute_script(
        DEEP + "all(document, '.bk-events')[arguments[0]].scrollIntoView({block: 'center'})", IMAGE
    )
    before = texts(pc_notebook, "p.lit")
    click(pc_notebook, IMAGE, (0.5, 0.5))
    wait_for(lambda: texts(pc_notebook, "p.lit") != before)
    wait_for(lambda: amber(pc_notebook, IMAGE) > 0)
    assert pc_notebook.execute_script(ERRORS) == []
    assert requests_abroad(pc_notebook) == []

"""The live view, served on this machine, in a real browser that has no network."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from fakes import fake_run

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

DEEP = """
const all = (root, selector, found = []) => {
  found.push(...root.querySelectorAll(selector));
  for (const e of root.querySelectorAll("*")) if (e.shadowRoot) all(e.shadowRoot, selector, found);
  return found;
};
"""
"""Panel draws inside shadow roots, which a plain selector does not enter."""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(ask, *, seconds=30):
    """Return the first true answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.2)
    raise AssertionError(f"not seen within {seconds} s")


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where the live view of a made-up run is served, by the command itself."""
    run = fake_run(tmp_path_factory.mktemp("served") / "fake")
    port = free_port()
    command = [sys.executable, "-m", "anomalylab", "serve", "detect", str(run.folder)]
    server = subprocess.Popen(
        [*command, "--port", str(port), "--no-browser"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_for(lambda: answers(f"http://127.0.0.1:{port}/favicon.ico"))
    yield f"http://127.0.0.1:{port}/detect"
    os.killpg(server.pid, signal.SIGTERM)
    server.wait(timeout=20)


@pytest.fixture
def opened(browser, address):
    for log in ("browser", "performance"):
        browser.get_log(log)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    browser.get(address)
    wait_for(lambda: find_all(browser, ".card"))
    return browser


def find_all(browser, selector):
    return browser.execute_script(DEEP + "return all(document, arguments[0])", selector)


def texts(browser, selector):
    script = DEEP + "return all(document, arguments[0]).map((e) => e.textContent)"
    return browser.execute_script(script, selector)


def choose(browser, place, value):
    script = """
    const select = all(document, "select")[arguments[0]];
    select.value = arguments[1];
    select.dispatchEvent(new Event("change"));
    """
    browser.execute_script(DEEP + script, place, value)


def click_at(browser, canvas, x, y):
    """Click inside a plot, at shares of its width and height."""
    from selenium.webdriver import ActionChains

    box = browser.execute_script(
        DEEP + "const r = all(document, '.bk-events')[arguments[0]].getBoundingClientRect();"
        "return [r.x, r.y, r.width, r.height]",
        canvas,
    )
    actions = ActionChains(browser)
    actions.w3c_actions.pointer_action.move_to_location(
        int(box[0] + x * box[2]), int(box[1] + y * box[3])
    )
    actions.w3c_actions.pointer_action.click()
    actions.perform()


def requests_abroad(browser):
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]
    assert urls, "the browser kept no list of requests"
    near = ("http://127.0.0.1", "http://localhost", "data:", "blob:")
    return [url for url in urls if not url.startswith(near)]


def errors(browser):
    return [e["message"] for e in browser.get_log("browser") if e["level"] == "SEVERE"]


def test_it_draws_without_a_network_and_without_an_error(opened):
    wait_for(lambda: len(find_all(opened, "canvas")) >= 4)
    assert texts(opened, "h2")[0].startswith("patchcore finds 6 of 6")
    assert len(find_all(opened, ".card")) == 24
    sizes = opened.execute_script(
        DEEP + "return all(document, '.card img').map((e) => e.naturalWidth)"
    )
    assert set(sizes) == {192}
    assert requests_abroad(opened) == []
    assert errors(opened) == []


def test_another_detector_is_judged_by_its_own_threshold(opened):
    before = texts(opened, ".card b")
    choose(opened, 0, "knn")
    wait_for(lambda: "What does knn see?" in texts(opened, "h3"))
    wait_for(lambda: texts(opened, ".card b") != before)
    wait_for(lambda: "detector=knn" in opened.current_url)


def test_a_click_in_the_histogram_moves_the_threshold_and_the_counts(opened):
    before = texts(opened, ".confusion b")
    click_at(opened, 2, 0.95, 0.5)
    wait_for(lambda: texts(opened, ".confusion b") != before)
    assert "chosen on these images" in texts(opened, ".chosen")[0]
    wait_for(lambda: "threshold=" in opened.current_url)


def test_a_click_on_a_thumbnail_shows_it_large_and_the_address_shows_it_again(opened, browser):
    name = browser.execute_script(
        DEEP + "const c = all(document, '.card')[3]; c.click(); return c.dataset.id"
    )
    wait_for(lambda: texts(browser, ".name")[0] == name)
    wait_for(lambda: "sample_id=" in browser.current_url)
    browser.get(browser.current_url)
    wait_for(lambda: texts(browser, ".name")[:1] == [name])


def test_an_address_that_asks_for_what_is_not_there_says_so(browser, address):
    browser.get(address + "?detector=nothing&show=found")
    wait_for(lambda: texts(browser, ".warning"))
    assert "detector" in texts(browser, ".warning")[0]
    assert len(find_all(browser, ".card")) == 6

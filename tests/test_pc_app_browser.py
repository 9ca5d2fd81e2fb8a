"""The explorer of PC space, served on this machine, in a real browser that has no network."""

import os
import signal
import subprocess
import sys
from urllib.parse import parse_qs, urlparse

import pytest
from test_app_browser import (
    DEEP,
    answers,
    choose,
    errors,
    find_all,
    free_port,
    requests_abroad,
    texts,
    wait_for,
)

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CLOUD, IMAGE = 0, 1
"""Places of the two plots on the page."""

LIT = "p.lit b"


@pytest.fixture(scope="module")
def address(pc_run):
    """Where the explorer of a small run is served, by the command itself."""
    port = free_port()
    command = [sys.executable, "-m", "anomalylab", "serve", "pc-space", str(pc_run.folder)]
    server = subprocess.Popen(
        [*command, "--port", str(port), "--no-browser"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_for(lambda: answers(f"http://127.0.0.1:{port}/favicon.ico"), seconds=60)
    yield f"http://127.0.0.1:{port}/pc-space"
    os.killpg(server.pid, signal.SIGTERM)
    server.wait(timeout=20)


@pytest.fixture
def opened(browser, address):
    for log in ("browser", "performance"):
        browser.get_log(log)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    browser.get("about:blank")
    browser.get(address)
    wait_for(lambda: len(find_all(browser, ".card")) > 30)
    wait_for(lambda: colours(browser, IMAGE) > 20)
    return browser


def area(browser, plot):
    """Return where the inner part of a plot is on the page."""
    script = """
    const view = Object.values(Bokeh.index).flatMap((root) => [...root.owner.query(
      (v) => v.model.type === "Plot" || v.model.type === "Figure" )])[arguments[0]];
    const frame = view.frame.bbox, box = view.el.getBoundingClientRect();
    return [box.x + frame.x, box.y + frame.y, frame.width, frame.height];
    """
    return browser.execute_script(script, plot)


def drag(browser, plot, start, end):
    """Draw a box in a plot, from and to shares of its width and height."""
    from selenium.webdriver import ActionChains

    x, y, width, height = area(browser, plot)
    actions = ActionChains(browser)
    pointer = actions.w3c_actions.pointer_action
    pointer.move_to_location(int(x + start[0] * width), int(y + start[1] * height))
    if end is None:
        pointer.click()
    else:
        pointer.pointer_down()
        for part in (0.3, 0.7, 1):
            across, up = (a + part * (b - a) for a, b in zip(start, end, strict=True))
            pointer.move_to_location(int(x + across * width), int(y + up * height))
        pointer.pointer_up()
    actions.perform()


def click(browser, plot, place):
    drag(browser, plot, place, None)


def pixels(browser, plot, test):
    """Count the pixels of a plot, every third of them, that pass a test on r, g, b."""
    script = """
    const canvas = all(document, ".bk-events")[arguments[0]];
    const found = all(canvas.getRootNode(), "canvas");
    let n = 0;
    const seen = new Set();
    for (const one of found) {
      const data = one.getContext("2d")?.getImageData(0, 0, one.width, one.height).data ?? [];
      for (let i = 0; i < data.length; i += 12) {
        const [r, g, b] = [data[i], data[i + 1], data[i + 2]];
        if (data[i + 3] && (TEST)) { n += 1; seen.add(`${r >> 4},${g >> 4},${b >> 4}`); }
      }
    }
    return [n, seen.size];
    """
    return browser.execute_script(DEEP + script.replace("TEST", test), plot)


def colours(browser, plot):
    return pixels(browser, plot, "true")[1]


def amber(browser, plot):
    return pixels(browser, plot, "r - b > 70 && r > g && g > b + 25")[0]


def address_of(browser):
    return parse_qs(urlparse(browser.current_url).query)


def test_it_draws_without_a_network_and_without_an_error(opened):
    assert colours(opened, CLOUD) > 20
    assert amber(opened, IMAGE) == 0
    wait_for(lambda: "normal" in texts(opened, ".group"))
    widths = opened.execute_script(
        DEEP + "return all(document, '.card img').map((e) => e.naturalWidth)"
    )
    assert min(widths) > 0
    assert requests_abroad(opened) == []
    assert errors(opened) == []


def test_a_box_drawn_in_the_cloud_lights_windows_in_the_image(opened):
    drag(opened, CLOUD, (0.5, 0.3), (0.95, 0.7))
    wait_for(lambda: texts(opened, LIT))
    wait_for(lambda: amber(opened, IMAGE) > 0)
    wait_for(lambda: address_of(opened).get("select", [""])[0].startswith("box:PC1,PC2:"))
    assert int(texts(opened, LIT)[0].replace("\u202f", "")) > 0
    assert errors(opened) == []


def test_a_click_in_the_image_lights_points_in_the_cloud_and_the_address_shows_it_again(
    opened, browser
):
    before = amber(opened, CLOUD)
    click(opened, IMAGE, (0.5, 0.5))
    wait_for(lambda: texts(opened, LIT))
    said = texts(opened, LIT)[0]
    wait_for(lambda: address_of(opened).get("select", [""])[0].startswith("point:"))
    assert amber(opened, CLOUD) != before
    browser.get(browser.current_url)
    wait_for(lambda: texts(browser, LIT)[:1] == [said])
    assert errors(browser) == []


def test_a_patch_that_is_clicked_is_pointed_at_and_the_arrow_key_shows_the_next_image(opened):
    opened.execute_script(DEEP + "all(document, '.card')[0].click()")
    wait_for(lambda: "window" in address_of(opened))
    before = address_of(opened).get("sample_id")
    opened.execute_script("document.activeElement?.blur()")
    from selenium.webdriver import ActionChains, Keys

    ActionChains(opened).send_keys(Keys.ARROW_RIGHT).perform()
    wait_for(lambda: address_of(opened).get("sample_id") != before)


def test_the_residual_can_be_an_axis(opened):
    choose(opened, 6, "residual")
    wait_for(lambda: address_of(opened).get("y") == ["residual"])
    wait_for(lambda: any("Residual: distance from PC space" in t for t in texts(opened, ".note")))
    assert errors(opened) == []

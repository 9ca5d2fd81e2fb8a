"""How tests look at live views, which Panel draws, in a real browser."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from urllib.parse import urlparse

from anomalylab.pictures.colours import DARK, LIGHT

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


@contextmanager
def served(app, folder):
    """Serve a live view by the command itself; give where."""
    port = free_port()
    command = [sys.executable, "-m", "anomalylab", "serve", app, str(folder)]
    server = subprocess.Popen(
        [*command, "--port", str(port), "--no-browser"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/favicon.ico"), seconds=60)
        yield f"http://127.0.0.1:{port}/{app}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=20)


def fresh(browser, address):
    """Open an address with empty logs: the page before it is left first, then forgotten."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    browser.get("about:blank")
    for log in ("browser", "performance"):
        browser.get_log(log)
    browser.get(address)
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
    """Return what the open page's own scripts and requests failed at.

    A page that was left may still fail when its server is gone: its messages, which begin with
    the address of another server of this machine, come in late and are not of the open page.
    """
    here = urlparse(browser.current_url).netloc
    severe = [e["message"] for e in browser.get_log("browser") if e["level"] == "SEVERE"]
    return [message for message in severe if not is_of_another(message, here)]


def is_of_another(message, server):
    place = urlparse(message.partition(" ")[0])
    return place.hostname == "127.0.0.1" and place.netloc != server


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


SEEN = """
const figures = Object.values(Bokeh.index).flatMap((root) => [...root.owner.query(
  (v) => v.model.type === "Plot" || v.model.type === "Figure")]).map((view) => view.model);
const axes = figures.flatMap((f) => [...f.left, ...f.below]).filter(
  (part) => part.visible && part.major_label_text_color);  // legends may lie there, too
const of = (name) => (e) => getComputedStyle(e)[name];
return {
  ground: getComputedStyle(document.body).backgroundColor,
  heads: all(document, "h2, h3").map(of("color")),
  fields: all(document, "select").map(of("backgroundColor")),
  choices: all(document, "select").map(of("color")),
  borders: figures.map((f) => f.border_fill_color),
  marks: axes.map((a) => a.major_label_text_color),
  width: document.documentElement.scrollWidth,
};
"""


def switch(browser, scheme):
    """Switch the system between ``"dark"`` and ``"light"``."""
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)


@contextmanager
def narrow(browser, scheme):
    """Show pages in a window of 400 pixels on a system that is dark or light."""
    size = {"width": 400, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    switch(browser, scheme)
    try:
        yield
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def assert_it_is_dark(browser):
    """Words, widgets and plots of an open page have the colours for dark ground."""
    ground, ink = (rgb_of(DARK[name]) for name in ("ground", "ink"))
    wait_for(lambda: set(look(browser)["borders"]) == {DARK["ground"]})
    seen = look(browser)
    assert seen["ground"] == ground
    assert set(seen["heads"]) == set(seen["choices"]) == {ink}
    assert set(seen["fields"]) == {ground}
    assert set(seen["marks"]) == {DARK["soft"]}


def assert_it_is_light(browser):
    """Words of an open page are dark, and nothing has the colours for dark ground."""
    seen = look(browser)
    assert set(seen["heads"]) == {rgb_of(LIGHT["ink"])}
    assert rgb_of(DARK["ground"]) not in (seen["ground"], *seen["fields"])
    assert DARK["ground"] not in seen["borders"]


def look(browser):
    return browser.execute_script(DEEP + SEEN)


def rgb_of(colour):
    """Return a colour as browsers write it."""
    return "rgb({}, {}, {})".format(*bytes.fromhex(colour[1:]))

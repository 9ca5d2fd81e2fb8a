"""How tests look at pages: at their text and data, and as files in a real browser."""

import json
import re
from html import unescape

JSON = re.compile(r'<script type="application/json">(.*?)</script>', re.DOTALL)


def flat(html):
    """Return the text of a page, without its data."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", JSON.sub("", html))))


def data_of(fragment):
    """Return the data of a fragment."""
    return json.loads(JSON.search(fragment.html)[1])


def page_of(fragments, out):
    """Write a page of parts, as name -> fragment, that a made-up run gives."""
    from anomalylab.reports.kit.page import write_page

    cells = [(f"## Part {name}", fragment) for name, fragment in fragments.items()]
    return write_page(cells, out, name="made up")


def fresh(browser, page, *, is_scripted=True):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not is_scripted})
    offline = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
    browser.get("about:blank")
    for log in ("browser", "performance"):
        browser.get_log(log)
    browser.get(page.as_uri())
    return browser


def find(browser, selector):
    return browser.find_element("css selector", selector)


def find_all(browser, selector):
    return browser.find_elements("css selector", selector)


def texts(browser, selector):
    return browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)", selector
    )


def press(browser, selector, *keys):
    element = find(browser, selector)
    browser.execute_script("arguments[0].focus()", element)
    element.send_keys(*keys)


def drag(browser, selector, path, duration=20):
    """Move a pressed mouse along offsets from the middle of an element, in milliseconds a step."""
    from selenium.webdriver import ActionChains

    element = find(browser, selector)
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
    chain = ActionChains(browser, duration=duration)
    chain.move_to_element_with_offset(element, *path[0]).click_and_hold()
    for x, y in path[1:]:
        chain.move_to_element_with_offset(element, x, y)
    chain.release().perform()


def requests(browser):
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [
        e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"
    ]
    return [url for url in sent if not url.startswith("data:")]


def width_in(browser, width):
    """Return how wide the page is in a window of a width, in pixels."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    frames = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done));"
    browser.execute_async_script(frames)
    shown = browser.execute_script("return document.documentElement.scrollWidth")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    return shown

"""Charts of a page as files, in a real browser that has no network."""

import base64
import io
import re
from xml.etree import ElementTree

import fakes
import numpy as np
import pytest
from pages import find_all, fresh, press
from pc_pages import pixels_of, ready
from PIL import Image

from anomalylab.reports import report
from anomalylab.reports.kit.page import write_page
from anomalylab.reports.pc_space.linked.explorer import explorer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SVG = "{http://www.w3.org/2000/svg}"
CHARTS = [".al-histogram", ".al-embedding", ".al-chart"]

TAKE = """
window.taken = [];
const hand = URL.createObjectURL.bind(URL);
URL.createObjectURL = (file) => { window.file = file; return hand(file); };
HTMLAnchorElement.prototype.click = function () {
  window.taken.push([this.download, window.file]);
};
"""
READ = """
const done = arguments[0];
const wait = () => {
  if (!window.taken.length) return setTimeout(wait, 50);
  const [name, file] = window.taken.pop();
  const reader = new FileReader();
  reader.onload = () => done([name, file.type, reader.result.split(",")[1]]);
  reader.readAsDataURL(file);
};
wait();
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return report(fakes.fake_run(tmp_path_factory.mktemp("saves") / "parts", n_query=30).folder)


@pytest.fixture
def opened(browser, page):
    fresh(browser, page).execute_script(TAKE)
    return browser


def saved(browser, chart, kind):
    """Press the button of a chart with the keyboard, and take the file that it makes."""
    press(browser, f"{chart} > .al-saves button[title$='{kind}']", "\ue007")
    name, mime, content = browser.execute_async_script(READ)
    assert name.endswith(f".{kind.lower()}")
    assert name.startswith("fake-")
    return mime, base64.b64decode(content)


def shown(browser, chart):
    box = "const b = document.querySelector(arguments[0]).getBoundingClientRect();"
    return browser.execute_script(
        f"{box} return [Math.round(b.width), Math.round(b.height)]", f"{chart} svg"
    )


@pytest.mark.parametrize("chart", CHARTS)
def test_a_saved_svg_stands_alone_with_all_its_words(opened, chart):
    mime, content = saved(opened, chart, "SVG")
    root = ElementTree.fromstring(content)
    assert (mime, root.tag) == ("image/svg+xml", f"{SVG}svg")
    text = content.decode()
    assert "var(" not in text
    assert "class=" not in text
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg"]
    words = [element.text for element in root.iter(f"{SVG}text") if element.text]
    on_page = opened.execute_script(
        "return [...document.querySelectorAll(arguments[0])].flatMap((e) => "
        "e.firstChild?.nodeType === 3 ? [e.firstChild.data] : [])",
        f"{chart}:has(.al-saves) svg text",
    )
    assert words == on_page[: len(words)]
    assert words or chart == ".al-embedding"
    assert [int(root.get(side)) for side in ("width", "height")] == shown(opened, chart)


def test_axes_are_named_in_the_saved_histogram_and_curves(opened):
    for chart, label in ((".al-histogram", "more unusual →"), (".al-chart", "false-alarm rate →")):
        assert label in saved(opened, chart, "SVG")[1].decode()


@pytest.mark.parametrize("chart", CHARTS)
def test_a_png_has_twice_the_size_and_shows_what_the_page_shows(opened, chart):
    mime, content = saved(opened, chart, "PNG")
    image = Image.open(io.BytesIO(content))
    assert (mime, image.format) == ("image/png", "PNG")
    assert list(image.size) == [2 * side for side in shown(opened, chart)]
    assert len(image.convert("RGB").getcolors(1 << 24)) > 20
    assert image.convert("RGB").getpixel((1, 1)) == (255, 255, 255)


def test_in_the_dark_a_chart_is_saved_on_dark_ground(opened):
    dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
    try:
        image = Image.open(io.BytesIO(saved(opened, ".al-chart", "PNG")[1])).convert("RGB")
        assert image.getpixel((1, 1)) == (0x14, 0x17, 0x1B)
    finally:
        opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_a_cloud_that_is_drawn_in_pixels_is_saved_as_png_and_says_why(browser, pc, tmp_path):
    page = write_page([("## Cloud", explorer(pc))], tmp_path / "page.html", name="fake")
    opened = ready(fresh(browser, page))
    opened.execute_script(TAKE)
    buttons = find_all(opened, ".al-pc-plane + .al-saves button")
    assert [button.text for button in buttons] == ["PNG"]
    assert "no SVG" in buttons[0].get_attribute("title")
    opened.execute_script("arguments[0].focus()", buttons[0])
    buttons[0].send_keys("\ue007")
    name, _, content = opened.execute_async_script(READ)
    image = Image.open(io.BytesIO(base64.b64decode(content))).convert("RGB")
    assert name.endswith(".png")
    assert list(image.size) == [2 * side for side in shown(opened, ".al-pc-plane >")]
    drawn = pixels_of(opened, ".al-pc-plane canvas")
    assert (
        len(image.getcolors(1 << 24))
        > len(np.unique(drawn.reshape(-1, drawn.shape[-1]), axis=0)) / 2
    )

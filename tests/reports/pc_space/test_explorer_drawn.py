"""The offline explorer of PC space in a real browser: how it is drawn."""

import numpy as np
import pytest
from pages import find, find_all, fresh, requests, width_in
from pc_pages import pixels_of, ready, run_js, shown_cloud, until, write_page

from anomalylab.pc_space.opened import PCSpace
from anomalylab.pictures.shading import colour_table, shade
from anomalylab.reports.pc_space.linked.explorer import explorer
from anomalylab.runs.folder import Run

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def opened(browser, explorer_page):
    return ready(fresh(browser, explorer_page))


def test_zooming_draws_the_cloud_again_and_a_double_click_shows_all(opened):
    from selenium.webdriver import ActionChains

    before = pixels_of(opened, ".al-pc-plane canvas")
    home = run_js(opened, "return store.state.view")
    find(opened, "[aria-label='Zoom in']").click()
    ready(opened)
    view = run_js(opened, "return store.state.view")
    assert (view[1] - view[0]) * 1.4 == pytest.approx(home[1] - home[0])
    zoomed = pixels_of(opened, ".al-pc-plane canvas")
    assert (zoomed != before).any()
    ActionChains(opened).double_click(find(opened, ".al-pc-plane")).perform()
    assert run_js(opened, "return store.state.view") == pytest.approx(home)


def test_the_wheel_scrolls_the_page_until_the_cloud_is_clicked(opened):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.actions.wheel_input import ScrollOrigin

    plane = find(opened, ".al-pc-plane")
    width = "return store.state.view[1] - store.state.view[0]"
    before = run_js(opened, width)

    def turn():
        origin = ScrollOrigin.from_element(plane)
        ActionChains(opened, duration=5).scroll_from_origin(origin, 0, -120).perform()

    turn()
    assert run_js(opened, width) == before
    plane.click()
    turn()
    assert until(opened, f"store.state.view[1] - store.state.view[0] < {before}")


LINES_OF_THE_NEXT_FRAME = """
window.lines = undefined;
store.change({ y: 2 });
const count = () => { window.lines = document.querySelectorAll(".al-origin").length; };
requestAnimationFrame(() => requestAnimationFrame(count));
"""


def test_the_cloud_turns_to_another_axis_and_ends_where_it_is_drawn_at_once(opened):
    def turned(motion):
        features = [{"name": "prefers-reduced-motion", "value": motion}]
        opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        run_js(opened, "store.change({ y: 1 })")
        until(opened, "document.querySelector('.al-origin')")
        run_js(opened, LINES_OF_THE_NEXT_FRAME)
        until(opened, "window.lines !== undefined")
        lines = opened.execute_script("return window.lines")
        until(opened, "document.querySelector('.al-origin')")
        return lines, pixels_of(opened, ".al-pc-plane canvas").tobytes()

    (under_way, slowly), (at_once, directly) = turned("no-preference"), turned("reduce")
    assert (under_way, at_once) == (0, 1)
    assert slowly == directly


def test_layers_and_shading_change_the_picture(opened):
    def picture():
        ready(opened)
        return pixels_of(opened, ".al-pc-plane canvas").tobytes()

    pictures = [picture()]
    for selector in ("[data-layer=normal]", "[data-layer=odds]"):
        find(opened, selector).click()
        pictures.append(picture())
    find(opened, "[data-scale]").send_keys("equal areas")
    pictures.append(picture())
    find(opened, "[data-clear]").click()
    pictures.append(picture())
    assert len(set(pictures)) == len(pictures)
    find(opened, "[data-layer=grid]").click()
    ready(opened)
    assert len(find_all(opened, ".al-bin-line")) == 1


@pytest.mark.parametrize("axes", [("PC1", "PC2"), ("PC2", "PC1")])
def test_the_odds_lie_where_their_bins_are_whichever_axis_runs_across(opened, pc, data, axes):
    layers = {"normal": False, "ellipses": False, "grid": False, "odds": True}
    x, y = (data["axes"].index(axis) for axis in axes)
    changes = {"selection": None, "layers": layers, "x": x}
    run_js(opened, "store.change(arguments[0])", changes)
    ready(opened)
    assert run_js(opened, "return [store.state.x, store.state.y]") == [x, y]
    picture = pixels_of(opened, ".al-pc-plane canvas").astype(int)
    left, right, bottom, top = run_js(opened, "return store.state.view")
    colours = colour_table("diverging_dark").astype(int)
    odds = pc.coefficients[0] if axes[0] == "PC1" else pc.coefficients[0].T
    steps = np.round(127.5 + odds / data["odds"]["end"] * 127.5).astype(int)
    centres = ((np.arange(data["bins"]) + 0.5) * 2 / data["bins"] - 1) * pc.limit
    cols = ((centres - left) / (right - left) * len(picture)).astype(int)
    rows = ((top - centres) / (top - bottom) * len(picture)).astype(int)
    n_free = 0
    for i, j in np.ndindex(odds.shape):
        shown = picture[rows[j], cols[i]]
        if shown[3] < 200 and steps[i, j] != 128:  # no point of the cloud, odds other than 1
            n_free += 1
            assert np.abs(shown[:3] - colours[steps[i, j]]).max() <= 3
    assert n_free > 5


@pytest.mark.parametrize("scale", ["log", "eq_hist"])
def test_the_raster_is_shaded_as_python_shades_counts(opened, pc, scale):
    layers = {"normal": False, "ellipses": False, "grid": False, "odds": False}
    changes = {"selection": None, "layers": layers, "scale": scale}
    run_js(opened, "store.change(arguments[0])", changes)
    ready(opened)
    picture = pixels_of(opened, ".al-pc-plane canvas")
    cloud = shown_cloud(opened, pc)
    side = len(picture)
    left, right, bottom, top = run_js(opened, "return store.state.view")
    cols = np.floor((cloud.along("PC1").ravel() - left) / (right - left) * side).astype(int)
    rows = np.floor((top - cloud.along("PC2").ravel()) / (top - bottom) * side).astype(int)
    counts = np.zeros((side, side), int)
    for across, down in np.ndindex(2, 2):  # so few points are drawn two pixels wide
        inside = (cols >= 0) & (cols + across < side) & (rows >= 0) & (rows + down < side)
        np.add.at(counts, (cols[inside] + across, side - 1 - rows[inside] - down), 1)
    expected = shade(counts, "inferno", scale)
    is_there = (picture[..., 3] > 0) | (expected[..., 3] > 0)
    is_equal = (picture == expected).all(axis=2)[is_there]
    assert len(is_equal) > 1000
    assert is_equal.mean() > 0.99  # points on the border of a pixel may fall to either side


@pytest.mark.parametrize("width", [400, 1400])
def test_nothing_is_asked_for_nothing_fails_and_nothing_is_wider_than_the_window(
    opened, explorer_page, width
):
    assert width_in(opened, width) <= width
    sent = [url for url in requests(opened) if not url.startswith("blob:")]
    assert sent == [explorer_page.as_uri()]
    assert opened.get_log("browser") == []


def test_every_control_has_a_name_and_every_image_a_text(opened):
    nameless = """
      const own = (e) => e.getAttribute("aria-label") || e.textContent.trim();
      const isNamed = (e) => own(e) || e.closest("label");
      const all = (selector) => [...document.querySelectorAll(selector)];
      const controls = all("button, select, input").filter((e) => !isNamed(e));
      const images = all("img").filter((e) => !e.alt && !e.closest("button"));
      return [...controls, ...images].map((e) => e.outerHTML);
    """
    assert opened.execute_script(nameless) == []


def test_without_labels_masks_and_odds_the_cloud_is_there_and_nothing_is_claimed(
    browser, pc_run, tmp_path
):
    bare = PCSpace(Run(pc_run.folder))
    bare.run.samples = bare.samples.assign(label=np.nan, mask_path=None)
    bare.coefficients = None
    opened = ready(fresh(browser, write_page(explorer(bare), tmp_path / "bare.html")))
    assert run_js(opened, "return store.share") is None
    assert "defect" not in find(opened, ".al-live").text
    assert find_all(opened, "[data-layer=odds], .al-is-on-defect") == []
    assert opened.get_log("browser") == []


def test_without_scripts_the_still_pictures_are_seen(browser, explorer_page):
    fresh(browser, explorer_page, is_scripted=False)
    try:
        assert find(browser, ".al-still .al-plane").is_displayed()
        assert find(browser, ".al-still img").is_displayed()
        assert "windows lie beyond 3 σ" in find(browser, ".al-still h3").text
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

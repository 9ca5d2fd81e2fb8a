"""The explorer of PC space, served on this machine, in a real browser that has no network."""

import json
import shutil
from urllib.parse import parse_qs, urlparse

import pytest
from live_views import (
    DEEP,
    amber,
    assert_it_is_dark,
    assert_it_is_light,
    choose,
    click,
    colours,
    drag,
    errors,
    find_all,
    fresh,
    look,
    narrow,
    requests_abroad,
    served,
    texts,
    wait_for,
)
from selenium.webdriver.common.keys import Keys

from anomalylab.apps.kit.trouble import WORDS
from anomalylab.pc_space.opened import PCSpace
from anomalylab.runs.files import list_files

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CLOUD, IMAGE = 0, 1
"""Places of the two plots on the page."""

LIT = "p.lit b"


@pytest.fixture(scope="module")
def address(pc_run):
    """Where the explorer of a small run is served."""
    with served("pc-space", pc_run.folder) as address:
        yield address


@pytest.fixture
def opened(browser, address):
    fresh(browser, address)
    wait_for(lambda: len(find_all(browser, ".al-card")) > 30)
    wait_for(lambda: colours(browser, IMAGE) > 20)
    return browser


def address_of(browser):
    return parse_qs(urlparse(browser.current_url).query)


def test_it_draws_without_a_network_and_without_an_error(opened):
    assert colours(opened, CLOUD) > 20
    assert amber(opened, IMAGE) > 0  # the windows beyond three deviations
    wait_for(lambda: "normal" in texts(opened, ".al-group-name"))
    widths = opened.execute_script(
        DEEP + "return all(document, '.al-card img').map((e) => e.naturalWidth)"
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
    before, at_first = amber(opened, CLOUD), texts(opened, LIT)[0]
    click(opened, IMAGE, (0.5, 0.5))
    wait_for(lambda: address_of(opened).get("select", [""])[0].startswith("point:"))
    wait_for(lambda: texts(opened, LIT)[0] != at_first)
    said = texts(opened, LIT)[0]
    assert amber(opened, CLOUD) != before
    browser.get(browser.current_url)
    wait_for(lambda: texts(browser, LIT)[:1] == [said])
    assert errors(browser) == []


def test_a_patch_that_is_clicked_is_pointed_at_and_the_arrow_key_shows_the_next_image(opened):
    opened.execute_script(DEEP + "all(document, '.al-card-face')[0].click()")
    wait_for(lambda: "window" in address_of(opened))
    before = address_of(opened).get("sample_id")
    opened.execute_script("document.activeElement?.blur()")
    from selenium.webdriver import ActionChains, Keys

    ActionChains(opened).send_keys(Keys.ARROW_RIGHT).perform()
    wait_for(lambda: address_of(opened).get("sample_id") != before)
    assert errors(opened) == []


def test_the_residual_can_be_an_axis(opened):
    choose(opened, 6, "residual")
    wait_for(lambda: address_of(opened).get("y") == ["residual"])
    wait_for(lambda: any("Residual: distance from PC space" in t for t in texts(opened, ".note")))
    assert errors(opened) == []


@pytest.mark.parametrize("asked", ["select=beyond:x", "window=999999,999999", "n_images=1e9"])
def test_an_address_that_makes_no_sense_ends_in_a_note(browser, address, asked):
    fresh(browser, f"{address}?{asked}")
    wait_for(lambda: len(find_all(browser, ".al-card")) > 30)
    (note,) = texts(browser, "p.warning")
    assert f"lacks ({asked.partition('=')[0]})" in note
    assert errors(browser) == []


def test_an_image_that_is_gone_ends_in_one_line_without_a_path(browser, pc_run, tmp_path):
    opened = PCSpace(pc_run)
    shutil.copytree(pc_run.folder, tmp_path / "run")
    shutil.copytree(opened.root, tmp_path / "images")
    stored = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    stored["dataset"]["path"] = "../images"
    (tmp_path / "run" / "run.json").write_text(json.dumps(stored), encoding="utf-8")
    list_files(tmp_path / "run")
    with served("pc-space", tmp_path / "run") as address:
        fresh(browser, address)
        wait_for(lambda: len(find_all(browser, ".al-card")) > 30)
        shutil.rmtree(tmp_path / "images")
        browser.find_element("css selector", "body").send_keys(Keys.ARROW_RIGHT)
        wait_for(lambda: texts(browser, "p.warning"))
        (note,) = texts(browser, "p.warning")
        assert note == WORDS
        assert str(tmp_path) not in browser.page_source
        fresh(browser, address)
        wait_for(lambda: WORDS in " ".join(texts(browser, "p")))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_the_system_and_fits_a_narrow_window(browser, address, scheme):
    with narrow(browser, scheme):
        fresh(browser, address)
        wait_for(lambda: find_all(browser, ".al-card") and len(look(browser)["borders"]) >= 2)
        (assert_it_is_dark if scheme == "dark" else assert_it_is_light)(browser)
        wait_for(lambda: look(browser)["width"] <= 400)  # widgets are laid out one by one
    assert errors(browser) == []

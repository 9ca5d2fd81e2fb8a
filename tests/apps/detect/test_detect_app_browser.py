"""The live view, served on this machine, in a real browser that has no network."""

import http.client
from urllib.parse import urlparse

import pytest
from fakes import fake_run
from live_views import (
    DEEP,
    assert_it_is_dark,
    assert_it_is_light,
    choose,
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

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where the live view of a made-up run is served."""
    with served("detect", fake_run(tmp_path_factory.mktemp("served") / "fake").folder) as address:
        yield address


@pytest.fixture
def opened(browser, address):
    fresh(browser, address)
    wait_for(lambda: find_all(browser, ".al-card"))
    return browser


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


def test_it_draws_without_a_network_and_without_an_error(opened):
    wait_for(lambda: len(find_all(opened, "canvas")) >= 4)
    assert texts(opened, "h2")[0].startswith("6 of 6 defective images")
    assert len(find_all(opened, ".al-card")) == 24
    sizes = opened.execute_script(
        DEEP + "return all(document, '.al-card img').map((e) => e.naturalWidth)"
    )
    assert set(sizes) == {192}
    assert requests_abroad(opened) == []
    assert errors(opened) == []


def test_another_detector_is_judged_by_its_own_threshold(opened):
    before = texts(opened, ".al-card b")
    choose(opened, 0, "knn")
    wait_for(lambda: "What does knn see?" in texts(opened, "h3"))
    wait_for(lambda: texts(opened, ".al-card b") != before)
    wait_for(lambda: "detector=knn" in opened.current_url)
    assert errors(opened) == []


def test_a_click_in_the_histogram_moves_the_threshold_and_the_counts(opened):
    before = texts(opened, ".confusion b")
    click_at(opened, 2, 0.95, 0.5)
    wait_for(lambda: texts(opened, ".confusion b") != before)
    assert "chosen on these images" in texts(opened, ".chosen")[0]
    wait_for(lambda: "threshold=" in opened.current_url)


def test_a_click_on_a_thumbnail_shows_it_large_and_the_address_shows_it_again(opened, browser):
    name = browser.execute_script(
        DEEP + "const c = all(document, '.al-card')[3]; c.firstChild.click(); return c.dataset.id"
    )
    wait_for(lambda: texts(browser, ".name")[0] == name)
    wait_for(lambda: "sample_id=" in browser.current_url)
    browser.get(browser.current_url)
    wait_for(lambda: texts(browser, ".name")[:1] == [name])
    assert errors(browser) == []


def test_an_address_that_asks_for_what_is_not_there_says_so(browser, address):
    browser.get(address + "?detector=nothing&show=found")
    wait_for(lambda: texts(browser, ".warning"))
    assert "detector" in texts(browser, ".warning")[0]
    assert len(find_all(browser, ".al-card")) == 6


@pytest.mark.parametrize(
    "asked", ["chosen=[99999999]", "threshold=1e999", "threshold=nan", "detector=nope", "where=7"]
)
def test_an_address_that_makes_no_sense_ends_in_a_note(browser, address, asked):
    fresh(browser, f"{address}?{asked}")
    wait_for(lambda: len(find_all(browser, ".al-card")) == 24)
    (note,) = texts(browser, "p.warning")
    assert f"lacks ({asked.partition('=')[0]})" in note
    assert "Traceback" not in browser.page_source
    assert errors(browser) == []


@pytest.mark.parametrize("path", ["", "/autoload.js", "/ws"])
@pytest.mark.parametrize(
    ("host", "status"),
    [("evil.example", 403), ("evil.example:80", 403), ("127.0.0.1.evil.example", 403), ("", None)],
)
def test_another_host_is_refused_whatever_it_asks_for(address, path, host, status):
    at = urlparse(address)
    connection = http.client.HTTPConnection(at.hostname, at.port, timeout=20)
    connection.request("GET", at.path + path, headers={"Host": host or f"localhost:{at.port}"})
    answer = connection.getresponse()
    told = answer.read().decode(errors="replace")
    connection.close()
    assert (answer.status == 403) is (status == 403)
    assert ("another address" in told) is (status == 403)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_the_system_and_fits_a_narrow_window(browser, address, scheme):
    with narrow(browser, scheme):
        fresh(browser, address)
        wait_for(lambda: find_all(browser, ".al-card") and len(look(browser)["borders"]) >= 4)
        (assert_it_is_dark if scheme == "dark" else assert_it_is_light)(browser)
        wait_for(lambda: look(browser)["width"] <= 400)  # widgets are laid out one by one
    assert errors(browser) == []

"""The live view of twins, served on this machine, in a real browser that has no network."""

import pytest
from live_views import (
    DEEP,
    assert_it_is_dark,
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
from twin_trials import make_folder

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where the twins of a folder are served, by the command and with the network it takes."""
    with served("twins", make_folder(tmp_path_factory.mktemp("served") / "discs")) as address:
        yield address


def press(browser, label):
    script = """
    const found = all(document, "button").filter((e) => e.textContent.trim() === arguments[0]);
    found[0].click();
    """
    browser.execute_script(DEEP + script, label)


def pictures(browser):
    return browser.execute_script(DEEP + "return all(document, '.al-card img').map((e) => e.src)")


def test_dials_draw_twins_anew_and_both_are_trained_and_judged(browser, address):
    fresh(browser, f"{address}?n_images=4&epochs=1")
    wait_for(lambda: len(pictures(browser)) >= 12)
    before = pictures(browser)
    choose(browser, 0, "stroke of a brush")
    wait_for(lambda: pictures(browser)[:6] != before[:6])
    assert pictures(browser)[6:12] == before[6:12]
    wait_for(lambda: "kind=brush" in browser.current_url)
    press(browser, "Train both")
    trained = "trained, 1 epoch"
    wait_for(lambda: sum(trained in text for text in texts(browser, "td")) == 2, seconds=180)
    wait_for(lambda: any("untouched" in text for text in texts(browser, ".al-card .al-file")))
    browser.execute_script(DEEP + "all(document, 'button.al-card-face')[0].click()")
    wait_for(lambda: len(find_all(browser, ".heats img")) == 4)
    assert errors(browser) == []
    assert requests_abroad(browser) == []


def test_it_is_dark_where_the_system_is_and_fits_a_narrow_window(browser, address):
    with narrow(browser, "dark"):
        fresh(browser, address)
        wait_for(lambda: len(pictures(browser)) >= 12 and look(browser)["borders"])
        assert_it_is_dark(browser)
        wait_for(lambda: look(browser)["width"] <= 400)
    assert errors(browser) == []

"""The threshold on the page of the auto-encoder, moved in a real browser."""

import pytest
from given_back import HOSTILE, given_back
from pages import find, find_all, fresh, page_of, press, requests, texts, width_in

from anomalylab.number_words import percent, readable
from anomalylab.reports import autoencoder as parts
from anomalylab.reports.autoencoder.overlays import counted_words

pytestmark = pytest.mark.xdist_group("autoencoder page")

RIGHT = "\ue014"
RATES = ("precision", "recall", "f1", "accuracy")


@pytest.fixture(scope="module")
def made():
    return given_back()


def written(found, out):
    names = ("called", "values", "latents", "curves", "printed")
    return page_of({name: getattr(parts, name)(found) for name in names}, out)


@pytest.fixture(scope="module")
def page(made, tmp_path_factory):
    return written(made.found, tmp_path_factory.mktemp("given_back") / "page.html")


@pytest.fixture
def open_page(browser, page):
    fresh(browser, page)
    decoded(browser)
    return browser


def decoded(browser):
    """Wait until the pictures that are shown were read."""
    script = """
    const done = arguments[0];
    const look = () => [...document.querySelectorAll(".al-tau .al-live .al-counted")]
      .every((e) => e.textContent) ? done() : requestAnimationFrame(look);
    look();
    """
    browser.execute_async_script(script)


def shown_images(browser, made):
    by_id = {one.id: one for one in made.images}
    return [by_id[e.get_attribute("title")] for e in find_all(browser, ".al-live .al-shot-title")]


def called_pixels(browser, number):
    """Return how many pixels of the binary picture of an image are white."""
    script = """
    const shot = document.querySelectorAll(".al-live .al-shot")[arguments[0]];
    const canvas = shot.querySelectorAll("canvas")[1];
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((_, i) => i % 4 === 0 && data[i] === 255).length;
    """
    return browser.execute_script(script, number)


def rates_at(made, name, level, average="pooled"):
    table = made.found.tables.tau_curve
    own = table[(table["defect_type"] == name) & (table["average"] == average)]
    row = own.set_index("level").loc[level]
    return [percent(row[key]) for key in RATES]


def choose(browser, number, words):
    script = """
    const select = document.querySelectorAll(".al-tau .al-live select")[arguments[0]];
    select.selectedIndex = [...select.options].findIndex((o) => o.textContent === arguments[1]);
    select.dispatchEvent(new Event("change"));
    """
    browser.execute_script(script, number, words)
    decoded(browser)


def test_what_is_called_is_counted_as_in_python_and_no_host_is_asked(open_page, page, made):
    browser = open_page
    assert requests(browser) == [page.as_uri()]
    for level in (120, 100):
        assert find(browser, ".al-tau-value").text == readable(made.steps[level])
        assert texts(browser, ".al-at-tau") == rates_at(made, "all", level)
        images = shown_images(browser, made)
        assert len(images) == 3
        assert texts(browser, ".al-live .al-counted") == [
            counted_words(one.levels, one.mask, level) for one in images
        ]
        for number, one in enumerate(images):
            assert called_pixels(browser, number) == int((one.residual > made.steps[level]).sum())
        press(browser, ".al-tau-bar button:nth-child(2)", "\ue007")
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_keys_move_the_threshold_and_say_that_it_was_moved(open_page, made):
    browser = open_page
    assert "Chosen from images left out" in find(browser, ".al-tau-from").text
    mark = find(browser, ".al-tau-mark").get_attribute("d")
    press(browser, ".al-tau-bar input", RIGHT, RIGHT)
    assert find(browser, ".al-tau-value").text == readable(made.steps[122])
    assert "chosen on these images" in find(browser, ".al-tau-from").text
    assert find(browser, ".al-tau-mark").get_attribute("d") != mark
    assert texts(browser, ".al-at-tau") == rates_at(made, "all", 122)
    assert not find_all(browser, ".al-tau-bar [aria-pressed=true]")


def test_a_type_and_an_average_are_chosen(open_page, made):
    browser = open_page
    choose(browser, 0, HOSTILE)
    assert texts(browser, ".al-at-tau") == rates_at(made, HOSTILE, 120)
    assert {one.type for one in shown_images(browser, made)} == {HOSTILE}
    choose(browser, 1, "image by image, then the mean")
    assert texts(browser, ".al-at-tau") == rates_at(made, HOSTILE, 120, "per image")
    choose(browser, 0, "all test images")
    press(browser, ".al-live .al-panel > .al-fields button:last-child", "\ue007")
    decoded(browser)
    ids = [one.id for one in shown_images(browser, made)]
    assert len(set(ids)) == 3


def test_what_is_called_can_be_laid_over_the_image(open_page, made):
    browser = open_page
    assert called_pixels(browser, 0) > 0
    find(browser, ".al-live input[type=checkbox]").click()
    assert called_pixels(browser, 0) == 0  # amber now, and the rest is seen through


def test_nothing_is_wider_than_a_phone(open_page):
    assert width_in(open_page, 400) <= 400


def test_without_scripts_three_thresholds_are_laid_over_images(browser, page):
    fresh(browser, page, is_scripted=False)
    pictures = find_all(browser, ".al-tau .al-still .al-shot img")
    assert len(pictures) == 3 * 5
    assert all(picture.is_displayed() for picture in pictures)
    assert find(browser, ".al-tau .al-still svg").is_displayed()


def test_print_has_the_overlays_too(open_page):
    browser = open_page
    assert not find(browser, ".al-tau .al-still").is_displayed()
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert find(browser, ".al-tau .al-still").is_displayed()
        assert not find(browser, ".al-tau .al-live").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_without_labels_the_threshold_still_moves(browser, tmp_path):
    made = given_back(has_labels=False)
    fresh(browser, written(made.found, tmp_path / "page.html"))
    decoded(browser)
    press(browser, ".al-tau-bar input", RIGHT)
    assert find(browser, ".al-tau-value").text == readable(made.steps[121])
    assert "so that nothing can be counted" in find(browser, ".al-tau .al-live").text
    one = shown_images(browser, made)[0]
    assert texts(browser, ".al-live .al-counted")[0] == counted_words(one.levels, None, 121)
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []

"""The page that compares runs, in a real browser that has no network."""

import fakes
import pytest
from pages import find, find_all, fresh, press, requests, texts, width_in

from anomalylab.reports import compare
from anomalylab.reports.side_by_side.explorer import moved_most
from anomalylab.reports.side_by_side.headline import answer, both
from anomalylab.reports.side_by_side.matched import matched

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compared")
    return [fakes.fake_run(folder / f"seed{seed}", seed=seed, n_query=40).folder for seed in (0, 4)]


@pytest.fixture(scope="module")
def found(runs):
    return matched(runs)


@pytest.fixture(scope="module")
def page(runs):
    return compare(runs, runs[0].parent / "page.html")


@pytest.fixture
def opened(browser, page):
    return fresh(browser, page)


def choose(browser, side, name):
    from selenium.webdriver.support.ui import Select

    Select(find(browser, f"select[data-side='{side}']")).select_by_visible_text(name)


def shown(browser):
    return [int(card.get_attribute("data-id")) for card in find_all(browser, ".al-card")]


def test_the_page_asks_for_nothing_but_itself_and_reports_no_error(opened, page):
    for key in ("all", "a", "b", "defects", "good", "changed"):
        find(opened, f"[data-filter={key}]").click()
    assert requests(opened) == [page.as_uri()]
    assert opened.get_log("browser") == []


def test_images_that_changed_sides_are_those_python_finds_for_any_pair(opened, found):
    for a, b in ((0, 2), (1, 2), (3, 0)):
        a, b = found.methods[a], found.methods[b]
        choose(opened, 0, a.name)
        choose(opened, 1, b.name)
        ranked = moved_most(a, b)
        changed = [int(i) for i in ranked if a.is_above[i] != b.is_above[i]]
        find(opened, "[data-filter=changed]").click()
        assert shown(opened) == changed[:24]
        find(opened, "[data-filter=a]").click()
        assert shown(opened) == [i for i in changed if a.is_above[i]][:24]
        assert len(find_all(opened, "circle.al-has-changed")) == len(changed)
        lower, higher = sorted((a, b), key=found.methods.index)
        assert both(found, lower, higher) in texts(opened, ".al-panel p[role=status]")


def test_choosing_the_same_run_on_both_sides_swaps_them(opened, found):
    before = find(opened, "select[data-side='0']").get_property("value")
    other = find(opened, "select[data-side='1']").get_property("value")
    choose(opened, 0, other)
    assert find(opened, "select[data-side='0']").get_property("value") == other
    assert find(opened, "select[data-side='1']").get_property("value") == before


def test_a_click_on_a_dot_shows_the_image_under_both_maps_and_keys_go_on(opened, found):
    from selenium.webdriver import ActionChains, Keys

    a, b = next(found.pairs())
    dot = find(opened, "circle[data-image='3']")
    opened.execute_script("arguments[0].scrollIntoView({block: 'center'})", dot)
    ActionChains(opened, duration=5).move_to_element(dot).perform()
    mark = "▲" if a.is_above[3] else "▽"
    assert f"rank {mark} {a.ranks[3]} in {a.name}" in find(opened, ".al-tip").text
    dot.click()
    assert find(opened, "dialog[open] h3").text == found.sides[0].images["sample_id"][3]
    captions = texts(opened, "dialog[open] figcaption")
    for method, caption in zip((a, b), captions, strict=True):
        assert caption.startswith(f"{method.name}: score")
        assert f"rank {method.ranks[3]} of 40" in caption
        assert ("▲ flagged" in caption) == method.is_above[3]
    drawn = (
        "return [...document.querySelectorAll('dialog canvas.al-map')].map((c) => c.toDataURL())"
    )
    first, second = opened.execute_script(drawn)
    assert first != second
    press(opened, "dialog[open] h3", Keys.ARROW_RIGHT)
    assert find(opened, "dialog[open] h3").text != found.sides[0].images["sample_id"][3]
    press(opened, "dialog[open] h3", Keys.ESCAPE)
    assert not find_all(opened, "dialog[open]")


def test_dots_lie_where_the_ranks_say(opened, found):
    a, b = next(found.pairs())
    places = opened.execute_script(
        "return [...document.querySelectorAll('circle[data-image]')].map((c) => "
        "['data-image', 'cx', 'cy'].map((name) => Number(c.getAttribute(name))))"
    )
    places = sorted(places)
    assert len(places) == 40
    by_x = sorted(range(40), key=lambda i: -places[i][1])
    assert [int(a.ranks[i]) for i in by_x] == sorted(a.ranks.tolist())
    by_y = sorted(range(40), key=lambda i: places[i][2])
    assert [int(b.ranks[i]) for i in by_y] == sorted(b.ranks.tolist())


def test_nothing_is_wider_than_a_narrow_window(opened):
    for width in (400, 800, 1400):
        assert width_in(opened, width) <= width


def test_without_scripts_the_answer_and_the_most_moved_images_are_there(browser, page, found):
    fresh(browser, page, is_scripted=False)
    assert find(browser, ".al-verdict-sentence").text == answer(found, *next(found.pairs()))
    pictures = find_all(browser, ".al-moved img")
    assert len(pictures) == 2 * 10
    assert all(picture.is_displayed() for picture in pictures)
    ids = found.sides[0].images["sample_id"]
    first = ids[int(moved_most(*next(found.pairs()))[0])]
    assert pictures[0].get_attribute("alt").startswith(first)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

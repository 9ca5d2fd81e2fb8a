"""The page of a run is one file: it needs no network, scripts or labels, and names stay text."""

import pytest
from pages import find, find_all, fresh, requests, texts, width_in
from run_pages import NAME, expected_counts

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_the_page_asks_for_nothing_but_itself_and_reports_no_error(opened, page):
    find(opened, "[data-filter=above]").click()
    find(opened, ".al-card-face").click()
    assert requests(opened) == [page.as_uri()]
    assert opened.get_log("browser") == []
    assert page.stat().st_size < 1_000_000


def test_file_names_stay_text(opened):
    odd = "<script>alert(1)</script>.png"
    scripts = "return [...document.scripts].filter((s) => s.textContent.includes('alert')).length"
    data = (
        "return JSON.parse(document.querySelector('script[type=\"application/json\"]').textContent)"
    )
    names = [image["id"] for image in opened.execute_script(data)["images"]]
    assert odd in names
    # the data themselves hold the name, escaped; no other script does
    assert opened.execute_script(scripts) == 1
    assert f"{odd[:8]}" not in opened.page_source.split("application/json")[1][:200]


def test_every_image_has_a_text_and_every_control_a_name(opened):
    nameless = """
      const own = (e) => e.getAttribute("aria-label") || e.textContent.trim();
      const isNamed = (e) => own(e) || e.closest("label") || e.querySelector("img[alt]");
      const all = (selector) => [...document.querySelectorAll(selector)];
      const controls = all("button, select, input, a").filter((e) => !isNamed(e));
      const images = all("main img").filter((e) => !e.alt && !e.closest("[aria-hidden]"));
      return [...controls, ...images].map((e) => e.outerHTML);
    """
    assert opened.execute_script(nameless) == []


@pytest.mark.parametrize("width", [400, 1400])
def test_nothing_is_wider_than_the_window(opened, width):
    assert width_in(opened, width) <= width


def test_a_page_of_100_images_that_are_enlarged_stays_below_5_megabytes(large):
    run, page = large
    assert run.table("enlarged")["image"].map(len).sum() > 1_200_000
    assert page.stat().st_size < 5_000_000


def test_without_scripts_the_first_images_can_be_enlarged_and_closed(browser, page):
    fresh(browser, page, is_scripted=False)
    try:
        picture, width = find(browser, "#al-first-2 img"), browser.get_window_size()["width"]
        assert picture.size["width"] < 300
        find(browser, "#al-first-2 a").click()
        assert picture.size["width"] > 0.9 * width
        find(browser, "#al-first-2 .al-close").click()
        assert picture.size["width"] < 300
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_without_scripts_verdict_suspects_and_counts_are_there(browser, page, run):
    fresh(browser, page, is_scripted=False)
    try:
        source = browser.page_source
        pictures = find_all(browser, ".al-suspects img")
        assert len(pictures) == 10
        assert all(p.get_attribute("src").startswith("data:image/webp") for p in pictures)
        assert run.info.verdicts[NAME].sentence in source
        counts = expected_counts(run, run.threshold(NAME))
        row = find(browser, ".al-still tbody tr").text.split()
        assert row[-4:] == [str(counts[key]) for key in ("tp", "fn", "fp", "tn")]
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_an_unlabelled_run_shows_suspects_and_says_what_needs_labels(browser, unlabelled_page):
    fresh(browser, unlabelled_page)
    assert find_all(browser, ".al-confusion, [data-filter=misses], [data-line]") == []
    text = find(browser, "main").text
    assert "lie beyond most images" in text
    assert "No image here has a known label" in text
    assert "could not be drawn" not in text
    headings = texts(browser, ".al-contents a")
    assert headings == ["Look at these first", "Images and scores", "How this was made"]
    assert len(find_all(browser, "main > section")) == 1 + len(headings)
    assert find(browser, "[data-readout=flagged] b").text.endswith("of 36")
    assert browser.get_log("browser") == []

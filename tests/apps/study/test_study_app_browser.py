"""The live view of a study, served on this machine, in a real browser that has no network."""

import pytest
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
    switch,
    texts,
    wait_for,
)
from study_runs import fake_study

from anomalylab.pictures.colours import DARK, LIGHT, cell_colours

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where the live view of a made-up study is served."""
    run = fake_study(tmp_path_factory.mktemp("served") / "made-up")
    with served("study", run.folder) as address:
        yield address


@pytest.fixture
def opened(browser, address):
    fresh(browser, address)
    wait_for(lambda: find_all(browser, ".al-card") and len(find_all(browser, "canvas")) >= 5)
    return browser


def test_it_draws_without_a_network_and_without_an_error(opened):
    assert "of the training images defective" in texts(opened, "h2")[0]
    sizes = opened.execute_script(
        DEEP + "return all(document, '.al-card img').map((e) => e.naturalWidth)"
    )
    assert set(sizes) == {64}
    assert requests_abroad(opened) == []
    assert errors(opened) == []


def test_a_strategy_shows_its_images_and_stands_in_the_address(opened):
    before = texts(opened, ".al-caption")
    choose(opened, 2, "sroc (leave_out=group)")
    wait_for(lambda: any("removed by sroc" in text for text in texts(opened, "h3")))
    wait_for(lambda: texts(opened, ".al-caption") != before)
    wait_for(lambda: "strategy=sroc" in opened.current_url)
    assert errors(opened) == []


def test_an_image_is_shown_large_and_the_address_shows_it_again(opened, browser):
    opened.execute_script(DEEP + "all(document, '.al-card button')[0].click()")
    wait_for(lambda: texts(opened, ".name"))
    name = texts(opened, ".name")[0]
    wait_for(lambda: "sample_id=" in browser.current_url)
    browser.get(browser.current_url)
    wait_for(lambda: texts(browser, ".name")[:1] == [name])
    assert errors(browser) == []


def test_an_address_that_asks_for_what_is_not_there_says_so(browser, address):
    fresh(browser, f"{address}?level=0.77&detector=patchcore")
    wait_for(lambda: texts(browser, "p.warning"))
    assert "level" in texts(browser, "p.warning")[0]
    assert any(text.startswith("part: patchcore") for text in texts(browser, "h3"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_the_system_and_fits_a_narrow_window(browser, address, scheme):
    with narrow(browser, scheme):
        fresh(browser, address)
        wait_for(lambda: find_all(browser, ".al-card") and len(look(browser)["borders"]) >= 4)
        (assert_it_is_dark if scheme == "dark" else assert_it_is_light)(browser)
        wait_for(lambda: look(browser)["width"] <= 400)
    assert errors(browser) == []


INKS = """
const figures = Object.values(Bokeh.index).flatMap((root) => [...root.owner.query(
  (v) => v.model.type === "Figure")]).map((view) => view.model);
const glyphs = figures.flatMap((f) => f.renderers).map((r) => r.glyph).filter((g) => g);
const of = (glyph) => ["text_color", "line_color", "fill_color"].map((part) => glyph[part]?.value);
return [...new Set(glyphs.flatMap(of).filter((colour) => typeof colour === "string"))];
"""
"""Colours of lines, marks and words in plots."""


def plots_of(browser):
    seen = look(browser)
    return seen["borders"], seen["marks"], browser.execute_script(INKS)


def test_plots_follow_at_once_when_the_system_is_switched(browser, address):
    with narrow(browser, "light"):
        fresh(browser, address)
        wait_for(lambda: find_all(browser, ".al-card") and len(look(browser)["borders"]) >= 4)
        before = plots_of(browser)
        assert LIGHT["ink"] in before[2]
        switch(browser, "dark")
        assert_it_is_dark(browser)
        inks = browser.execute_script(INKS)
        assert LIGHT["ink"] not in inks
        assert DARK["ink"] in inks
        switch(browser, "light")
        wait_for(lambda: plots_of(browser) == before)
    assert errors(browser) == []


def test_plots_follow_at_once_when_the_notebook_around_them_is_switched(browser, address):
    with narrow(browser, "light"):
        fresh(browser, address)
        wait_for(lambda: find_all(browser, ".al-card") and len(look(browser)["borders"]) >= 4)
        before = plots_of(browser)
        theme = "document.body.dataset.jpThemeLight = arguments[0]"
        browser.execute_script(
            "document.head.append(Object.assign(document.createElement('style'), "
            "{ textContent: arguments[0] }))",
            cell_colours(),
        )
        browser.execute_script(theme, "false")
        wait_for(lambda: set(look(browser)["borders"]) == {DARK["ground"]})
        assert set(look(browser)["marks"]) == {DARK["soft"]}
        browser.execute_script(theme, "true")
        wait_for(lambda: plots_of(browser) == before)
    assert errors(browser) == []

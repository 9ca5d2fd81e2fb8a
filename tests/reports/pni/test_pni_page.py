"""The page of PNI: numbers of the tables, hostile names, and a browser."""

import re
from base64 import b64decode
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pages import data_of, find, find_all, flat, fresh, page_of, press, requests, texts, width_in
from pni_tables import CLOSED, FINE, GRID, HOSTILE, N_BANK, TABLES, TAU, pni_tables

from anomalylab.number_words import percent, readable
from anomalylab.pictures.map_colours import STEPS_PER_THRESHOLD, colours
from anomalylab.recipes.pni import told
from anomalylab.recipes.pni.info import PNIInfo
from anomalylab.reports import pni as parts
from anomalylab.reports.pni.explain import most_changed
from anomalylab.reports.pni.gains import _cell
from anomalylab.reports.pni.maps import N_LEVELS, _steps, levels, shares

pytestmark = pytest.mark.xdist_group("pni page")

PARTS = ("gains", "explain", "allowed", "values", "curves", "maps")


def opened(made):
    about = PNIInfo(categories=made.categories, variants=["patchcore", "pni"], maps=list(made.maps))
    tables = parts.Tables(**{name: getattr(made, name) for name in TABLES})
    return parts.Opened(tables, made.thumbnails, about, made.maps)


@pytest.fixture(scope="module")
def made():
    return pni_tables()


@pytest.fixture(scope="module")
def found(made):
    return opened(made)


@pytest.fixture(scope="module")
def shown(found):
    return {name: getattr(parts, name)(found) for name in PARTS}


@pytest.fixture(scope="module")
def page(shown, tmp_path_factory):
    return page_of(shown, tmp_path_factory.mktemp("pni") / "page.html")


def test_a_difference_is_bold_only_where_its_interval_holds_no_zero():
    def cell(low, high):
        return _cell({"difference": (low + high) / 2, "low": low, "high": high, "note": ""})

    assert cell(0.01, 0.03) == {
        "value": "+0.020",
        "interval": "+0.010 to +0.030",
        "is_sure": True,
    }
    assert cell(-0.03, -0.01)["is_sure"]
    assert not cell(0.0001, 0.0003)["is_sure"]
    assert not cell(-0.01, 0.03)["is_sure"]
    assert _cell({"difference": None, "low": None, "high": None, "note": "no label"}) == {
        "value": "–",
        "interval": "no label",
        "is_sure": False,
    }


def test_the_answer_says_no_more_than_the_intervals(made):
    values = made.values[made.values["category"] == "bottle"]
    bounds = {
        "image_auroc": (0.0, -0.1, 0.1),
        "pixel_auroc": (0.02, 0.01, 0.03),
        "au_pro": (-0.02, -0.03, -0.01),
    }
    said = told.answer(values, bounds)
    both = "better among pixels (+0.020) and less well among regions (−0.020) than PatchCore does"
    assert both in said
    assert said.endswith("among images no difference shows.")
    nothing = told.answer(values, {"image_auroc": bounds["image_auroc"]})
    assert "no difference to PatchCore that these images can show" in nothing


def test_a_difference_that_is_sure_and_tiny_is_no_answer(made):
    values = made.values[made.values["category"] == "bottle"]
    tiny = {"pixel_auroc": (0.00004, 0.00001, 0.00007), "au_pro": (0.0001, -0.0002, 0.0003)}
    said = told.answer(values, {"image_auroc": (0.0, -0.1, 0.1), **tiny})
    assert "makes no difference to PatchCore that matters" in said
    assert "(pixels 0.000, regions +0.0001); among images no difference shows." in said
    assert "better" not in said
    some = told.answer(values, {**tiny, "au_pro": (0.03, 0.02, 0.04)})
    assert "better among regions (+0.030) than PatchCore does; among pixels (0.000) none" in some


def test_what_refined_maps_add_is_told_alone_and_mixed_in():
    def row(blend, difference):
        return ("pni", blend, "au_pro", difference, difference - 0.001, difference + 0.001)

    names = ["variant", "blend", "metric", "difference", "low", "high"]
    both = pd.DataFrame([row(1.0, 0.057), row(0.1, 0.0015)], columns=names)
    assert told.refined_answer(both) == (
        "Refined maps alone find defects better among regions (+0.057) than plain ones; mixed in "
        "at 10 %, as published, nothing that matters changes."
    )
    worse = pd.DataFrame([row(1.0, -0.05), row(0.1, 0.003)], columns=names)
    assert "alone find defects less well among regions (−0.050)" in told.refined_answer(worse)
    assert told.refined_answer(worse).endswith("as published, better among regions (+0.003).")
    unsure = pd.DataFrame([("pni", 1.0, "pixel_auroc", 0.01, -0.01, 0.03)], columns=names)
    assert "plain ones, and among pixels no difference shows that matters; mixed" in (
        told.refined_answer(pd.concat([both, unsure]))
    )
    assert "change nothing that matters" in told.refined_answer(both.assign(difference=0.0))
    assert told.refined_answer(both.iloc[:0]) == ""


def test_differences_of_several_categories_are_averaged_with_their_variances():
    rows = pd.DataFrame(
        {
            "variant": "pni",
            "blend": 0.0,
            "metric": "au_pro",
            "difference": [0.1, 0.3],
            "low": [0.1 - 0.03, 0.3 - 0.04],
            "high": [0.1 + 0.03, 0.3 + 0.04],
        }
    )
    mean, low, high = told.mean_gains(rows, "pni", 0.0)["au_pro"]
    assert (mean, low, high) == pytest.approx((0.2, 0.2 - 0.025, 0.2 + 0.025))


def test_gains_stand_as_in_the_table_and_what_is_unknown_says_why(made, shown):
    words = flat(shown["gains"].html)
    own = made.gains[(made.gains["category"] == "bottle") & (made.gains["variant"] == "pni")]
    row = own[(own["blend"] == 0) & (own["metric"] == "image_auroc")].iloc[0]
    assert f"{row['high']:+.3f}".replace("-", "−") in words
    assert "no mask marks a defect" in words
    assert "needs good and defective images with labels" in words


def test_of_each_cell_the_payload_holds_what_the_tables_hold(made, shown):
    data = data_of(shown["explain"])
    category, image = data["categories"][0], data["categories"][0]["images"][0]
    assert (category["tau"], category["nBank"]) == (TAU, N_BANK)
    cells = made.cells[made.cells["sample_id"] == image["id"]].sort_values(["row", "col"])
    np.testing.assert_allclose(
        np.array(image["scores"])[:, [0, 3]], cells[["score", "by_neither"]], rtol=1e-3
    )
    assert image["fallback"] == list(range(CLOSED))
    listed = made.listed[made.listed["sample_id"] == image["id"]]
    for number, entries in enumerate(image["listed"]):
        row, col = divmod(number, GRID[1])
        own = listed[(listed["row"] == row) & (listed["col"] == col)]
        names = [category["memory"][entry[1]] for entry in entries]
        named = {(category["images_of_memory"][i], r, c) for i, r, c in names}
        wanted = own[["memory_id", "memory_row", "memory_col"]].itertuples(index=False, name=None)
        assert named == set(wanted)
    assert all(name in data["images"] for name in category["images_of_memory"])


def test_levels_mark_no_more_good_cells_than_they_promise(rng):
    good, bad = rng.random((5, 6, 6)), rng.random((3, 6, 6)) + 0.5
    made = np.concatenate([good, bad])
    is_good = np.arange(8) < 5
    found = levels(made, is_good)
    for number, share in enumerate(shares()):
        assert (found[is_good] > number).mean() <= share
    highest = bad.max() > good.max()
    assert (found.max() == N_LEVELS) == highest
    assert (np.diff(found.ravel()[np.argsort(made, axis=None)].astype(int)) >= 0).all()


def test_maps_hold_the_levels_of_all_that_is_judged(made, shown):
    category = data_of(shown["maps"])["categories"][0]
    titles = ["PatchCore", "PNI", "PNI, 10 % refined", "PNI, refined map alone"]
    assert [way["title"] for way in category["ways"]] == titles
    assert [tuple(way["grid"]) for way in category["ways"]] == [GRID, GRID, FINE, FINE]
    assert "Each of these maps is judged" in flat(shown["maps"].html)
    scores = made.scores[(made.scores["category"] == "bottle") & (made.scores["variant"] == "pni")]
    is_good = (scores[scores["blend"] == 0]["label"] == 0).to_numpy()
    wanted = levels(made.maps["bottle-pni"], is_good)
    way, places = category["ways"][1], [shot["place"] for shot in category["shown"]]
    held = np.frombuffer(b64decode(way["maps"]), np.uint8).reshape(-1, *GRID)
    np.testing.assert_array_equal(held, wanted[places])
    assert way["tops"] == wanted.max(axis=(1, 2)).tolist()


def test_without_scripts_maps_are_marked_where_the_live_view_marks_them():
    reached = np.array([[0, 10, 11, N_LEVELS]])
    steps = _steps(reached, 10)
    assert steps.tolist() == [[0, 0, STEPS_PER_THRESHOLD, 4 * STEPS_PER_THRESHOLD]]
    assert colours()[steps[0], 3].tolist()[:2] == [0, 0]


def test_fallbacks_are_counted_beside_all_cells(made, shown):
    n_cells = made.maps["bottle-pni"].size
    n_closed = int(
        made.fits.query("category == 'bottle' and variant == 'pni'")["n_fallbacks"].iloc[0]
    )
    words = flat(shown["allowed"].html)
    share = flat(percent(n_closed / n_cells))
    assert f"for {n_closed} of {n_cells} test cells ({share})" in words
    plain, free = (made.maps[f"bottle-{name}"] for name in ("pni", "patchcore"))
    n_changed = int((plain > free * (1 + 1e-6)).sum())
    share = flat(percent(n_changed / n_cells))
    assert f"changed the score of {n_changed} of them ({share}, " in words
    same = replace(opened(made), maps={**made.maps, "bottle-patchcore": plain})
    assert "It changed no score" in flat(parts.allowed(same).html)


def test_a_run_as_the_published_code_has_it_says_what_its_scores_are_not(found, shown):
    assert "need not be the distance" not in shown["explain"].html
    official = {
        "combine": "score",
        "mapping": "rank",
        "is_edge_kept": True,
        "margin": 2,
        "fallback": "farthest",
    }
    run = replace(found, about=replace(found.about, parameters=official))
    words = flat(parts.explain(run).html)
    assert "the mean of two distances" in words
    assert "So the score need not be the distance to any cell that is listed here" in words
    assert "have one of their own" in words
    data = data_of(parts.explain(run))
    assert (data["fallback"], data["isDirect"]) == ("farthest", False)
    assert data_of(shown["explain"])["isDirect"]
    assert "a memory of their own here, with the cells along the border" in parts.values(run).html
    closed = flat(parts.allowed(run).html)
    assert "and the farthest of all counted" in closed
    assert "changed the score" not in closed
    one = replace(found, about=replace(found.about, parameters={"mapping": "rank"}))
    assert "taken for a rank" in flat(parts.explain(one).html)


def test_values_stand_beside_published_ones_and_what_failed_is_named(shown):
    words = flat(shown["values"].html)
    assert words.count("published 0.989") == 4  # of two categories at 10 %, at both resolutions
    assert "What differs from the published values" in words
    assert "no image has a known label" in words
    assert "failed: the loss of step 12" in flat(shown["curves"].html)


def test_a_run_without_cells_and_maps_says_so(made):
    empty = opened(pni_tables({"cells": "without masks"}, failed=[("cells", "pni")]))
    tables = {name: getattr(empty.tables, name) for name in TABLES}
    tables |= {name: tables[name].iloc[:0] for name in ("cells", "listed", "gains")}
    old = parts.Opened(parts.Tables(**tables), empty.thumbnails, empty.about, {})
    assert "explains no cell" in parts.explain(old).html
    assert "before differences were measured" in parts.gains(old).html
    assert "PatchCore" in flat(parts.allowed(old).html)
    scores = tables["scores"].iloc[:0]
    nothing = parts.Opened(
        parts.Tables(**{**tables, "scores": scores}), empty.thumbnails, empty.about, {}
    )
    assert "holds no maps" in parts.maps(nothing).html


@pytest.mark.parametrize("name", PARTS)
def test_names_stay_text(shown, name):
    html = re.sub(r'<script type="application/json">.*?</script>', "", shown[name].html)
    assert "<script>alert" not in html
    assert "<b>cells" not in html
    assert "<i>dent" not in html
    assert "<b>tiles" not in html


def test_a_cell_is_chosen_by_click_and_by_keys_and_asks_no_host(browser, page, made, shown):
    fresh(browser, page)
    assert requests(browser) == [page.as_uri()]
    image = data_of(shown["explain"])["categories"][0]["images"][0]
    cells = made.cells[made.cells["sample_id"] == image["id"]].sort_values(["row", "col"])
    row, col = divmod(most_changed(image["scores"]), GRID[1])
    assert said(browser) == words_of(cells, row, col)
    press(browser, ".al-stage", "\ue012" if col else "\ue014")
    assert said(browser) == words_of(cells, row, col - 1 if col else 1)
    click(browser, 0, 0)
    assert "nothing in the memory is allowed here" in said(browser)
    assert "None." in texts(browser, ".al-crops")[0]
    click(browser, 2, 3)
    assert said(browser) == words_of(cells, 2, 3)
    own = cells.iloc[2 * GRID[1] + 3]
    names = ("score", "by_position_alone", "by_neighbours_alone", "by_neither")
    wanted = [readable(own[name]) for name in names]
    assert texts(browser, ".al-distances td.al-number") == wanted
    figures = texts(browser, ".al-crops figcaption b")
    assert figures == ["This cell", "Allowed, 1", "Allowed, 2", "Nearest that is not allowed"]
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def said(browser):
    return find(browser, ".al-cell-words b").text


def words_of(cells, row, col):
    n = int(cells.iloc[row * GRID[1] + col]["n_allowed"])
    if n == 0:
        return (
            f"Row {row + 1}, column {col + 1}: nothing in the memory is allowed here, so the "
            "nearest of all counts."
        )
    return (
        f"Row {row + 1}, column {col + 1}: of {N_BANK} cells in the memory {n} "
        f"({percent(n / N_BANK)}) are allowed."
    )


def click(browser, row, col):
    script = """
    const stage = document.querySelector(".al-stage");
    const box = stage.getBoundingClientRect();
    const [row, col, rows, cols] = arguments;
    const clientX = box.left + ((col + 0.5) / cols) * box.width;
    const clientY = box.top + ((row + 0.5) / rows) * box.height;
    stage.dispatchEvent(new MouseEvent("click", { bubbles: true, clientX, clientY }));
    """
    browser.execute_script(script, row, col, *GRID)


def test_the_threshold_counts_images_as_their_maps_say(browser, page, made, shown):
    fresh(browser, page)
    category = data_of(shown["maps"])["categories"][0]
    for level in (category["usual"], 0, N_LEVELS - 1):
        slide(browser, level)
        assert texts(browser, ".al-pni-maps td.al-number") == counts_of(category, level)
        share = percent(float(f"{shares()[level]:.3g}"))
        assert (
            f"at most {share} of cells of good images" in find(browser, ".al-pni-maps .al-bar").text
        )
    press(browser, ".al-pni-maps .al-segments button:nth-child(3)", "\ue007")
    assert all("good" in title for title in texts(browser, ".al-pni-maps .al-shot-title"))
    choose = """
    const select = document.querySelector(".al-pni-maps select");
    select.selectedIndex = 1;
    select.dispatchEvent(new Event("change"));
    """
    browser.execute_script(choose)
    assert "of all cells" in find(browser, ".al-pni-maps .al-bar").text
    assert texts(browser, ".al-pni-maps tbody th") == ["Other images with a mark"]
    titles = find_all(browser, ".al-pni-maps .al-shot-title")
    assert titles[0].get_attribute("title").startswith(HOSTILE)


def slide(browser, level):
    script = """
    const slider = document.querySelector(".al-threshold input");
    slider.value = arguments[0];
    slider.dispatchEvent(new Event("input"));
    """
    browser.execute_script(script, level)


def counts_of(category, level):
    labels = np.array(category["labels"])
    told = []
    for label in (1, 0):
        for way in category["ways"]:
            marked = (np.array(way["tops"]) > level) & (labels == label)
            told.append(f"{marked.sum()} of {(labels == label).sum()}")
    return told


def test_nothing_is_wider_than_a_phone(browser, page):
    assert width_in(fresh(browser, page), 400) <= 400


def test_without_scripts_a_cell_and_maps_are_there(browser, page):
    fresh(browser, page, is_scripted=False)
    seen = find_all(browser, ".al-cell-still img, .al-pni-maps .al-four img")
    assert len(seen) >= 5
    assert all(element.is_displayed() for element in seen)

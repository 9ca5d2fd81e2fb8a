"""The page of metric learning: numbers of the tables, hostile names, and a browser."""

import json
import re

import pandas as pd
import pytest
from metric_tables import FAILED, HOSTILE, LOSSES, TABLES, metric_tables
from pages import data_of, find, find_all, flat, fresh, page_of, press, requests, texts, width_in

from anomalylab.number_words import percent
from anomalylab.recipes.metric_learning.info import MetricLearningInfo
from anomalylab.reports import metric_learning as parts
from anomalylab.reports.metric_learning.headline import asked, tiles, warnings
from anomalylab.reports.metric_learning.opened import Tables, Trial, Trials
from anomalylab.reports.metric_learning.values import _beside, _with_best, _written

pytestmark = pytest.mark.xdist_group("metric page")

PARTS = ("values", "gallery", "heat", "embedding", "classes", "curves")


def opened(made):
    about = MetricLearningInfo(
        experiment="twins",
        losses=list(LOSSES),
        categories=list(dict.fromkeys(made.trainings["category"])),
        body="a made-up body with ImageNet weights",
    )
    tables = Tables(**{name: getattr(made, name) for name in TABLES})
    return Trials(tables, made.samples, made.thumbnails, about)


@pytest.fixture(scope="module")
def made():
    return metric_tables()


@pytest.fixture(scope="module")
def found(made):
    return opened(made)


@pytest.fixture(scope="module")
def shown(found):
    return {name: getattr(parts, name)(found) for name in PARTS}


@pytest.fixture(scope="module")
def page(shown, tmp_path_factory):
    return page_of(shown, tmp_path_factory.mktemp("metric") / "page.html")


def value_of(made, category, loss, metric="auroc"):
    table = made.values
    rows = table[(table["category"] == category) & (table["loss"] == loss)]
    return rows[(rows["metric"] == metric) & ~rows["is_as_published"].astype(bool)].iloc[0]


def test_values_stand_beside_what_was_published_with_the_difference(made, shown):
    row = value_of(made, "bottle", "conventional")
    words = flat(shown["values"].html)
    difference = f"{row['value'] - 0.98:+.3f}".replace("-", "−")
    is_apart = not row["low"] <= 0.98 <= row["high"]
    assert f"published 0.980 ours {difference}{' †' if is_apart else ''}" in words
    assert f"{row['low']:.2f} to {row['high']:.2f}" in words


def test_a_published_value_outside_the_interval_is_marked():
    assert _beside(0.9, 0.8, 0.95, 0.97)["is_apart"]
    inside = _beside(0.9, 0.8, 0.95, 0.91)
    assert (inside["difference"], inside["is_apart"]) == ("−0.010", False)
    assert _beside(0.9, None, None, 0.5)["is_apart"] is False


def test_bold_needs_more_than_the_intervals():
    def bold(*bounds):
        cells = [_written((low + high) / 2, low, high, None) for low, high in bounds]
        return [cell["is_best"] for cell in _with_best(cells)]

    assert bold((0.9, 0.99), (0.7, 0.8)) == [True, False]
    assert bold((0.9, 0.99), (0.7, 0.92)) == [False, False]
    assert bold((0.9, 0.99)) == [False]


def test_the_mean_over_products_compares_the_same_products(made, shown):
    """Only one of two judged products has a published value: the difference is of that one."""
    own = value_of(made, "bottle", "conventional")["value"]
    mean = (own + value_of(made, HOSTILE, "conventional")["value"]) / 2
    words = flat(shown["values"].html)
    assert f"Mean {mean:.3f} of 2 products published 0.980 of 1" in words


def test_what_failed_is_named_with_its_reason_and_has_no_value(shown):
    words = flat(shown["values"].html)
    assert "1 of the trainings failed and has no values: bottle, Center loss: the loss of" in words
    assert "failed: the loss of step 12" in flat(shown["curves"].html)
    assert Trial(*FAILED) not in [
        Trial(*json.loads(t["key"])) for t in data_of(shown["gallery"])["trials"]
    ]


def test_a_product_without_labels_says_so_once(shown):
    assert 'colspan="6">no test image has a known label' in shown["values"].html
    assert "nothing can be said by type of: tiles" in flat(shown["classes"].html)


def test_values_without_the_trained_type_come_first():
    made = metric_tables({"bottle": "with masks"}, ("arcface",), failed=(), as_published=False)
    for name in TABLES:
        getattr(made, name)["experiment"] = "one-defect"
    honest = made.values[made.values["metric"] == "auroc"].assign(metric="auroc_untrained")
    made.values = pd.concat([made.values, honest], ignore_index=True)
    found = opened(made)
    words = flat(parts.values(found).html)
    assert words.index("AUROC, without the type") < words.index("one type of defect: AUROC The")
    assert "Defective test images were trained on" in " ".join(warnings(found))


def test_heat_above_the_even_line_is_counted(made, shown):
    table = made.heat.dropna()
    table = table[~table["is_as_published"].astype(bool)]
    words = flat(shown["heat"].html)
    for _, own in table.groupby("of"):
        n_more = int((own["mass_in_mask"] > own["mask_share"]).sum())
        assert f"in {n_more} of {len(own)} pictures" in words
    bottle = made.heat[(made.heat["loss"] == "arcface") & (made.heat["of"] == "logit")].dropna()
    inside = bottle[~bottle["is_as_published"].astype(bool)]["mass_in_mask"].median()
    assert flat(f"ArcFace 6 {percent(0.0625)} {percent(inside)} ") in words


def test_without_masks_one_line_says_that_nothing_is_known():
    made = metric_tables({"cells": "without masks"}, ("arcface",), failed=())
    words = flat(parts.heat(opened(made)).html)
    assert "is not known: no test image" in words


def test_the_gallery_begins_with_what_is_farthest_from_normal(made, shown):
    data = data_of(shown["gallery"])
    for trial, shots in zip(data["trials"], data["shots"], strict=True):
        key = json.loads(trial["key"])
        rows = made.distances
        for name, value in zip(
            ("category", "loss", "is_as_published"), (key[0], *key[2:4]), strict=True
        ):
            rows = rows[rows[name] == value]
        tested = rows[rows["role"] == "test"].set_index("sample_id")
        order = [tested.loc[shot["id"], "distance"] for shot in shots]
        assert order == sorted(order, reverse=True)
        assert all(tested.loc[s["id"], "nearest_id"] == s["nearest"] for s in shots)
        assert all(s["nearest"] in data["images"] for s in shots)
        assert all(set(shot["maps"]) == {"logit", "distance"} for shot in shots)


def test_each_point_of_the_cloud_is_a_row_of_the_table(made, shown):
    data = data_of(shown["embedding"])
    assert sum(map(len, data["points"])) == len(made.embedding)
    ids = [image["id"] for image in data["images"]]
    assert sorted(ids) == sorted(made.samples["sample_id"])
    assert all(image["src"] for image in data["images"])
    first = data["points"][0]
    assert shown["embedding"].html.count("<circle") == len(first)


def test_types_are_told_relative_to_good_images(made, shown):
    rows = made.classes
    row = rows[(rows["category"] == "bottle") & (rows["loss"] == "arcface")].iloc[1]
    words = flat(shown["classes"].html)
    assert f"{row['relative_to_good']:.2f} × AUROC {row['auroc']:.3f}" in words
    assert "<i>dent</i>" in words


def test_one_network_of_several_products_is_drawn_once():
    made = metric_tables(
        {"one": "with masks", "two": "with masks"}, ("arcface",), failed=(), as_published=False
    )
    for name in TABLES:
        getattr(made, name)["experiment"] = "classes"
    html = parts.curves(opened(made)).html
    assert html.count("<figure") == 1
    assert "All products together" in html


def test_the_headline_sums_up_by_medians_and_names_the_network(made, found):
    own = made.values[
        (made.values["metric"] == "auroc") & ~made.values["is_as_published"].astype(bool)
    ]
    first, *_ = tiles(found)
    assert first["value"] == f"{own['value'].median():.3f}"
    said = asked(found)
    assert "a made-up body with ImageNet weights" in said
    assert "at most 8 epochs" in said
    assert "named" in " ".join(warnings(found))


def test_a_run_in_which_all_failed_still_has_a_page():
    keys = [(name, "twins", loss, False, 0) for name in ("a", "b") for loss in LOSSES[:2]]
    made = metric_tables(
        {"a": "with masks", "b": "with masks"}, LOSSES[:2], failed=keys, as_published=False
    )
    found = opened(made)
    assert "4 of the trainings failed" in flat(parts.values(found).html)
    assert "holds no pictures" in parts.gallery(found).html
    assert "No training came to its end" in parts.embedding(found).html
    assert "al-nothing" in parts.classes(found).html
    parts.heat(found), parts.curves(found), tiles(found)


@pytest.mark.parametrize("name", PARTS)
def test_names_stay_text(shown, name):
    html = re.sub(r'<script type="application/json">.*?</script>', "", shown[name].html)
    assert "<script>alert" not in html
    assert "<b>cells" not in html
    assert "<i>dent" not in html


def test_choosing_a_training_moves_all_parts_and_asks_no_host(browser, page):
    fresh(browser, page)
    assert requests(browser) == [page.as_uri()]
    assert texts(browser, ".al-shot-title")[0].startswith("bottle/test")
    before = texts(browser, ".al-clouded .al-key")
    choose(browser, ".al-heat select", "tiles")
    assert texts(browser, ".al-shot-title")[0].startswith("tiles/test")
    assert "test, not known" in texts(browser, ".al-clouded .al-key")
    assert before != texts(browser, ".al-clouded .al-key")
    choose(browser, ".al-clouded select", HOSTILE)
    assert texts(browser, ".al-shot-title")[0].startswith(HOSTILE)
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def choose(browser, selector, words):
    script = """
    const select = document.querySelector(arguments[0]);
    select.selectedIndex = [...select.options].findIndex((o) => o.textContent === arguments[1]);
    select.dispatchEvent(new Event("change"));
    """
    browser.execute_script(script, selector, words)


def test_keys_turn_pages_and_step_through_points(browser, page, made):
    fresh(browser, page)
    first = texts(browser, ".al-shot-title")
    press(browser, ".al-browse > .al-fields button:last-child", "\ue007")
    assert not set(first) & set(texts(browser, ".al-shot-title"))
    press(browser, ".al-heat .al-segments button:nth-child(3)", "\ue007")
    assert all("good" in title for title in texts(browser, ".al-shot-title"))
    press(browser, ".al-cloud", "\ue014")
    said = find(browser, ".al-clouded [role=status]").text
    own = made.embedding[(made.embedding["category"] == "bottle")].iloc[:21]
    leftmost = own.loc[own["x"].idxmin(), "sample_id"]
    assert said.startswith(f"{leftmost}: ")
    assert find(browser, ".al-tip").is_displayed()
    press(browser, ".al-cloud", "\ue00c")
    assert not find(browser, ".al-tip").is_displayed()


def test_nothing_is_wider_than_a_phone(browser, page):
    assert width_in(fresh(browser, page), 400) <= 400


def test_without_scripts_the_answer_the_heat_and_the_points_are_there(browser, page):
    fresh(browser, page, is_scripted=False)
    seen = find_all(browser, ".al-heat .al-shot, .al-cloud-still, .al-values table")
    assert all(element.is_displayed() for element in find_all(browser, ".al-heat .al-four img"))
    assert len(seen) >= 4

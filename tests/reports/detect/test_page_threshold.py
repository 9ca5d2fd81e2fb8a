"""The threshold on the page of a run moves, and numbers follow it as Python computes them."""

import fakes
import numpy as np
import pytest
from pages import drag, find, find_all, fresh, press, texts
from run_pages import NAME, expected_counts, shown_counts, shown_threshold
from score_ranges import CASES

from anomalylab.metrics import confusion, rate_interval, rates, recall_by_type
from anomalylab.number_words import percent
from anomalylab.reports import report
from anomalylab.reports.detect.payload import chance
from anomalylab.runs.displayed import bulk_behind
from anomalylab.runs.files import list_files
from anomalylab.verdicts.bulk import fit_bulk

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

LEFT = "\ue012"  # what a driver calls this arrow key


def test_counts_at_the_threshold_of_the_run_equal_those_computed_from_the_tables(opened, run):
    assert shown_threshold(opened) == pytest.approx(run.threshold(NAME))
    assert shown_counts(opened) == expected_counts(run, run.threshold(NAME))


def test_dragging_the_threshold_changes_counts_rates_and_gallery_as_python_computes_them(
    opened, run
):
    before = shown_counts(opened)
    drag(opened, ".al-threshold", [(0, 0), (120, 0), (260, 0)])
    threshold = shown_threshold(opened)
    assert threshold > run.threshold(NAME)
    counts = shown_counts(opened)
    assert counts == expected_counts(run, threshold)
    assert counts != before
    above = int((run.scores(NAME)["score"] >= threshold).sum())
    find(opened, "[data-filter=above]").click()
    assert len(find_all(opened, ".al-card")) == min(above, 24)
    assert "chosen on these images" in find(opened, ".al-histogram").text


def test_the_recall_of_each_type_follows_the_threshold_as_python_counts_it(opened, run):
    drag(opened, ".al-threshold", [(0, 0), (120, 0), (260, 0)])
    queries = run.queries
    is_defective = (queries["label"] == 1).to_numpy()
    wanted = recall_by_type(
        queries["defect_type"].to_numpy()[is_defective],
        run.scores(NAME)["score"].to_numpy()[is_defective],
        shown_threshold(opened),
    )
    assert 0 < wanted["n_found"].sum() < wanted["n_images"].sum()
    rows = find_all(opened, ".al-by-type tbody tr")
    assert [row.get_attribute("data-type") for row in rows] == list(wanted["defect_type"])
    for row, of_type in zip(rows, wanted.itertuples(), strict=True):
        kind, found, recall = (cell.text for cell in row.find_elements("css selector", "th, td"))
        assert kind == of_type.defect_type
        assert found == f"{of_type.n_found} of {of_type.n_images}"
        assert recall.startswith(f"{percent(of_type.recall, 3)}, 95 % interval")
        assert f"{percent(of_type.low, 3)} to {percent(of_type.high, 3)}" in recall


def test_arrow_keys_move_the_threshold_and_reset_brings_it_back(opened, run):
    from selenium.webdriver import Keys

    press(opened, "[role=slider]", Keys.PAGE_UP, Keys.ARROW_LEFT)
    assert shown_threshold(opened) > run.threshold(NAME)
    assert shown_counts(opened) == expected_counts(run, shown_threshold(opened))
    find(opened, ".al-where button").click()
    assert shown_threshold(opened) == pytest.approx(run.threshold(NAME))


def test_a_threshold_that_was_moved_survives_a_change_of_detector(opened, run):
    from selenium.webdriver import Keys

    press(opened, "[role=slider]", Keys.PAGE_UP)
    moved = shown_threshold(opened)
    find(opened, "[data-detector=knn]").click()
    assert shown_threshold(opened) == pytest.approx(run.threshold("knn"))
    assert shown_counts(opened) == expected_counts(run, run.threshold("knn"), "knn")
    find(opened, f"[data-detector={NAME}]").click()
    assert shown_threshold(opened) == moved


def test_rates_and_intervals_equal_those_of_the_metrics(opened):
    cases = [(0, 209), (3, 83), (17, 20), (83, 83), (1, 2000)]
    shown = opened.execute_script(
        "return arguments[0].map(([k, n]) => anomalylab.share(k, n))", cases
    )
    for (k, n), share in zip(cases, shown, strict=True):
        assert (share["low"], share["high"]) == pytest.approx(rate_interval(k, n), abs=1e-9)
        assert share["value"] == pytest.approx(k / n)


def test_misses_false_alarms_and_cost_on_a_line_follow_from_the_rates(opened, run):
    from selenium.webdriver import Keys

    press(opened, "[role=slider]", *([Keys.PAGE_DOWN] * 2))
    field = find(opened, "[data-line=defects]")
    field.clear()
    field.send_keys("20")
    counts = confusion(
        run.queries["label"].to_numpy(int),
        run.scores(NAME)["score"].to_numpy(),
        shown_threshold(opened),
    )
    alarms = (10_000 - 200) * (1 - rates(counts)["specificity"])
    shown = find(opened, "[data-readout=line-alarms] b").text
    assert alarms > 0
    assert float(shown.replace("\u202f", "")) == pytest.approx(alarms, rel=0.01)
    cost = find(opened, "[data-readout=line-cost] b").text
    assert float(cost.replace("\u202f", "")) == pytest.approx(alarms + 100 * 200 * 0, rel=0.01)


BULKS = {
    "few, heavy tails": lambda rng: 5 + 0.01 * rng.standard_t(3, 30),
    "skewed": lambda rng: rng.lognormal(0, 0.6, 100),
    "many": lambda rng: rng.normal(-3, 2, 1000),
    "skewed to the left": lambda rng: 10 - rng.gamma(4, 1, 60),
}


@pytest.mark.parametrize("drawn", BULKS.values(), ids=BULKS)
def test_the_number_by_chance_is_that_of_python_at_any_threshold(
    browser, unlabelled_page, rng, drawn
):
    fresh(browser, unlabelled_page)
    scores = drawn(rng)
    bulk = fit_bulk(scores)
    spread = np.ptp(scores)
    thresholds = np.linspace(scores.min() - spread, scores.max() + 3 * spread, 400)
    thresholds = np.append(thresholds, [bulk.trusted_up_to, np.nextafter(bulk.trusted_up_to, 99)])
    script = "return arguments[1].map(window.anomalylab.chance(arguments[0]))"
    in_page = browser.execute_script(script, chance(bulk), thresholds.tolist())
    in_python = bulk.p_value(thresholds)
    assert in_python.min() < 1e-3 < 0.9 < in_python.max()
    assert in_page == pytest.approx(in_python, rel=1e-9, abs=1e-300)


def test_the_number_by_chance_follows_the_threshold(browser, unlabelled_page, unlabelled):
    fresh(browser, unlabelled_page)
    stated = find(browser, "[data-readout=flagged] .al-note").text
    assert stated == "about 1.5 would by chance among 36 images"  # 0.5 in 12, as the run states it
    told = find(browser, ".al-where .al-note").text
    assert told.endswith(
        "Of 12 good images about 0.50 lie beyond it, of 36 here, if all are good, about 1.5."
    )
    shown = []
    for _ in range(4):
        press(browser, "[role=slider]", *[LEFT] * 15)
        expected = bulk_behind(unlabelled, NAME).p_value([shown_threshold(browser)])[0] * 36
        words = find(browser, "[data-readout=flagged] .al-note").text
        assert words.endswith("would by chance among 36 images")
        shown.append(float(words.split()[1]))
        assert shown[-1] == pytest.approx(expected, rel=0.06)
    assert shown == sorted(set(shown))


@pytest.mark.parametrize("case", CASES)
def test_the_axis_of_scores_ends_where_it_does_in_the_live_view(opened, case):
    scores, threshold, (low, high, is_log) = CASES[case]
    script = "return window.anomalylab.scoreRange(arguments[0], arguments[1])"
    found = opened.execute_script(script, scores, threshold)
    assert found == {"isLog": is_log, "ends": [pytest.approx(low), pytest.approx(high)]}


def test_outliers_are_counted_at_the_end_of_the_histogram_and_said(browser, tmp_path):
    run = fakes.fake_run(tmp_path / "outliers", n_query=30)
    scores = run.table("scores")
    far = scores.index[(scores["detector"] == NAME) & (scores["role"] == "query")][:3]
    scores.loc[far, "score"] = [-1e6, 1e6, 2e6]
    scores.to_parquet(run.folder / "scores.parquet")
    list_files(run.folder)
    opened = fresh(browser, report(run.folder))
    assert texts(opened, ".al-beyond") == ["← 1 beyond", "2 beyond →"]
    places = opened.execute_script(
        "return [...document.querySelectorAll('.al-bricks rect')].map((r) => r.x.baseVal.value)"
    )
    assert len(places) == 30
    middle = sorted(places)[1:-2]
    assert max(middle) - min(middle) > 0.15 * (max(places) - min(places))

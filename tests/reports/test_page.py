"""The page of a run in a real browser that has no network."""

import fakes
import numpy as np
import pandas as pd
import pytest
from pages import find, find_all, fresh, press, requests, texts, width_in
from score_ranges import CASES

from anomalylab.metrics import confusion, rate_interval, rates, recall_by_type
from anomalylab.number_words import percent
from anomalylab.reports import report
from anomalylab.reports.detect.payload import chance
from anomalylab.runs.displayed import bulk_behind
from anomalylab.runs.files import list_files
from anomalylab.runs.spreadsheet import write_csv
from anomalylab.runs.suspects import suspects
from anomalylab.verdicts.bulk import fit_bulk

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

NAME = "patchcore"
LEFT = "\ue012"  # what a driver calls this arrow key


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return fakes.fake_run(tmp_path_factory.mktemp("page") / "labelled", n_query=30)


@pytest.fixture(scope="module")
def page(run):
    return report(run.folder)


@pytest.fixture(scope="module")
def unlabelled(tmp_path_factory):
    return fakes.fake_run(tmp_path_factory.mktemp("page") / "unlabelled", is_labelled=False)


@pytest.fixture(scope="module")
def unlabelled_page(unlabelled):
    return report(unlabelled.folder)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A run of 100 images with as much of them enlarged as there is room for, and its page."""
    folder = tmp_path_factory.mktemp("page") / "large"
    run = fakes.fake_run(folder, n_train=40, n_query=60, n_enlarged=24)
    return run, report(run.folder)


@pytest.fixture
def opened(browser, page):
    return fresh(browser, page)


def drag(browser, selector, path):
    """Move a pressed mouse along offsets from the middle of an element."""
    from selenium.webdriver import ActionChains

    element = find(browser, selector)
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
    chain = ActionChains(browser, duration=20)
    chain.move_to_element_with_offset(element, *path[0]).click_and_hold()
    for x, y in path[1:]:
        chain.move_to_element_with_offset(element, x, y)
    chain.release().perform()


def shown_threshold(browser):
    return float(find(browser, "[role=slider]").get_attribute("aria-valuenow"))


def shown_counts(browser):
    cells = find_all(browser, ".al-confusion td[data-count]")
    return {cell.get_attribute("data-count"): int(cell.text.split()[0]) for cell in cells}


def expected_counts(run, threshold, detector=NAME):
    labels = run.queries["label"].to_numpy(int)
    counts = confusion(labels, run.scores(detector)["score"].to_numpy(), threshold)
    return dict(zip(("tp", "fp", "fn", "tn"), counts, strict=True))


def test_the_page_asks_for_nothing_but_itself_and_reports_no_error(opened, page):
    find(opened, "[data-filter=above]").click()
    find(opened, ".al-card-face").click()
    assert requests(opened) == [page.as_uri()]
    assert opened.get_log("browser") == []
    assert page.stat().st_size < 1_000_000


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


def saved(browser):
    """What the button that saves the list would write, and under which name."""
    browser.execute_script(
        "URL.createObjectURL = (blob) => { window.kept = blob; return 'about:blank'; };"
        "HTMLAnchorElement.prototype.click = function () { window.keptAs = this.download; };"
    )
    find(browser, "[data-list=save]").click()
    content = browser.execute_async_script(
        "kept.arrayBuffer().then((b) => arguments[0]([...new Uint8Array(b)]))"
    )
    return bytes(content), browser.execute_script("return keptAs")


COPIED = """
const said = [];
if (arguments[0]) Object.defineProperty(navigator, "clipboard",
    { value: { writeText: async (text) => said.push(text) }, configurable: true });
else Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true });
document.execCommand = () => { said.push(document.activeElement.value); return true; };
document.querySelector("[data-list=copy]").click();
setTimeout(() => arguments[1](said), 50);
"""


def test_the_list_that_is_saved_is_the_table_beside_the_run(opened, run, tmp_path):
    content, name = saved(opened)
    write_csv(suspects(run), tmp_path / "expected.csv")
    (tmp_path / name).write_bytes(content)
    tables = [pd.read_csv(tmp_path / file) for file in ("expected.csv", "suspects.csv")]
    pd.testing.assert_frame_equal(*tables, rtol=1e-8)
    assert content[:3] == b"\xef\xbb\xbf"
    assert "30 images saved as suspects.csv" in find(opened, ".al-hand").text


@pytest.mark.parametrize("has_clipboard", [True, False])
def test_the_list_that_is_copied_is_the_one_shown(opened, run, has_clipboard):
    find(opened, "[data-filter=above]").click()
    (text,) = opened.execute_async_script(COPIED, has_clipboard)
    rows = [line.split("\t") for line in text.split("\n")]
    table = suspects(run)
    beyond = table[table["is_beyond"]]
    assert 0 < len(beyond) < len(table)
    assert rows[0] == list(table)
    assert [row[1] for row in rows[1:]] == list(beyond["image_path"])
    assert [float(row[2]) for row in rows[1:]] == pytest.approx(list(beyond["score"]), rel=1e-8)
    assert [row[5:7] for row in rows[1:]] == beyond[["x", "y"]].astype(str).to_numpy().tolist()


def test_no_cell_that_a_page_hands_out_is_a_formula(opened):
    opened.execute_script(
        """
        const rows = [["image_path", "note", "score"],
          ["=1.png", "@a", -2], ["\\t=2.png", "＝3", null], ['a "b",c', "-x", 0.1 + 0.2]];
        const model = new anomalylab.Model({ list_name: "l.csv" });
        model.on("change:wants", () => model.update({ listed: { wants: 1, rows } }));
        document.body.replaceChildren();
        anomalylab.gallery.render({ model, el: document.body });
        """
    )
    assert saved(opened)[0].decode("utf-8-sig") == (
        'image_path,note,score\n./=1.png,\'@a,-2\n./\t=2.png,\'＝3,\n"a ""b"",c",\'-x,0.3\n'
    )


def test_arrow_keys_move_the_threshold_and_reset_brings_it_back(opened, run):
    from selenium.webdriver import Keys

    press(opened, "[role=slider]", Keys.PAGE_UP, Keys.ARROW_LEFT)
    assert shown_threshold(opened) > run.threshold(NAME)
    assert shown_counts(opened) == expected_counts(run, shown_threshold(opened))
    find(opened, ".al-where button").click()
    assert shown_threshold(opened) == pytest.approx(run.threshold(NAME))


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


def test_the_gallery_is_ordered_by_score_and_filters_by_kind_column_and_name(opened, run):
    scores = run.scores(NAME)["score"]
    shown = [int(card.get_attribute("data-id")) for card in find_all(opened, ".al-card")]
    assert shown == list(np.argsort(-scores.to_numpy(), kind="stable")[:24])
    find(opened, "[data-column=camera]").send_keys("left")
    is_left = run.queries["camera"] == "left"
    assert len(find_all(opened, ".al-card")) == is_left.sum()
    find(opened, "[data-search]").send_keys("image_015")
    assert texts(opened, ".al-card .al-file") == ["image_015.png"]
    find(opened, "[data-filter=misses]").click()
    assert "No image passes" in find(opened, ".al-gallery").text


def test_nothing_is_selected_at_first_and_after_a_threshold_moved(opened):
    from selenium.webdriver import Keys

    assert not find_all(opened, ".al-is-selected")
    press(opened, "[role=slider]", Keys.PAGE_UP)
    assert not find_all(opened, ".al-is-selected")


def test_a_selection_in_the_embedding_filters_the_gallery_and_marks_the_histogram(opened, run):
    find(opened, "[data-shape=box]").click()
    drag(opened, ".al-embedding-plot", [(0, -10), (60, -60), (150, -190)])
    selected = len(find_all(opened, ".al-embedding-plot circle.al-is-selected"))
    assert 0 < selected < len(run.queries)
    assert len(find_all(opened, ".al-card")) == min(selected, 24)
    assert len(find_all(opened, ".al-bricks .al-is-selected")) == selected
    assert f"{selected} image" in find(opened, ".al-selected").text
    find(opened, "[data-detector=knn]").click()
    assert len(find_all(opened, ".al-bricks .al-is-selected")) == selected
    find(opened, ".al-selected button").click()
    assert len(find_all(opened, ".al-card")) == 24


def test_a_threshold_that_was_moved_survives_a_change_of_detector(opened, run):
    from selenium.webdriver import Keys

    press(opened, "[role=slider]", Keys.PAGE_UP)
    moved = shown_threshold(opened)
    find(opened, "[data-detector=knn]").click()
    assert shown_threshold(opened) == pytest.approx(run.threshold("knn"))
    assert shown_counts(opened) == expected_counts(run, run.threshold("knn"), "knn")
    find(opened, f"[data-detector={NAME}]").click()
    assert shown_threshold(opened) == moved


def test_a_click_enlarges_arrows_step_and_escape_returns(opened):
    from selenium.webdriver import ActionChains, Keys

    find(opened, ".al-card-face").click()
    names = texts(opened, ".al-card .al-file")
    assert find(opened, "dialog[open] h3").text == names[0]
    assert len(find_all(opened, "dialog .al-picture")) == 2
    assert len(find_all(opened, "dialog rect.al-cell")) == 2
    ActionChains(opened).send_keys(Keys.ARROW_RIGHT).perform()
    assert find(opened, "dialog[open] h3").text == names[1]
    ActionChains(opened).send_keys(Keys.ESCAPE).perform()
    assert find_all(opened, "dialog[open]") == []


def test_maps_are_painted_where_the_defect_is_and_follow_the_opacity(opened):
    from selenium.webdriver import Keys

    alpha = """
      const canvas = document.querySelector(".al-card canvas");
      const at = (x, y) => canvas.getContext("2d").getImageData(x, y, 1, 1).data[3];
      return [at(115, 75), at(20, 180)];
    """
    inside, outside = opened.execute_script(alpha)
    assert inside > 100
    assert outside == 0
    press(opened, "[data-opacity]", Keys.HOME)
    opacity = "return getComputedStyle(document.querySelector('.al-card canvas')).opacity"
    assert float(opened.execute_script(opacity)) == 0


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


def test_enlarging_shows_the_image_or_says_that_it_is_a_thumbnail(browser, large):
    from selenium.webdriver import Keys

    run, page = large
    fresh(browser, page)
    kept = run.table("enlarged").set_index("sample_id")["width"].to_dict()
    seen = set()
    find(browser, ".al-card-face").click()
    for _ in range(60):
        name = find(browser, ".al-dialog h3").text
        width = kept.get(name, 192)
        own = find(browser, ".al-dialog figure")
        picture = own.find_element("css selector", "img")
        assert int(picture.get_property("naturalWidth")) == width
        assert own.find_element("css selector", "canvas").get_property("width") == width
        words = f"thumbnail of 192 px; the file is {name}"
        assert (words in own.text) == (name not in kept)
        assert own.get_attribute("class") == ("al-is-large" if name in kept else "")
        seen.add(name)
        press(browser, ".al-dialog h3", Keys.ARROW_RIGHT)
    assert seen == set(run.queries["sample_id"])


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


def test_the_first_images_open_beside_their_nearest_where_scripts_run(opened, run):
    find(opened, "#al-first-3 a").click()
    expected = suspects(run, NAME).iloc[2]
    assert find(opened, ".al-dialog h3").text == run.queries["sample_id"][expected.name]


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

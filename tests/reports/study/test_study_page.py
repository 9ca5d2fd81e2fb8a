"""The page of a study: words from intervals, data that scripts read, and the page in a browser."""

import base64
import json
import re

import numpy as np
import pytest
from pages import find, find_all, flat, fresh, press, requests, texts, width_in
from study_tables import CATEGORIES, study_tables

from anomalylab.datasets.pollute import planted
from anomalylab.errors import RunError
from anomalylab.metrics.in_studies import axis_floor
from anomalylab.reports import study as parts
from anomalylab.reports.kit.page import write_page
from anomalylab.reports.study.payload import payload
from anomalylab.studies.opened import Study, StudyData
from anomalylab.studies.overlap import overlaps
from anomalylab.studies.removal import removals
from anomalylab.studies.sentences import (
    _at_what_price,
    _others,
    mending,
    of_detectors,
    removing,
    sentence,
)


def opened(tables, protocol="replace"):
    own = (tables.cells, tables.metrics, tables.scores, tables.samples, tables.thumbnails)
    return parts.Findings(Study(StudyData(*own, protocol), "made-up <study>"))


@pytest.fixture(scope="module")
def found():
    return opened(study_tables())


def test_the_headline_tells_of_decisions_that_collapse_behind_a_ranking(found):
    said = sentence(found)
    assert "With 20\u202f% of the training images defective, knn" in said
    effect = found.of_pollution["knn"]["recall_at_5"]
    assert effect.is_certain
    assert f"{effect.after:.0%}".replace("%", "\u202f%") in said
    assert "AUROC 0.916 instead of 0.995" in said


def test_each_detector_is_told_of_with_intervals(found):
    told = dict(of_detectors(found))
    assert set(told) == {"knn", "patchcore"}
    assert "within chance" in told["knn"]
    assert "points to" in told["knn"]


def test_strategies_that_mend_are_named_with_what_perfect_removal_reaches(found):
    knn, patchcore = mending(found)
    assert "sroc (leave_out=group)" in knn
    assert "from 20\u202f% to 89\u202f%" in knn
    assert "exactly the defects removed: 89\u202f%" in patchcore
    assert "random" not in knn


def test_a_gain_is_told_with_the_false_alarms_that_it_costs(found):
    (best, *_), (detector, *_) = found.mended("knn", "recall_at_5"), found.study.detectors
    assert detector == "knn"
    assert best.false_alarms is not None
    dearer = best.false_alarms._replace(before=0.02, after=0.21, low=0.1, high=0.3)
    assert _at_what_price(dearer) == ", and false alarms from 2\u202f% to 21\u202f%"
    maybe = _at_what_price(dearer._replace(low=-0.1))
    assert maybe == ", and false alarms from 2\u202f% to 21\u202f%, which may be chance"
    assert _at_what_price(dearer._replace(after=0.01)) == _at_what_price(None) == ""


def test_of_many_strategies_that_mend_few_are_named():
    assert _others([]) == ""
    assert _others(["stoc"]) == " So does stoc."
    assert _others(["a", "b", "c", "d"]) == " So do a, b, c and d."
    assert _others(["a", "b", "c", "d", "e"]) == " So do a, b, c and 2 others."


def test_where_all_is_within_chance_the_page_says_that_it_cannot_tell():
    """The same numbers at every share of pollution and of removal."""
    tables = study_tables(("part",))
    clean = tables.scores[
        (tables.scores["study"] == "pollution") & (tables.scores["pollution"] == 0)
    ]
    by_image = clean[clean["role"] == "test"].drop_duplicates(["detector", "sample_id"])
    by_image = by_image.set_index(["detector", "sample_id"])
    test = tables.scores["role"] == "test"
    rows = tables.scores.loc[test].set_index(["detector", "sample_id"]).index
    for name in ("score", "is_beyond_5", "is_beyond_1"):
        tables.scores.loc[test, name] = by_image.loc[rows, name].to_numpy()
    values = tables.metrics[tables.metrics["pollution"] == 0].groupby(["detector", "metric"])
    same = values["value"].mean()
    kept = tables.metrics[~tables.metrics["metric"].str.startswith("refinement")]
    index = kept.set_index(["detector", "metric"]).index
    tables.metrics = kept.assign(value=same.loc[index].to_numpy())
    found = opened(tables)
    assert "nothing can be told" in sentence(found)
    assert all("for certain" in one or "cannot be told" in one for one in mending(found))


def test_a_ranking_no_better_than_chance_is_said_to_be_blind():
    tables = study_tables()
    is_sroc = tables.cells["strategy"].str.startswith("sroc")
    expected = tables.cells["n_removed"] * tables.cells["n_polluted"] // tables.cells["n_train"]
    tables.cells.loc[is_sroc, "n_removed_polluted"] = expected[is_sroc]
    told = " ".join(removing(opened(tables)))
    assert "no more defects than chance" in told
    assert "cannot tell which training images are defective" in told


def test_chance_of_removals_is_hypergeometric(found):
    """One category, one draw: 8 of 40 defective, 8 removed, at least 4 found."""
    cells = found.study.tables.cells
    one = cells[
        (cells["category"] == "part")
        & (cells["strategy"] == "random")
        & (cells["reject"] == 0.2)
        & (cells["seed"] == 0)
    ].assign(n_removed_polluted=4)
    from math import comb

    expected = sum(comb(8, k) * comb(32, 8 - k) for k in range(4, 9)) / comb(40, 8)
    assert removals(one, 0.2, 0.2)[0].p_value == pytest.approx(expected)


def test_an_overlap_of_training_and_test_images_is_told_with_what_it_changes():
    tables = study_tables(protocol="append-overlap")
    found = opened(tables, "append-overlap")
    of = overlaps(tables.scores)[0]
    html = flat(parts.headline(found).html)
    assert "append-overlap" in html
    assert f"without them {of.auroc_without:.3f}" in html
    assert overlaps(study_tables(("part",)).scores) == []


def test_painted_defects_are_said_to_be_painted():
    tables = study_tables(("part",))
    is_pool = tables.samples["kind"] == "pool"
    tables.samples.loc[is_pool, "defect_type"] = "synthetic:scratch"
    assert planted.words(tables.samples)
    assert planted.words(tables.samples) in flat(parts.headline(opened(tables)).html)


def test_failed_cells_are_counted_with_their_reason_escaped():
    key = ("part", "pollution", "knn", 0.2, "none", "", 0.0, 1)
    html = parts.headline(opened(study_tables(("part",), failed=[key]))).html
    assert "1 training set of" in html
    assert "too few &lt;images&gt;" in html


def test_a_study_without_a_cell_is_refused():
    tables = study_tables(("part",))
    none = (tables.cells, tables.metrics.head(0), tables.scores)
    empty = StudyData(*none, tables.samples, tables.thumbnails)
    with pytest.raises(RunError, match="no cell"):
        Study(empty)


def test_sets_of_the_data_are_those_of_the_tables(found):
    data = payload(found)
    images = np.array([image["id"] for image in data["images"]])
    of_image = np.array([image["category"] for image in data["images"]])
    scores = found.study.tables.scores
    for cell in data["cells"][:: len(data["cells"]) // 7]:
        pair = data["strategies"][cell["strategy"]] if cell["strategy"] >= 0 else None
        rows = scores[
            (scores["category"] == data["categories"][cell["category"]])
            & (scores["study"] == ["pollution", "refinement"][cell["study"]])
            & (scores["detector"] == data["detectors"][cell["detector"]]["name"])
            & (scores["strategy"] == (pair["strategy"] if pair else "none"))
            & (scores["scorer"] == (pair["scorer"] if pair else ""))
            & (scores["pollution"] == cell["pollution"])
            & (scores["reject"] == cell["reject"])
            & (scores["seed"] == cell["seed"])
        ]
        own = images[of_image == cell["category"]]
        tested = rows[rows["role"] == "test"]
        expected = [rows.loc[rows["role"] == role, "sample_id"] for role in ("train", "removed")]
        expected += [tested["sample_id"]]
        expected += [tested.loc[tested[f"is_beyond_{at}"], "sample_id"] for at in (1, 5)]
        for number, ids in zip(cell["sets"], expected, strict=True):
            bits = np.frombuffer(base64.b64decode(data["sets"][number]), np.uint8)
            is_in = np.unpackbits(bits, bitorder="little", count=len(own)).astype(bool)
            assert set(own[is_in]) == set(ids)


def test_points_of_the_data_are_means_over_all_products_and_of_each(found):
    data = payload(found)
    table = found.study.tables.metrics
    wanted = {"study": 0, "detector": 0, "pollution": 0.2, "strategy": -1}
    for category in (-1, 0, 1):
        point = next(
            p
            for p in data["points"]
            if p["category"] == category and all(p[k] == v for k, v in wanted.items())
        )
        rows = table[
            (table["study"] == "pollution")
            & (table["detector"] == "knn")
            & (table["pollution"] == 0.2)
            & (table["metric"] == "auroc")
        ]
        if category >= 0:
            rows = rows[rows["category"] == data["categories"][category]]
        assert point["values"]["auroc"][0] == pytest.approx(rows["value"].mean(), abs=1e-5)


def test_data_of_a_page_cannot_end_its_script(found):
    html = parts.explorer(found).html
    data = re.search(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)[1]
    assert "<" not in data
    assert json.loads(data)["categories"] == sorted(CATEGORIES)
    assert "<b>odd" not in html


def test_values_are_told_with_both_deviations(found):
    html = flat(parts.values(found).html)
    point = found.study.points.query(
        "study == 'pollution' and detector == 'knn' and pollution == 0.2 and metric == 'auroc'"
    ).iloc[0]
    around = f"± {point['deviation']:.3f}, ± {point['deviation_of_mean']:.3f}"
    assert f"{point['value']:.3f}" in html
    assert around in html


def test_too_few_products_to_tell_strategies_apart_are_told_so(found):
    html = flat(parts.standing(found).html)
    assert "no two strategies can be told apart" in html
    assert "too few to tell any two apart" in html


def test_a_study_of_pollution_alone_has_no_section_on_strategies():
    tables = study_tables(("part",))
    for name in ("cells", "metrics", "scores"):
        table = getattr(tables, name)
        setattr(tables, name, table[table["study"] == "pollution"])
    found = opened(tables)
    assert "al-nothing" in parts.standing(found).html
    assert mending(found) == []
    assert "What does removing images mend" not in parts.explorer(found).html
    assert sentence(found)
    assert parts.values(found).html.count("<details") == 1


@pytest.fixture(scope="module")
def page(found, tmp_path_factory):
    out = tmp_path_factory.mktemp("study") / "page.html"
    sections = [
        ("# Question", parts.headline(found)),
        ("## Curves", parts.explorer(found)),
        ("## Strategies", parts.standing(found)),
        ("## Values", parts.values(found)),
    ]
    return write_page(sections, out, name=found.study.name)


OPEN = """
const points = [...document.querySelectorAll(".al-three figure:nth-child(2) .al-point")];
points[arguments[0]].dispatchEvent(new MouseEvent("click", {bubbles: true}));
"""


def test_a_point_opens_the_images_that_are_missed_there(browser, page, found):
    fresh(browser, page)
    browser.execute_script(OPEN, 2)  # knn at the highest pollution, the first line
    assert texts(browser, ".al-opened-title")[0].startswith("knn, 20\u202f% of the training images")
    scores = found.study.tables.scores
    rows = scores[
        (scores["study"] == "pollution")
        & (scores["detector"] == "knn")
        & (scores["pollution"] == 0.2)
        & (scores["role"] == "test")
        & (scores["label"] == 1)
        & ~scores["is_beyond_5"]
    ]
    missed = rows["sample_id"].value_counts()
    badge = texts(browser, "[data-group=missed] .al-badge")[0]
    assert int(badge) == len(missed)
    shown = texts(browser, ".al-opened .al-card-words i")
    assert shown[0] == f"{missed.max()} of 3"
    assert [url for url in requests(browser) if not url.startswith("file:")] == []


def test_axes_of_scripts_begin_where_those_of_python_do(browser, page, found):
    fresh(browser, page)
    points = found.study.points
    rows = points[(points["study"] == "pollution") & (points["metric"] == "auroc")]
    lowest = axis_floor("auroc", float((rows["value"] - rows["deviation"]).min()))
    marks = texts(browser, ".al-three figure:first-child text[text-anchor=end]")
    assert min(float(mark) for mark in marks if re.fullmatch(r"[\d.]+", mark)) == lowest


def test_sliders_move_marks_and_tables(browser, page, found):
    fresh(browser, page)
    points = found.study.points

    def shown():
        return texts(browser, ".al-three ~ div:last-child tbody tr:first-child td")[0]

    def expected(level):
        row = points[
            (points["study"] == "pollution")
            & (points["detector"] == "knn")
            & (points["pollution"] == level)
            & (points["metric"] == "auroc")
        ].iloc[0]
        return f"{row['value']:.3f} ± {row['deviation']:.3f}"

    assert shown() == expected(0.2)
    press(browser, ".al-share input", "\ue012")  # arrow to the left
    assert shown() == expected(0.1)
    places = (
        "return [...document.querySelectorAll('.al-three .al-mark')].map(e => e.getAttribute('d'))"
    )
    assert len(set(browser.execute_script(places))) >= 1


def test_a_table_opens_what_a_strategy_removed(browser, page, found):
    fresh(browser, page)
    buttons = find_all(browser, ".al-two ~ div button")
    browser.execute_script("arguments[0].click()", buttons[0])
    title = texts(browser, ".al-opened-title")[0]
    assert "20\u202f% removed by sroc (leave_out=group)" in title
    cells = found.study.tables.cells
    rows = cells[
        (cells["study"] == "refinement")
        & (cells["detector"] == "knn")
        & (cells["scorer"] == "knn")
        & (cells["reject"] == 0.2)
    ]
    assert rows["n_removed_polluted"].sum() > 0
    counts = {
        group: int(texts(browser, f"[data-group={group}] .al-badge")[0])
        for group in ("removed-defective", "removed-good", "left-defective")
    }
    scores = found.study.tables.scores.merge(rows[["category", "seed"]], on=["category", "seed"])
    removed = scores[
        (scores["study"] == "refinement")
        & (scores["detector"] == "knn")
        & (scores["scorer"] == "knn")
        & (scores["reject"] == 0.2)
        & (scores["role"] == "removed")
    ]
    by_label = removed.drop_duplicates("sample_id")["label"].value_counts()
    assert counts["removed-defective"] == by_label.get(1, 0)
    assert counts["removed-good"] == by_label.get(0, 0)
    find(browser, ".al-opened .al-card button").click()
    assert find(browser, ".al-opened dialog").get_attribute("open") is not None


def test_the_page_fits_a_phone_and_logs_nothing(browser, page):
    fresh(browser, page)
    assert width_in(browser, 400) <= 400
    assert [e for e in browser.get_log("browser") if e["level"] == "SEVERE"] == []


def test_without_scripts_curves_and_missed_images_are_there(browser, page):
    fresh(browser, page, is_scripted=False)
    try:
        assert len(find_all(browser, ".al-still svg")) >= 6
        assert find(browser, ".al-still .al-suspects img").is_displayed()
        assert find(browser, ".al-verdict-sentence").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

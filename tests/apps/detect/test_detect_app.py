"""Live views: what they show follows what is set."""

import json
import re
import socket
from html import escape

import holoviews as hv
import numpy as np
import pandas as pd
import pytest
from fakes import fake_run

from anomalylab.apps import serve
from anomalylab.apps.detect import words
from anomalylab.apps.detect.app import DetectApp
from anomalylab.apps.detect.gallery_cell import GalleryCell
from anomalylab.apps.detect.judgements import judgements, outcomes
from anomalylab.apps.detect.state import ALL, BY_HAND, ORDERS, DetectState
from anomalylab.apps.kit.controls import address_words
from anomalylab.apps.kit.safe_cell import safe_bundle
from anomalylab.errors import ParameterError, RunError, UnknownNameError
from anomalylab.metrics import recall_by_type
from anomalylab.number_words import few_digits
from anomalylab.runs.displayed import bulk_behind
from anomalylab.runs.files import list_files
from anomalylab.runs.folder import Run
from anomalylab.runs.suspects import suspects


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return fake_run(tmp_path_factory.mktemp("runs") / "fake")


@pytest.fixture
def state(run):
    return DetectState(run)


@pytest.fixture
def app(run):
    return DetectApp(run)


def test_judgements_are_ordered_worst_first_and_know_their_map(run):
    table = judgements(run, "knn")
    assert table["score"].is_monotonic_decreasing
    ids = run.queries["sample_id"].to_numpy()
    assert list(ids[table["row"]]) == list(table["sample_id"])


def test_outcomes_name_what_a_threshold_makes_of_each_image():
    table = pd.DataFrame({"score": [3.0, 2.0, 1.0, 0.0], "label": [1, 0, 1, 0]})
    assert list(outcomes(table, 2.0)) == ["found", "false alarm", "missed", "passed"]


def test_images_without_a_label_are_above_or_below(tmp_path):
    run = fake_run(tmp_path / "fake", is_labelled=False)
    table = judgements(run, "knn")
    assert set(outcomes(table, table["score"].median())) == {"above", "below"}
    assert DetectState(run).param["show"].objects == [ALL, "above", "below"]


def test_without_labels_the_number_by_chance_follows_the_threshold(tmp_path, state):
    run = fake_run(tmp_path / "fake", is_labelled=False)
    unlabelled = DetectState(run)
    bulk = bulk_behind(run, unlabelled.detector)
    assert unlabelled.expected_by_chance == pytest.approx(36 * 0.5 / 12)  # as the run states it
    for threshold in (2.1, 1.5):
        unlabelled.threshold = threshold
        expected = 36 * bulk.p_value([threshold])[0]
        assert unlabelled.expected_by_chance == pytest.approx(expected)
        assert f"About <b>{few_digits(expected)}</b> by chance" in words.counts_words(unlabelled)
    assert state.expected_by_chance is None
    assert "by chance" not in words.counts_words(state)


def test_the_view_starts_at_the_threshold_of_the_run(state, run):
    assert state.threshold == pytest.approx(run.threshold(state.detector))
    assert not state.is_by_hand


def test_another_detector_brings_its_own_threshold_and_keeps_the_image(state, run):
    before = state.sample_id
    state.detector = "knn"
    assert state.threshold == pytest.approx(run.threshold("knn"))
    assert state.sample_id == before


def test_the_histogram_goes_to_the_threshold_wherever_it_stands(run):
    app = DetectApp(run)
    for threshold in (-5.0, 50.0, 3.0):
        app.state.threshold = threshold
        shown = hv.renderer("bokeh").get_plot(app.histogram()).state.x_range
        assert shown.start < threshold < shown.end


def test_a_threshold_dragged_out_of_the_histogram_stays_at_its_end(run):
    app = DetectApp(run)
    low, high, _ = app.state.axis
    app._point_out(1e9, 0)
    assert app.state.threshold == pytest.approx(high)
    app._point_out(-1e9, 0)
    assert app.state.threshold == pytest.approx(low)


def test_a_rule_sets_the_threshold_and_a_moved_threshold_is_by_hand(state):
    state.rule = "quantile of left-out images"
    assert state.threshold == pytest.approx(1.8)
    state.threshold = 1.9
    assert state.rule == BY_HAND
    assert "chosen on these images" in words.counts_words(state)
    state.threshold = 1.8
    assert state.rule == "quantile of left-out images"
    assert "chosen on these images" not in words.counts_words(state)


def test_a_threshold_of_the_run_says_how_many_good_images_lie_beyond_it(state):
    """The run states half an image in 12; of the good ones here as large a share."""
    n_good = int((state.table["label"] == 0).sum())
    here = few_digits(0.5 * n_good / 12)
    told = (
        f"Of 12 good images about 0.5 lie beyond it, of the {n_good} good ones here about {here}."
    )
    assert told in words.counts_words(state)
    state.threshold = 1.9
    assert "good ones here about" not in words.counts_words(state)


def test_a_rule_that_was_chosen_stays_where_another_has_the_same_threshold(state, monkeypatch):
    twins = state.run.thresholds(state.detector).assign(value=2.2)
    monkeypatch.setattr(state.run, "thresholds", lambda *args: twins)
    state.rule = "quantile of left-out images"
    assert (state.rule, state.threshold) == ("quantile of left-out images", pytest.approx(2.2))
    state.threshold = 1.9
    state.threshold = 2.2
    assert state.rule == "curve fitted to most images"


def test_moving_the_threshold_changes_what_is_listed(state):
    state.show = "found"
    before = len(state.listed())
    state.threshold = float(state.table["score"].max())
    assert 1 == len(state.listed()) < before


def test_values_of_one_column_are_alternatives_and_columns_add_up(state):
    state.where = ["camera = left"]
    left = set(state.listed()["sample_id"])
    state.where = ["camera = left", "camera = right"]
    assert left < set(state.listed()["sample_id"]) == set(state.table["sample_id"])
    state.where = ["camera = left", "defect_type = square"]
    assert (state.listed()[["camera", "defect_type"]] == ["left", "square"]).all(axis=None)


def test_a_property_that_holds_markup_is_offered_as_text_and_filters(tmp_path):
    folder = fake_run(tmp_path / "fake").folder
    samples = pd.read_parquet(folder / "samples.parquet")
    samples["<i>"] = samples["camera"].replace("left", "<img src=x onerror=alert(1)>")
    samples.to_parquet(folder / "samples.parquet")
    list_files(folder)
    state = DetectState(Run(folder))
    offered = [option for option in state.param["where"].objects if "img" in option]
    assert offered == ["‹i› = ‹img src=x onerror=alert(1)›"]
    state.where = offered
    assert set(state.listed()["camera"]) == {"left"}


def test_a_name_is_found_by_any_part_of_it_as_written(state):
    state.find = "E_02"
    assert set(state.listed()["sample_id"]) == {f"image_{i:03d}.png" for i in range(20, 30)}
    state.find = ".*"
    assert state.listed().empty
    assert "Show all images" in words.listed_words(state, 0)
    state.clear_filters()
    assert len(state.listed()) == len(state.table)


def test_images_nearest_to_the_threshold_can_come_first(state):
    state.order = ORDERS[1]
    distances = (state.listed()["score"] - state.threshold).abs()
    assert distances.is_monotonic_increasing


def test_an_address_is_taken_up_whole_whatever_its_order(state):
    state.param.update(threshold=3.25, detector="knn")
    assert (state.detector, state.threshold) == ("knn", 3.25)


def test_what_an_address_asks_in_vain_is_named_and_the_rest_shown(state):
    state.set_from_address({"detector": "<b>", "show": "missed", "threshold": "high"})
    assert state.skipped == ["detector", "threshold"]
    assert state.show == "missed"
    assert "detector, threshold" in address_words(state)


def test_a_number_in_an_address_may_be_a_name(state):
    state.set_from_address({"find": 7})
    assert state.find == "7"


def test_rates_come_with_their_interval(state):
    state.threshold = float(state.table["score"].max()) + 1
    text = words.counts_words(state)
    assert "<b>6</b> missed" in text
    assert "<b>0</b> false alarms" in text
    assert "False alarms <b>0</b> per 1 000 good parts" in text
    assert "(0 to 185)" in text  # 1 - 0.025 ** (1 / 18), by hand


def test_the_recall_of_each_type_follows_the_threshold(state):
    queries = state.run.queries
    defective = (queries["label"] == 1).to_numpy()
    scores = state.run.scores(state.detector)["score"].to_numpy()[defective]
    state.threshold = float(np.sort(scores)[2])
    found = recall_by_type(queries["defect_type"].to_numpy()[defective], scores, state.threshold)
    assert found["n_found"].sum() == 4
    text = words.counts_words(state)
    assert "<i>dent" not in text
    for row in found.itertuples():
        cell = f"{escape(row.defect_type)}</th><td>{row.n_found} of {row.n_images}</td>"
        assert f"{cell}<td>{100 * row.recall:.3g} %" in text


def test_a_selection_in_the_embedding_filters_the_gallery(app):
    app._selection.event(index=[0, 3])
    in_order_of_maps = app.state.table.set_index("row")["sample_id"]
    assert {item["id"] for item in app.gallery.items} == set(in_order_of_maps[[0, 3]])
    assert "2 chosen" in app.gallery.caption
    app._selection.event(index=[5])
    assert app.state.sample_id == in_order_of_maps[5]


def test_a_tap_in_the_histogram_moves_the_threshold(app):
    app._point_out(x=4.5, y=1.0)
    assert app.state.threshold == 4.5
    assert app.line().data == 4.5


def test_a_click_in_the_gallery_shows_an_image_large(app):
    second = app.gallery.items[1]["id"]
    app.gallery.active = second
    assert app.state.sample_id == second


def test_the_gallery_has_pages_and_starts_anew_when_filtered(tmp_path):
    app = DetectApp(fake_run(tmp_path / "fake", n_query=24 + 3))
    assert (len(app.gallery.items), app.gallery.n) == (24, 24 + 3)
    app.gallery.page = 1
    assert len(app.gallery.items) == 3
    app.state.show = "found"
    assert app.gallery.page == 0


def test_pictures_are_sent_again_only_when_they_change(app):
    before = app.gallery.sources
    app.state.threshold *= 1.01
    assert app.gallery.sources == before
    app.state.opacity = 0
    assert app.gallery.sources != before


def test_the_app_builds_every_view_and_escapes_names(app):
    app.state.sample_id = app.run.queries["sample_id"].iloc[0]
    page = app.page()
    assert page.get_root() is not None
    app.state.detector = "knn"
    assert len(app.histogram()[()]) == 3  # two classes and the threshold
    strange = "<script>alert(1)</script>.png"
    app.state.param["sample_id"].objects = [strange]
    app.state.table.loc[0, "sample_id"] = strange
    app.state.sample_id = strange
    assert "<script>" not in words.picture_words(app.state, "")


def test_a_run_without_labels_or_embedding_is_drawn(tmp_path):
    run = fake_run(tmp_path / "fake", is_labelled=False)
    assert DetectApp(run).page().get_root() is not None
    for name in ("files.json", "embedding.parquet"):  # as in an older run
        (run.folder / name).unlink()
    app = DetectApp(Run(run.folder))
    assert "no embedding" in app.embedding().object
    assert app.page().get_root() is not None


def test_an_app_or_a_run_that_is_missing_is_said_before_anything_is_served(tmp_path):
    with pytest.raises(UnknownNameError, match="detect"):
        serve("detct", tmp_path)
    with pytest.raises(RunError, match="holds no finished run"):
        serve("detect", tmp_path)


def test_a_port_that_is_taken_is_said_in_a_line(run):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(ParameterError, match="choose another with --port"):
            serve("detect", run.folder, port=other.getsockname()[1], show=False)


def test_the_gallery_of_a_cell_follows_its_slider(run):
    cell = GalleryCell(run)
    scores = run.scores(run.detectors[0])["score"]
    pictures = cell.gallery.sources
    cell.threshold.value = cell.threshold.max
    shown = [(item["score"], item["is_above"]) for item in cell.gallery.items]
    highest = scores.sort_values(ascending=False).head(24)
    assert shown == [(f"{score:.3g}", bool(score >= cell.state.threshold)) for score in highest]
    assert cell.gallery.sources == pictures


def test_apps_and_cells_hand_out_the_list_that_is_shown(run):
    app, cell = DetectApp(run), GalleryCell(run)
    app.state.param.update(detector="knn", find="image_01")
    app.gallery.wants += 1
    head, *rows = app.gallery.listed["rows"]
    table = suspects(run, "knn")
    table = table[table["image_path"].str.contains("image_01")]
    assert app.gallery.listed["wants"] == 1
    assert head == list(table)
    assert 0 < len(rows) < len(run.queries)
    pd.testing.assert_frame_equal(
        pd.DataFrame(rows, columns=head), table.reset_index(drop=True), check_dtype=False
    )
    cell.threshold.value = cell.threshold.max
    cell.gallery.wants += 1
    shown = pd.DataFrame(cell.gallery.listed["rows"][1:], columns=head)
    assert len(shown) == len(run.queries)
    assert list(shown["is_beyond"]) == list(shown["score"] >= cell.state.threshold)


def test_the_gallery_of_a_cell_changes_detector(run):
    cell = GalleryCell(run)
    cell.detector.value = "knn"
    assert cell.threshold.value == pytest.approx(run.threshold("knn"), rel=0.01)


def test_the_rounding_of_a_slider_is_no_choice(run):
    cell = GalleryCell(run)
    cell.threshold.value += 0.3 * cell.threshold.step
    assert not cell.state.is_by_hand
    cell.threshold.value += 3 * cell.threshold.step
    assert cell.state.is_by_hand


def test_a_name_cannot_end_the_script_that_a_cell_holds():
    name = 'a"b</script><script>alert(1)</script>é'
    html = f"<script>var docs = {json.dumps(name)};</script>"
    (safe,) = safe_bundle({"text/html": html}, {name}).values()
    assert safe.count("<script>") == safe.count("</script>") == 1
    (written,) = re.findall(r"var docs = (.*);</script>", safe)
    assert json.loads(written) == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("chosen", [99999999]),
        ("chosen", [-1]),
        ("chosen", [True]),
        ("chosen", 7),
        ("chosen", [[1]]),
        ("threshold", float("inf")),
        ("threshold", float("nan")),
        ("threshold", 1e308),
        ("threshold", True),
        ("opacity", float("nan")),
        ("detector", []),
        ("where", 7),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_and_named(state, name, value):
    before = getattr(state, name)
    with pytest.raises((ValueError, TypeError)):
        state.param.update(**{name: value})
    state.set_from_address({name: value})
    assert state.skipped == [name]
    assert getattr(state, name) == before
    assert len(state.listed())

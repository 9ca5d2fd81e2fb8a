"""Parts of the page, without a browser."""

import io
import json
import re
from dataclasses import replace

import fakes
import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageColor

from anomalylab.datasets.textures import make_textures
from anomalylab.errors import UnknownNameError
from anomalylab.pictures import map_colours
from anomalylab.pictures.colours import MAP_RAMPS
from anomalylab.reports import detect
from anomalylab.reports.detect.payload import bulk_curve, payload
from anomalylab.reports.kit.charts import Line, free_corner
from anomalylab.reports.kit.fragment import FOLDER, json_for_script
from anomalylab.reports.kit.metric_table import best_of
from anomalylab.reports.parts.verdict import warnings
from anomalylab.runs.detect import run as detect_run
from anomalylab.runs.displayed import bulk_behind, map_bytes
from anomalylab.runs.folder import Run
from anomalylab.runs.info import FindingInfo
from anomalylab.runs.request import DetectorChoice, DetectRequest
from anomalylab.verdicts.bulk import fit_bulk


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return fakes.fake_run(tmp_path_factory.mktemp("run") / "labelled")


@pytest.fixture(scope="module")
def unlabelled(tmp_path_factory):
    return fakes.fake_run(tmp_path_factory.mktemp("run") / "unlabelled", is_labelled=False)


PARTS = ["verdict", "first", "explorer", "curves", "comparison", "provenance"]


@pytest.mark.parametrize("part", PARTS)
def test_every_part_shows_itself_in_a_cell_with_all_it_needs(run, unlabelled, part):
    for finished in (run, unlabelled):
        html = getattr(detect, part)(finished)._repr_html_()
        assert html.count("<style>") > 0
        assert "<script>alert" not in html
        assert "http://" not in html.replace("http://www.w3.org/2000/svg", "")
        assert "https://" not in html


def test_the_explorer_refuses_a_detector_the_run_lacks(run):
    with pytest.raises(UnknownNameError, match="did you mean 'patchcore'"):
        detect.explorer(run, "patchcor")


def test_data_cannot_end_the_script_they_stand_in():
    text = json_for_script(["</script><script>alert(1)</script>", "<!--", "a & b"])
    assert "<" not in text
    assert json.loads(text) == ["</script><script>alert(1)</script>", "<!--", "a & b"]


def test_the_payload_lists_queries_first_and_only_neighbours_that_are_used(run):
    data = payload(run)
    ids = [image["id"] for image in data["images"]]
    queries = list(run.queries["sample_id"])
    used = set(run.table("neighbours")["neighbour_id"])
    assert ids[: data["nQueries"]] == queries
    assert set(ids) == set(queries) | used
    for name in run.detectors:
        rows = run.table("neighbours").query("detector == @name").set_index("sample_id")
        for query, neighbour in zip(queries, data["detectors"][name]["neighbours"], strict=True):
            assert ids[neighbour["image"]] == rows.loc[query, "neighbour_id"]


def test_the_default_threshold_comes_first_in_the_payload(run):
    for name, detector in payload(run)["detectors"].items():
        assert detector["thresholds"][0]["isDefault"]
        assert detector["thresholds"][0]["value"] == run.threshold(name)


@pytest.mark.parametrize("n_images", [30, 200])
def test_the_curve_of_the_bulk_holds_as_many_images_as_it_was_fitted_to(rng, n_images):
    scores = rng.gamma(20, 0.1, n_images)
    x, per_unit = np.transpose(bulk_curve(fit_bulk(scores), scores.min()))
    assert np.trapezoid(per_unit, x) == pytest.approx(n_images, rel=0.1)


def test_a_page_has_the_bulk_that_the_threshold_of_its_run_comes_from(rng, tmp_path):
    data = tmp_path / "images"
    make_textures(data, category="brick", n_train=30, n_test_good=1, n_test_defect=1, size=64)
    request = DetectRequest(
        data=data / "brick" / "train" / "good",
        detectors=(DetectorChoice(name="knn"),),
        size=(64, 64),
    )
    finished = detect_run(request, tmp_path / "run")
    row = finished.thresholds("knn").iloc[0]
    assert row["method"] == "bulk"
    expected = 30 * bulk_behind(finished, "knn").p_value(np.array([row["value"]]))[0]
    assert expected == pytest.approx(row["expected_false"], rel=1e-9)
    scores = finished.scores("knn")
    p_values = bulk_behind(finished, "knn").p_value(scores["score"].to_numpy())
    assert p_values == pytest.approx(scores["p_value"], rel=1e-9)


def test_no_bulk_stands_behind_a_threshold_of_another_kind(run):
    assert bulk_behind(run, "patchcore") is None  # twelve training images
    assert payload(run)["detectors"]["patchcore"]["bulk"] == []


def test_bytes_of_a_map_are_sixtieths_of_its_threshold():
    maps = np.array([[[0.0, 1.0], [2.0, 99.0]]])
    assert map_colours.to_bytes(maps, 2.0).tolist() == [[[0, 30], [60, 255]]]


def test_a_threshold_that_is_not_positive_counts_from_the_smallest_value():
    maps = np.array([[[-3.0, -2.0, -1.0]]])
    assert map_colours.to_bytes(maps, -1.0).tolist() == [[[0, 30, 60]]]


def test_maps_of_a_run_are_on_the_cell_grid_and_bright_at_the_defect(run):
    maps = map_bytes(run, "patchcore")
    is_bad = (run.queries["label"] == 1).to_numpy()
    assert maps.shape == (len(run.queries), *fakes.GRID)
    assert (maps[is_bad].max(axis=(1, 2)) >= map_colours.STEPS_PER_THRESHOLD).all()


@pytest.mark.parametrize("ramp", MAP_RAMPS)
def test_colours_are_clear_below_half_the_threshold_and_never_fade_above_it(ramp):
    table = map_colours.colours(ramp).astype(int)
    first, last = (ImageColor.getrgb(colour) for colour in MAP_RAMPS[ramp])
    half = map_colours.STEPS_PER_THRESHOLD // 2
    assert (table[: half + 1, 3] == 0).all()
    assert (np.diff(table[:, 3]) >= 0).all()
    assert tuple(table[2 * half, :3]) == first
    assert tuple(table[8 * half, :3]) == last
    assert table[255, 3] < 200, "the image must stay visible under the map"


def test_a_composite_differs_from_the_thumbnail_only_where_the_map_is_hot():
    grey = Image.new("RGB", (64, 48), (128, 128, 128))
    buffer = io.BytesIO()
    grey.save(buffer, "webp", lossless=True)
    cells = np.zeros((6, 8), np.uint8)
    cells[2, 3] = 200
    made = np.asarray(
        Image.open(io.BytesIO(map_colours.composite(buffer.getvalue(), cells, None))), int
    )
    assert made.shape == (48, 64, 3)
    assert made[20, 28, 0] - made[20, 28, 2] > 50
    assert abs(made[40:, 48:] - 128).max() < 12


def test_names_stand_where_they_hide_least():
    def line(*points):
        return Line(*np.transpose(points), colour="red", words="a")

    steep = line((0.1, 0), (0.1, 1), (1, 1))
    low = line((0, 1), (0, 0.1), (0.45, 0.1), (1, 0.9))
    assert free_corner([steep], "bottom-right") == "bottom-right"
    assert free_corner([steep], "bottom-left") == "bottom-right"
    assert free_corner([low], "bottom-left") == "bottom-right"
    assert free_corner([line((0, 0.05), (1, 0.05))], "bottom-left") == "top-right"


def metrics(*rows):
    columns = ["detector", "value", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def test_the_best_is_named_only_when_its_interval_lies_above_all_others():
    clear = metrics(("a", 0.9, 0.88, 0.92), ("b", 0.8, 0.78, 0.82))
    close = metrics(("a", 0.9, 0.88, 0.92), ("b", 0.87, 0.85, 0.89))
    unknown = metrics(("a", 0.9, 0.88, 0.92), ("b", 0.8, None, None))
    assert [best_of(rows) for rows in (clear, close, unknown)] == ["a", "", ""]


def test_metrics_that_could_not_be_computed_say_why(unlabelled):
    assert "no image has a label" in detect.comparison(unlabelled).html
    assert "no image has a label" in detect.curves(unlabelled).html


def test_random_weights_are_said_in_plain_sight(run):
    extractor = replace(run.detect.extractor, weights="random weights")
    with_random = Run(run.folder)
    with_random.info = replace(run.info, part=replace(run.detect, extractor=extractor))
    assert any("random weights" in warning for warning in warnings(with_random))
    assert not any("random weights" in warning for warning in warnings(run))


def test_what_the_check_warns_of_stands_under_the_headline(tmp_path):
    run = fakes.fake_run(tmp_path / "run")
    found = [
        FindingInfo(severity=severity, message=f"thing <{number}>", advice=f"do {number}")
        for number, severity in enumerate(["error", "note", *["warning"] * 4])
    ]
    run.info = replace(run.info, findings=found)
    html = detect.verdict(run).html
    told = re.findall(r'class="al-warning">(.*?)</p>', html)
    assert told == [
        "thing &lt;0&gt;: do 0.",
        "thing &lt;2&gt;: do 2.",
        "thing &lt;3&gt;: do 3.",
        "The check of the data found 2 further things; see the end of this page.",
    ]
    headline, rest = html.index("al-verdict-sentence"), html.index("al-asked")
    assert headline < html.index("al-warning") < html.rindex("al-warning") < rest


def test_static_files_never_turn_text_into_markup_or_code():
    for path in FOLDER.rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert not any(
            word in text for word in ("innerHTML", "outerHTML", "eval(", "document.write")
        )

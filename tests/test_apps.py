"""Live views: what they show follows what is set."""

import pytest
from fakes import fake_run

from anomalylab.apps.detect import ALL, DetectApp
from anomalylab.apps.gallery_cell import GalleryCell
from anomalylab.apps.judgements import judgements, outcomes


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return fake_run(tmp_path_factory.mktemp("runs") / "fake")


@pytest.fixture
def app(run):
    return DetectApp(run)


def test_judgements_are_ordered_worst_first_and_know_their_map(run):
    table = judgements(run, "knn")
    assert table["score"].is_monotonic_decreasing
    ids = run.queries["sample_id"].to_numpy()
    assert list(ids[table["row"]]) == list(table["sample_id"])


def test_outcomes_name_what_a_threshold_makes_of_each_image(run):
    table = judgements(run, "knn")
    counts = outcomes(table, table["score"].median()).value_counts()
    n_defective = int(run.queries["label"].sum())
    assert counts["found"] + counts.get("missed", 0) == n_defective
    assert counts.sum() == len(table)


def test_images_without_a_label_are_above_or_below(tmp_path):
    table = judgements(fake_run(tmp_path / "fake", is_labelled=False), "knn")
    assert set(outcomes(table, table["score"].median())) == {"above", "below"}


def test_the_app_starts_at_the_threshold_of_the_run(app, run):
    assert app.threshold == pytest.approx(run.threshold(app.detector))


def test_another_detector_brings_its_own_threshold(app, run):
    app.detector = "knn"
    assert app.threshold == pytest.approx(run.threshold("knn"))
    assert app.sample_id == judgements(run, "knn")["sample_id"].iloc[0]


def test_moving_the_threshold_changes_what_is_listed(app):
    app.show = "found"
    before = len(app.listed())
    app.threshold = app.table["score"].max() + 0  # only the highest is left
    assert 1 == len(app.listed()) < before


def test_a_selection_in_the_embedding_filters_the_gallery(app):
    app._selection.event(index=[0, 3])
    in_order_of_maps = app.table.sort_values("row")["sample_id"]
    assert app.chosen == list(in_order_of_maps.iloc[[0, 3]])
    assert set(app.listed()["sample_id"]) == set(app.chosen)


def test_the_app_builds_every_view(app):
    assert app.show == ALL
    page = app.page()
    assert page.get_root() is not None
    assert "score" in app.picture().opts.get("plot").kwargs["title"]


def test_a_threshold_that_was_moved_is_said_to_be_chosen_on_these_images(app):
    assert "chosen on these images" not in app.counts().object
    app.threshold *= 1.2
    assert "chosen on these images" in app.counts().object


def test_the_gallery_of_a_cell_follows_its_slider(run):
    cell = GalleryCell(run)
    before = cell.pictures.value
    cell.threshold.value = cell.threshold.max
    assert cell.pictures.value != before
    assert "<script>" not in cell.pictures.value


def test_the_gallery_of_a_cell_changes_detector(run):
    cell = GalleryCell(run)
    cell.detector.value = "knn"
    assert cell.threshold.value == pytest.approx(run.threshold("knn"), rel=0.01)

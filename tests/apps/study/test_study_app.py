"""The live view of a study: what it shows follows what is set, and is what the tables hold."""

import holoviews as hv
import pytest
from fakes import fake_run
from study_runs import fake_study

from anomalylab.apps import serve
from anomalylab.apps.study import words
from anomalylab.apps.study.app import StudyApp
from anomalylab.apps.study.images import GROUPS
from anomalylab.apps.study.state import ALL, ALL_DRAWS, NOTHING, StudyState
from anomalylab.errors import RunError
from anomalylab.studies.opened import Study

SROC = "sroc (leave_out=group) by mahalanobis"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return fake_study(tmp_path_factory.mktemp("studies") / "made-up", ("part", "<b>odd</b>"))


@pytest.fixture
def state(run):
    return StudyState(Study.of(run))


@pytest.fixture
def app(run):
    return StudyApp(run)


def cells(state, **where):
    table = state.study.tables.cells
    for name, value in where.items():
        table = table[table[name] == value]
    return table


def test_it_starts_at_the_highest_pollution_with_what_is_missed(state):
    assert (state.product, state.level, state.strategy) == (ALL, 0.2, NOTHING)
    assert (state.group, state.draw, state.at) == ("missed", ALL_DRAWS, "5")
    assert state.reject == state.refined == 0.2
    assert state.metric == "recall_at_5"


@pytest.mark.parametrize("group", list(GROUPS))
def test_groups_of_images_are_those_of_the_tables(state, group):
    state.param.update(strategy=SROC, detector="knn", draw="draw 1")
    rows = state.study.tables.scores
    for name, value in state.where.items():
        rows = rows[rows[name] == value]
    role = "test" if group in ("missed", "false alarms") else "removed"
    role = "train" if group.startswith("left") else role
    rows = rows[rows["role"] == role]
    rows = rows[rows["label"] == (0 if group in ("false alarms", "removed, good") else 1)]
    if role == "test":
        rows = rows[rows["is_beyond_5"] == (group == "false alarms")]
    counts = state.counts(group)
    assert set(counts.index) == set(rows["sample_id"])
    assert (counts == 1).all()


def test_over_all_draws_images_are_counted(state):
    state.param.update(group="removed, defective", strategy="random")
    own = cells(state, study="refinement", detector="knn", strategy="random", reject=0.2)
    assert state.counts(state.group).sum() == own["n_removed_polluted"].sum()
    assert state.counts(state.group).is_monotonic_decreasing


def test_another_threshold_takes_its_metric_along(state):
    state.at = "1"
    assert state.metric == "recall_at_1"
    state.metric = "auroc"
    state.at = "5"
    assert state.metric == "auroc"


def test_a_point_has_the_values_of_its_product(state):
    state.product = "part"
    table = state.study.tables.metrics
    rows = table[
        (table["category"] == "part")
        & (table["study"] == "pollution")
        & (table["detector"] == "knn")
        & (table["pollution"] == 0.2)
        & (table["metric"] == "auroc")
    ]["value"]
    assert state.values()["auroc"] == pytest.approx((rows.mean(), rows.std()))
    assert "recall_at_1" not in state.values()


def test_strategies_are_those_of_the_detector(state):
    state.strategy = "sroc (leave_out=group)"
    assert state.where["scorer"] == "knn"
    state.detector = "patchcore"
    assert state.where["scorer"] == "patchcore"
    assert state.strategy == "sroc (leave_out=group)"


def test_an_address_sets_what_makes_sense_and_names_the_rest(state):
    state.set_from_address(
        {"level": 0.1, "detector": "patchcore", "reject": 0.15, "sample_id": "nothing"}
    )
    assert (state.level, state.detector) == (0.1, "patchcore")
    assert state.skipped == ["reject", "sample_id"]


def test_words_are_escaped_and_follow_the_point(app):
    app.state.product = "<b>odd</b>"
    html = words.point_words(app.state)
    assert "<b>odd" not in html
    assert "20 % of the training images defective, none removed" in html
    app.state.strategy = "perfect"
    assert "exactly the defective ones removed by perfect" in words.point_words(app.state)
    assert "<b>odd" not in words.head_words(app.found)


def test_the_gallery_lists_the_images_of_the_point(app):
    counts = app.state.counts("missed")
    assert app.gallery.n == len(counts)
    assert app.gallery.items[0]["words"] == f"{counts.iloc[0]} of 3"
    app.state.group = "left in, defective"
    assert app.gallery.n == len(app.state.counts("left in, defective")) > 0
    app.state.draw = "draw 2"
    assert app.gallery.items[0]["words"] == "1 of 1"


def test_a_tap_chooses_the_nearest_point(app):
    points = app.state.points
    rows = points[(points["study"] == "pollution") & (points["metric"] == "recall_at_5")]
    goal = rows[(rows["detector"] == "patchcore") & (rows["pollution"] == 0.1)]["value"].item()
    app._choose_level("recall_at_5", 0.11, goal + 0.001)
    assert (app.state.level, app.state.detector, app.state.strategy) == (0.1, "patchcore", NOTHING)
    app._choose_reject("recall_at_5", 0.38, 0.1)
    assert (app.state.reject, app.state.strategy) == (0.4, "random")


def test_plots_mark_the_slider(app):
    plot = app.of_pollution(1)
    assert hv.render(plot)
    (mark,) = [layer for layer in plot[()] if isinstance(layer, hv.VLine)]
    assert mark.data == 0.2
    app.state.level = 0.1
    (mark,) = [layer for layer in plot[()] if isinstance(layer, hv.VLine)]
    assert mark.data == 0.1


def test_a_run_that_is_no_study_is_refused(tmp_path):
    run = fake_run(tmp_path / "run")
    with pytest.raises(RunError, match="serve detect"):
        serve("study", run.folder)

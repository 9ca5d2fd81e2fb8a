"""What a reader has chosen in the explorer of PC space, in the address and on the page."""

import pytest
from fakes import fake_run
from pc_runs import write_kolektor

from anomalylab.apps import serve
from anomalylab.apps.kit.controls import address_words
from anomalylab.apps.pc_space import words
from anomalylab.apps.pc_space.app import PCSpaceApp
from anomalylab.apps.pc_space.state import ONE, SEVERAL, PCSpaceState
from anomalylab.errors import DatasetError, RunError
from anomalylab.pc_space.opened import PCSpace
from anomalylab.recipes.pc_space.request import PCSpaceRequest
from anomalylab.recipes.pc_space.run import run


@pytest.fixture
def app(pc):
    return PCSpaceApp(pc)


@pytest.fixture
def state(pc):
    return PCSpaceState(pc)


def test_an_address_gives_back_the_view(app, pc):
    app.state.param.update(y="residual", see="odds", layers=["odds"], brush=3)
    app.cloud.take_box((0.0, 1.0, 5.0, 9.0))
    again = PCSpaceState(pc)
    again.set_from_address({name: getattr(app.state, name) for name in app.state.in_address})
    assert again.skipped == []
    assert {n: getattr(again, n) for n in app.state.in_address} == {
        n: getattr(app.state, n) for n in app.state.in_address
    }


def test_what_an_address_asks_in_vain_is_named_and_the_rest_shown(state):
    before = state.select
    state.set_from_address({"x": "PC77", "see": "odds", "select": "box:PC1", "window": "a,b"})
    assert state.skipped == ["x", "select", "window"]
    assert (state.see, state.select, state.window) == ("odds", before, "")
    assert "select" in address_words(state)


def test_arrows_walk_through_the_images_offered(state):
    state.show = "normal"
    names = list(state.param["sample_id"].objects)
    assert set(state.table.loc[names, "class"]) == {"normal"}
    state.sample_id = names[-1]
    state.step(1)
    assert state.sample_id == names[0]
    state.step(-1)
    assert state.sample_id == names[-1]


def test_another_score_orders_the_images_by_itself(state):
    state.score = "residual"
    scores = state.table.loc[list(state.param["sample_id"].objects), "score"]
    assert scores.is_monotonic_decreasing


def test_the_images_shown_at_once_are_the_highest_whatever_is_set_first(pc):
    for order in ({"of": SEVERAL[0], "score": "residual"}, {"score": "residual", "of": SEVERAL[0]}):
        app = PCSpaceApp(pc)
        app.state.param.update(n_images=3, **order)
        scores = app.state.table["score"]
        assert [one.sample_id for one in app.linked.shown.clouds] == list(scores.nlargest(3).index)


def test_names_are_shown_as_text(app):
    app.state.table.loc[app.state.sample_id, "defect_type"] = "<script>alert(1)</script>"
    assert "<script>" not in words.image_facts(app.state)


def test_the_page_is_built_and_small_clouds_are_drawn(app):
    assert app.page().get_root() is not None
    groups = {item["group"] for item in app.multiples.cards.items}
    assert groups == {"normal", "anomalous"}
    assert all(app.multiples.cards.sources.values())
    assert app.state.of == ONE


def test_a_run_without_defects_or_a_classifier_is_explored_all_the_same(tmp_path):
    data = write_kolektor(tmp_path / "data", n_defective={"train": 0, "test": 0})
    app = PCSpaceApp(PCSpace(run(PCSpaceRequest(data=data, windows=(9,)), tmp_path / "run")))
    assert app.page().get_root() is not None
    assert SEVERAL[2] not in app.state.param["of"].objects
    app.state.param.update(see="odds", layers=["odds", "defect"])
    app.cloud.take_box((-500.0, -500.0, 500.0, 500.0))
    assert "There is no defect" in words.selected_words(app.state, app.linked)


def test_a_run_of_detectors_or_images_that_are_gone_are_said_before_anything_is_served(
    pc_run, tmp_path
):
    other = fake_run(tmp_path / "fake")
    with pytest.raises(RunError, match="show it with: anomalylab serve detect"):
        serve("pc-space", other.folder)
    with pytest.raises(RunError, match="holds no finished run"):
        serve("pc-space", tmp_path / "nothing")
    with pytest.raises(DatasetError, match="--data"):
        serve("pc-space", pc_run.folder, data=tmp_path / "elsewhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="--data"):
        serve("pc-space", pc_run.folder, data=tmp_path / "empty")
    with pytest.raises(RunError, match="serve pc-space"):
        serve("detect", pc_run.folder)

"""The live view of tuned twins: dials, twins at once, two trainings, and what was seen."""

import re
from functools import partial

import holoviews as hv
import numpy as np
import pytest
from twin_trials import SIDE, fake_learn, make_folder, save

from anomalylab.apps import serve
from anomalylab.apps.twins import words
from anomalylab.apps.twins.app import TwinsApp
from anomalylab.apps.twins.state import GOOD, LABELLED, MINE, PUBLISHED
from anomalylab.apps.views import VIEWS, view_spelled
from anomalylab.errors import DatasetError, UnknownNameError
from anomalylab.plots.trial_losses import trial_losses
from anomalylab.recipes.tuned_twins.bench import UNTOUCHED
from anomalylab.recipes.tuned_twins.material import FEWEST, material_of
from anomalylab.recipes.tuned_twins.trial import STOPPED
from anomalylab.synthesise.twin import TwinOptions


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    return material_of(make_folder(tmp_path_factory.mktemp("twins") / "<b>discs"), (SIDE, SIDE))


@pytest.fixture
def app(material):
    return TwinsApp(material, preset="tiny", train=fake_learn)


def trained(app):
    """Train what the dials stand for, as the button does, and take it up."""
    app.state.begin()
    app.state.bench.wait(20)
    app.poll()
    return app.state


def compared(app):
    app.state.begin_comparison()
    app.state.bench.wait(20)
    app.poll()
    return app.state.comparison


def plain(html):
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_it_starts_with_the_untouched_twins_beside_themselves(app):
    assert app.state.options == UNTOUCHED
    assert app.state.is_untouched
    assert app.mine.sources == app.untouched.sources
    assert len(app.mine.items) == 6
    assert "not trained yet" in words.training_words(app.state)


def test_a_dial_changes_the_twins_at_once_and_leaves_the_untouched_ones(app):
    before = dict(app.untouched.sources)
    app.state.width = (14, 20)
    assert app.state.options == TwinOptions(width=(14, 20))
    assert app.untouched.sources == before
    assert app.mine.sources != before
    app.state.seed = 3
    assert app.untouched.sources != before


def test_another_kind_has_its_own_sizes_and_dials(app):
    app.state.kind = "cutpaste_scar"
    assert (app.state.length, app.state.width) == ((10, 25), (2, 16))
    assert app.state.options == TwinOptions(kind="cutpaste_scar")
    visible = {name: row.visible for name, row in app.controls._own.items()}
    assert visible == {"place": True, "length": True, "width": True, "colour": False}
    app.state.colour = "grey"  # a scar has none
    assert app.state.options == TwinOptions(kind="cutpaste_scar")


def test_changes_of_dials_can_be_taken_back_one_by_one(app):
    app.state.width = (14, 20)
    app.state.kind = "brush"
    brush = app.state.options
    app.state.place = "on-blob"
    app.state.undo()
    assert app.state.options == brush
    app.state.undo()
    assert app.state.options == TwinOptions(width=(14, 20))
    app.state.undo()
    assert app.state.is_untouched
    app.state.undo()
    app.state.kind = "stain"
    app.state.take_untouched()
    assert app.state.is_untouched
    app.state.undo()
    assert app.state.kind == "stain"


def test_both_are_trained_and_judge_the_same_images(app):
    app.state.kind = "spot"
    assert app.state.can_train()
    state = trained(app)
    assert state.trained is state.trials[0]
    assert not state.can_train()
    assert "trained, 5 epochs" in words.training_words(state)
    assert len(app.judged.items) == len(state.material.aside)
    for item in app.judged.items:
        assert re.fullmatch(r"yours\s\d+\s%, untouched\s\d+\s%", item["name"])


def test_good_images_aside_stand_lower_than_defects(app):
    app.state.kind = "spot"
    state = trained(app)

    def shares():
        return [int(re.search(r"yours\s(\d+)", item["name"])[1]) for item in app.judged.items]

    state.judged = GOOD
    good = shares()
    state.judged = LABELLED + "dent"
    assert min(shares()) == 100 > min(good)


def test_an_image_is_shown_large_with_both_heats_its_defect_and_the_nearest_good_one(app):
    app.state.kind = "spot"
    state = trained(app)
    state.judged = LABELLED + "hole"
    assert app.large.object == ""
    app.judged.active = app.judged.items[0]["id"]
    app.judged.clicks += 1
    assert app.large.object.count("<img") == 4
    text = plain(app.large.object)
    assert re.search(r"yours : heat; \d+ % of it in the defect, which takes \d+\.\d %", text)
    assert "nearest good image" in text
    before = app.large.object
    state.of = "distance"
    assert app.large.object.count("<img") == before.count("<img")
    state.judged = GOOD
    assert app.large.object == ""


def test_twins_without_an_object_say_so_where_they_would_be(tmp_path):
    for number in range(FEWEST):
        save(np.full((SIDE, SIDE, 3), 100 + number, np.uint8), tmp_path / f"{number}.png")
    app = TwinsApp(material_of(tmp_path, (SIDE, SIDE)), preset="tiny", train=fake_learn)
    app.state.place = "on-edge"
    assert app.mine.items == []
    assert 'use place="anywhere"' in app.mine.empty
    assert 'use place="anywhere"' in app.judged.empty
    app.state.place = "anywhere"
    assert len(app.mine.items) == 6


def test_a_training_is_stopped_and_goes_on(material):
    app = TwinsApp(material, preset="tiny", train=partial(fake_learn, seconds=0.05))
    app.state.kind = "spot"
    app.state.begin()
    app.poll()
    assert not app.controls.stop.disabled
    assert app.controls.train.disabled
    assert "progressbar" in words.training_words(app.state)
    app.stop()
    app.state.bench.wait(20)
    app.poll()
    assert app.state.trials[0].status == STOPPED
    assert app.controls.train.label == "Go on training"
    assert "goes on from there" in words.training_words(app.state)
    assert trained(app).trained is not None


def test_dials_that_were_turned_after_a_training_say_so(app):
    app.state.kind = "spot"
    trained(app)
    assert "the dials have changed since" not in app.judged.caption
    app.state.scale = 2.0
    assert "the dials have changed since" in app.judged.caption
    assert app.state.can_train()


def test_the_comparison_is_on_types_that_were_not_looked_at(app):
    app.state.kind = "spot"
    trained(app)
    assert "No test knowledge was used" in words.head_words(app.state)
    assert app.compare.visible
    table = compared(app).set_index("type")
    assert list(table.index[table["is_seen"]]) == ["planted spot"]  # a kind that is trained on
    assert not table.loc[["dent", "hole"], "is_seen"].any()
    assert not app.compare.visible
    told = plain(words.comparison_words(app.state))
    assert told.index("dent") < told.index("Set apart: known when the dials were set")


def test_labelled_defects_that_were_looked_at_before_the_dials_are_set_apart_and_it_says_so(app):
    app.state.judged = LABELLED + "dent"
    assert "You have now seen" in words.head_words(app.state)
    head = app.head()
    app.state.kind = "spot"
    assert "Test knowledge was used." in head.object
    trained(app)
    table = compared(app).set_index("type")
    assert table.loc["dent", "is_seen"]
    assert not table.loc["hole", "is_seen"]


def test_a_look_after_the_training_does_not_count_for_it_but_for_what_is_dialled_next(app):
    app.state.kind = "spot"
    trained(app)
    app.state.judged = LABELLED + "dent"
    table = compared(app).set_index("type")
    assert not table.loc["dent", "is_seen"]
    app.state.kind = "stain"
    trained(app)
    table = compared(app)
    assert table["is_seen"].all()  # the first comparison showed them all
    assert "nothing here tells" in words.head_words(app.state)


def test_what_was_looked_at_is_not_forgotten_when_the_page_is_opened_anew(app, material):
    assert app.state.looked == []
    app.state.judged = LABELLED + "dent"
    app.state.judged = MINE
    assert app.state.looked == ["dent"]
    again = TwinsApp(material, preset="tiny", train=fake_learn)
    assert "You have now seen" not in words.head_words(again.state)
    again.state.param.update(looked=app.state.looked, judged=MINE)
    assert "You have now seen something of labelled defects of this folder: dent" in plain(
        words.head_words(again.state)
    )
    again.state.param.update(kind="spot")
    assert "dent" in again.state.seen.known
    late = TwinsApp(material, preset="tiny", train=fake_learn)
    late.state.param.update(kind="spot", looked=["dent"])  # as an address sets them
    assert "Test knowledge was used." in words.head_words(late.state)


def test_a_turn_of_a_dial_draws_no_curve_anew_and_an_epoch_does(app):
    drawn = []
    app._curves.stream.add_subscriber(lambda **_: drawn.append(1))
    for contrast in (0.2, 0.4, 0.6):
        app.state.contrast = contrast
    assert not drawn
    trained(app)
    assert drawn
    n_drawn = len(drawn)
    app.state.contrast = 0.8  # another training, of no epoch so far
    assert len(drawn) == n_drawn + 1
    app.state.epochs += 1
    assert len(drawn) == n_drawn + 2


def test_untouched_dials_have_nothing_to_be_compared_with(app):
    trained(app)
    assert not app.compare.visible
    assert "turn one" in words.comparison_words(app.state)


def test_names_from_the_folder_stay_text(app):
    assert "&lt;b&gt;discs" in words.head_words(app.state)
    assert "<b>discs" not in words.head_words(app.state)


def test_the_dials_can_be_taken_along(app):
    app.state.param.update(kind="brush", place="on-blob", contrast=0.5)
    told = plain(words.dials_words(app.state)).replace("&#x27;", "'")
    made = eval(told[told.index("TwinOptions") :], {"TwinOptions": TwinOptions})
    assert made == app.state.options


def test_what_an_address_asks_for_in_vain_is_skipped(app):
    app.state.set_from_address({"kind": "blot", "width": (9, 3), "judged": PUBLISHED, "epochs": 7})
    assert app.state.skipped == ["kind", "width"]
    assert (app.state.judged, app.state.epochs) == (PUBLISHED, 7)
    assert app.state.options == UNTOUCHED


def test_an_address_sets_a_kind_with_its_sizes_and_a_course_together(app):
    app.state.param.update(n_images=5, epochs=2, kind="brush", place="on-blob")
    assert app.state.options == TwinOptions(kind="brush", place="on-blob")
    assert (app.state.course.n_images, app.state.course.epochs) == (5, 2)
    assert app.controls.dials[0][0].value == "brush"
    app.state.param.update(place="anywhere", kind="line", width=(2, 3))
    assert app.state.options == TwinOptions(width=(2, 3))
    app.state.undo()
    assert app.state.options == TwinOptions(kind="brush", place="on-blob")


def test_the_layout_holds_all_parts_and_the_losses_render(app):
    trained(app)
    assert app.__panel__().get_root() is not None
    assert len(app.losses()) == 6
    assert hv.render(app.losses()) is not None
    assert trial_losses({"a": app.state.trials[0].history().iloc[:0]}, 5) is not None
    assert app.state.judged == MINE


def test_live_views_are_found_by_name_and_bad_folders_are_refused(tmp_path):
    assert view_spelled("twins") in VIEWS
    assert view_spelled("kolektor").spellings[0] == "pc-space"
    assert {"detect", "twins"} <= {view.spellings[0] for view in VIEWS if view.is_live}
    with pytest.raises(UnknownNameError, match="twins"):
        view_spelled("twin")
    with pytest.raises(DatasetError, match="does not exist"):
        serve("twins", tmp_path / "nothing", show=False)

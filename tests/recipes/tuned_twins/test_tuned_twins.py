"""Twins tuned by hand: what is learnt from, how trials run and stop, and a fair comparison."""

import threading

import numpy as np
import pandas as pd
import pytest
from twin_trials import (
    N_DEFECT,
    N_GOOD,
    N_TRAIN,
    SIDE,
    FakeJudge,
    disc,
    fake_learn,
    make_folder,
    save,
)

from anomalylab import synthesise
from anomalylab.errors import (
    DatasetError,
    ParameterError,
    TrainingError,
    TrainingStopped,
    UnknownNameError,
)
from anomalylab.recipes.tuned_twins.bench import UNTOUCHED, Bench
from anomalylab.recipes.tuned_twins.comparison import (
    compared,
    exam_of,
    finding,
    type_of_kind,
    types_like,
)
from anomalylab.recipes.tuned_twins.material import FEWEST, material_of
from anomalylab.recipes.tuned_twins.seen import Seen
from anomalylab.recipes.tuned_twins.trial import DONE, FAILED, STOPPED, Course, Trial
from anomalylab.synthesise.twin import TwinOptions

SIZE = (SIDE, SIDE)
SHORT = Course(preset="tiny", epochs=3, n_images=6)
MINE = TwinOptions(kind="spot")


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    return material_of(make_folder(tmp_path_factory.mktemp("twins") / "discs"), SIZE)


def test_a_quarter_of_the_good_images_is_never_learnt_from(material):
    learn, aside = set(material.learn), set(material.aside)
    assert not learn & aside
    assert len(aside) == N_TRAIN // 4
    paths = material.samples["image_path"]
    assert all(paths[row].startswith("train/good") for row in learn | aside)
    assert len(material.good) == N_GOOD
    assert {name: len(rows) for name, rows in material.types.items()} == {
        "dent": N_DEFECT,
        "hole": N_DEFECT,
    }
    assert material.is_vouched


def test_of_many_images_no_more_than_are_measured_stay_aside(tmp_path, monkeypatch):
    for number in range(20):
        save(np.full((8, 8, 3), number, np.uint8), tmp_path / f"{number:02d}.png")
    monkeypatch.setattr("anomalylab.recipes.tuned_twins.material.MOST_ASIDE", 2)
    found = material_of(tmp_path, (8, 8))
    assert (len(found.learn), len(found.aside)) == (18, 2)


def test_images_are_read_at_the_size_asked_for_and_masks_with_them(material):
    row = int(material.types["dent"][0])
    image, mask = material.image(row), material.mask(row)
    assert image.shape == (*SIZE, 3)
    assert mask.shape == SIZE
    assert image[mask].max() == 0
    assert material.mask(int(material.learn[0])) is None
    assert material.image(row) is image


def test_so_many_images_are_learnt_from_and_no_more_than_there_are(material):
    rows, groups = material.lesson(4)
    assert len(rows) == len(groups) == 4
    assert set(material.lesson(100)[0]) == set(material.learn)


def test_a_folder_of_which_nothing_is_known_is_taken_for_good(tmp_path):
    for number in range(FEWEST):
        save(disc(number), tmp_path / f"{number}.png")
    found = material_of(tmp_path, SIZE)
    assert not found.is_vouched
    assert len(found.learn) + len(found.aside) == FEWEST
    assert found.types == {}


def test_images_of_differing_sizes_are_brought_to_one(tmp_path):
    for number in range(FEWEST):
        save(np.full((30 + number, 50, 3), 10 * number, np.uint8), tmp_path / f"{number}.png")
    found = material_of(tmp_path, SIZE)
    assert found.images(found.learn).shape[1:] == (*SIZE, 3)


def test_bad_folders_are_refused_with_what_to_do(tmp_path):
    with pytest.raises(DatasetError, match="does not exist; give a folder"):
        material_of(tmp_path / "nothing", SIZE)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="no image"):
        material_of(tmp_path / "empty", SIZE)
    save(disc(0), tmp_path / "one" / "0.png")
    with pytest.raises(ParameterError, match=f"1 image to learn from; at least {FEWEST} good ones"):
        material_of(tmp_path / "one", SIZE)
    for name in ("discs", "rings"):
        make_folder(tmp_path / "two" / name)
    with pytest.raises(ParameterError, match=r"2 products \(discs and rings\); name one with"):
        material_of(tmp_path / "two", SIZE)
    with pytest.raises(UnknownNameError, match=r"category 'disc'.*discs"):
        material_of(tmp_path / "two", SIZE, category="disc")


def test_one_product_of_several_is_taken_as_if_it_were_given_alone(tmp_path):
    for name in ("discs", "rings"):
        make_folder(tmp_path / name)
    found, alone = (
        material_of(tmp_path, SIZE, category="rings"),
        material_of(tmp_path / "rings", SIZE),
    )
    assert found.name == alone.name == "rings"
    assert set(found.samples["category"]) == {"rings"}
    assert (found.learn == alone.learn).all()
    row = int(found.types["dent"][0])
    assert (found.image(row) == alone.image(row)).all()
    assert (found.mask(row) == alone.mask(row)).all()


def test_tuned_and_untouched_twins_are_trained_alike_one_after_the_other(material):
    asked = []

    def learn(images, options, course):
        asked.append((options, course, threading.current_thread() is threading.main_thread()))
        return fake_learn(images, options, course)

    bench = Bench(material, learn)
    bench.start(MINE, SHORT)
    bench.wait(20)
    assert asked == [(MINE, SHORT, False), (UNTOUCHED, SHORT, False)]
    assert [trial.status for trial in bench.pair(MINE, SHORT)] == [DONE, DONE]
    other = TwinOptions(kind="stain")
    bench.start(other, SHORT)
    bench.wait(20)
    assert [options for options, *_ in asked] == [MINE, UNTOUCHED, other]  # untouched only once


def test_the_history_of_stages_is_counted_through():
    trial = Trial(MINE, SHORT)

    def told(n_epochs):
        rows = [(epoch, "train", "loss", 1.0) for epoch in range(1, n_epochs + 1)]
        trial.told(pd.DataFrame(rows, columns=["epoch", "part", "measure", "value"]))

    assert trial.history().empty
    for n_epochs in (1, 2, 1, 2, 3):
        told(n_epochs)
    assert trial.history()["epoch"].tolist() == [1, 2, 3, 4, 5]
    assert trial.n_epochs() == 5


def test_a_trial_that_is_stopped_goes_on_and_the_next_one_is_not_begun(material):
    begun, go = threading.Event(), threading.Event()

    def learn(images, options, course):
        if go.is_set():
            return fake_learn(images, options, course)
        begun.set()
        while not trial.wants_to_stop():
            pass
        raise TrainingStopped("stopped")

    bench = Bench(material, learn)
    trial, untouched = bench.pair(MINE, SHORT)
    bench.start(MINE, SHORT)
    assert begun.wait(10)
    with pytest.raises(ParameterError, match="under way"):
        bench.start(MINE, SHORT)
    assert bench.under_way() is trial
    bench.stop()
    bench.wait(20)
    assert trial.status == STOPPED
    assert untouched.judge is None
    go.set()
    bench.start(MINE, SHORT)
    bench.wait(20)
    assert trial.status == untouched.status == DONE


def test_a_trial_that_fails_says_why(material):
    def learn(images, options, course):
        raise TrainingError("the loss is nan in epoch 2", 2, 1)

    bench = Bench(material, learn)
    bench.start(MINE, SHORT)
    bench.wait(20)
    trial, _ = bench.pair(MINE, SHORT)
    assert (trial.status, trial.trouble) == (FAILED, "the loss is nan in epoch 2")
    with pytest.raises(ParameterError, match="train these settings"):
        bench.start_comparison(trial)


def test_an_image_stands_where_its_distance_is_among_those_of_good_images_aside(material):
    trial = Trial(MINE, SHORT)
    trial.run(material, fake_learn)
    assert len(trial.good) == len(material.aside)
    far = np.zeros((1, *SIZE, 3), np.uint8)
    assert trial.standing(far)[0] == 1
    assert trial.standing(material.images(material.learn[:1]))[0] < 1


def test_the_exam_plants_in_images_aside_and_takes_all_labelled_types(material):
    exam = exam_of(material)
    planted_types = {type_of_kind(kind) for kind in synthesise.usual()}
    assert set(exam.defects) - planted_types == {"dent", "hole"}
    assert set(exam.defects) >= planted_types - {"planted scratch"}  # too long for so small images
    aside = material.images(material.aside)
    planted = exam.defects["planted spot"]
    for image in planted:
        changed = [(image != one).any(axis=2).mean() for one in aside]
        assert 0 < min(changed) < 0.1  # a small place of one of them
    assert len(exam.good) == len(material.aside) + len(material.good)
    again = exam_of(material)
    np.testing.assert_array_equal(planted, again.defects["planted spot"])


def test_types_that_were_looked_at_are_set_apart_and_do_not_count(material):
    rows = material.learn
    history = pd.DataFrame(columns=["epoch", "part", "measure", "value"])
    good, blind = (FakeJudge(material.images(rows), rows, history, blur) for blur in (0.0, 0.9))
    exam = exam_of(material)
    table = compared(exam, good, blind, {"dent", "planted spot"})
    assert set(table.loc[table["is_seen"], "type"]) == {"dent", "planted spot"}
    hole = table.set_index("type").loc["hole"]
    assert hole["tuned"] == 1
    assert hole["difference"] == pytest.approx(hole["tuned"] - hole["untouched"])
    assert hole["low"] <= hole["difference"] <= hole["high"]
    same = compared(exam, good, good)
    assert (same["difference"] == 0).all()
    wider = (table["high"] - table["low"]).sum()
    assert (compared(exam, good, blind)["high"] - compared(exam, good, blind)["low"]).sum() > wider


def made_up(**columns):
    table = pd.DataFrame(
        {"type": ["a", "b", "c"], "is_seen": False, "tuned": 0.9, "untouched": 0.8}
    )
    return table.assign(low=-0.1, high=0.2).assign(**columns)


def test_a_finding_counts_fresh_types_only_and_says_when_there_is_none():
    assert "cannot be told apart" in finding(made_up())
    assert "rank 1 better and 1 worse" in finding(
        made_up(low=[0.1, -0.3, -0.1], high=[0.2, -0.1, 0.2])
    )
    one = finding(made_up(low=[0.1, 0.1, 0.1], is_seen=[False, True, True]))
    assert "Of 1 type of defects" in one
    assert "rank 1 better" in one
    assert "nothing here tells" in finding(made_up(is_seen=True))


def test_what_was_seen_before_a_choice_is_known_and_what_was_seen_after_it_is_not():
    seen = Seen()
    seen.look("dent", "labelled")
    assert seen.known == frozenset()
    seen.choose()
    seen.look("hole", "labelled")
    assert seen.known == {"dent"}
    assert set(seen.all) == {"dent", "hole"}
    seen.look("dent", "again")
    assert seen.all["dent"] == "labelled"


def test_planted_defects_that_look_like_the_twins_are_named():
    assert types_like("spot") == ["planted spot"]
    assert types_like("line") == ["planted scratch"]
    assert types_like("draem") == []
    assert types_like("cutpaste_scar") == ["planted patch swap", "planted scratch"]

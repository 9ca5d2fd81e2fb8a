"""Tuned twins are trained by the detector of metric learning, stopped, and gone on with."""

import numpy as np
import pytest
from twin_trials import make_folder, save

from anomalylab.errors import ParameterError, UnknownNameError
from anomalylab.recipes.tuned_twins.learned import SUBJECTS, detector_of, learn
from anomalylab.recipes.tuned_twins.material import FEWEST, material_of
from anomalylab.recipes.tuned_twins.trial import DONE, FAILED, STOPPED, Course, Trial
from anomalylab.synthesise.twin import TwinOptions

pytestmark = pytest.mark.xdist_group("learned_twins")

TINY = Course(preset="tiny", epochs=3, n_images=6)
MINE = TwinOptions(kind="brush")


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    folder = make_folder(tmp_path_factory.mktemp("twins") / "discs")
    return material_of(folder, detector_of(TINY).seen_size)


@pytest.fixture(scope="module")
def trial(material, tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("ANOMALYLAB_CACHE", str(tmp_path_factory.mktemp("cache")))
    trial = Trial(MINE, TINY)
    trial.run(material, learn)
    yield trial
    patch.undo()


def test_the_twins_that_are_learnt_from_are_those_asked_for(trial):
    assert (trial.status, trial.trouble) == (DONE, "")
    assert trial.judge.net.history["epoch"].max() == trial.n_epochs() == 3
    assert set(trial.history()["part"]) == {"train", "validation"}
    assert "RANDOM" in trial.judge.description


def test_distances_are_to_the_nearest_image_that_was_learnt_from(trial, material):
    judge = trial.judge
    found, nearest = judge.distances(material.images(judge.rows))
    np.testing.assert_allclose(found, 0, atol=1e-5)
    np.testing.assert_array_equal(nearest, np.arange(len(judge.rows)))
    assert (judge.distances(material.images(material.types["dent"]))[0] > 0).all()


@pytest.mark.parametrize("of", SUBJECTS)
def test_heat_is_a_map_on_one_scale(trial, material, of):
    heat = trial.judge.heat(material.images(material.types["dent"]), of)
    assert heat.shape[0] == len(material.types["dent"])
    assert heat.ndim == 3
    assert heat.min() >= 0
    assert trial.judge.scale(of) >= 0


def test_heat_of_the_class_is_compared_with_the_nearest_good_image(trial, material):
    judge, images = trial.judge, material.images(material.types["dent"])
    nearest = material.images(judge.rows[judge.distances(images)[1]])
    means = judge.net.channel_means(nearest)
    expected = judge.net.heat(images, of="logit", reference=means)
    np.testing.assert_allclose(judge.heat(images, "logit"), expected, rtol=1e-4, atol=1e-9)
    assert not np.array_equal(expected, judge.net.heat(images, of="logit"))


def test_a_training_that_is_stopped_goes_on_to_what_it_would_have_learnt(
    trial, material, tmp_path, monkeypatch
):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path))

    class StopsOnce(Trial):
        def wants_to_stop(self):
            return self.n_epochs() == 1 and not has_stopped

    has_stopped, again = False, StopsOnce(MINE, TINY)
    again.run(material, learn)
    assert (again.status, again.n_epochs()) == (STOPPED, 1)
    has_stopped = True
    again.run(material, learn)
    assert again.status == DONE
    defects = material.images(material.types["hole"])
    np.testing.assert_array_equal(
        again.judge.distances(defects)[0], trial.judge.distances(defects)[0]
    )


def test_a_twin_that_finds_no_object_ends_the_training_with_what_was_looked_for(tmp_path):
    for number in range(FEWEST):
        save(np.full((40, 40, 3), 90 + number, np.uint8), tmp_path / f"{number}.png")
    trial = Trial(TwinOptions(place="on-blob"), TINY)
    trial.run(material_of(tmp_path, detector_of(TINY).seen_size), learn)
    assert trial.status == FAILED
    assert 'use place="anywhere"' in trial.trouble


def test_unknown_presets_and_losses_are_refused():
    with pytest.raises(UnknownNameError, match="cpu"):
        detector_of(Course(preset="cpp"))
    with pytest.raises(UnknownNameError, match="arcface"):
        detector_of(Course(loss="arkface"))
    with pytest.raises(ParameterError, match="epochs"):
        detector_of(Course(epochs=0))

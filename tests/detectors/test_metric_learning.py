"""Metric learning: the distance to the nearest training image after a network has learnt."""

from dataclasses import replace

import numpy as np
import pytest

from anomalylab import detectors
from anomalylab.errors import ParameterError, TrainingStopped, UnknownNameError
from anomalylab.features import Features
from anomalylab.training import watching
from anomalylab.training.embedding import nearest_distance

N_IMAGES = 12

QUICK = {"preset": "tiny", "copies": 1, "augment": False, "batch_size": 6, "device": "cpu"}


def drawn(n_images, seed):
    rng = np.random.default_rng(seed)
    slope = np.linspace(-0.1, 0.1, 32)[:, None, None]
    return (0.5 + slope + rng.normal(0, 0.02, (n_images, 32, 32, 3))).astype(np.float32)


def levels(images):
    return Features({"pixels": images})


@pytest.fixture(scope="module")
def normal():
    return levels(drawn(N_IMAGES, 0))


@pytest.fixture(scope="module")
def learnt(normal):
    """A detector that has learnt for a while; not to be changed."""
    return detectors.create(
        "metric_learning", **QUICK, epochs=30, learning_rate=3e-3, validation=0.25
    ).fit(normal)


def scratched(n_images):
    images = drawn(n_images, 9)
    images[:, 14:19, 3:29] = 1
    return images


def test_a_scratch_is_further_from_every_training_image_than_a_new_image_is(learnt):
    far, _ = learnt.score(levels(scratched(4)))
    near, _ = learnt.score(levels(drawn(4, 5)))
    assert far.min() > 2 * near.max()


def test_the_score_is_the_distance_to_the_nearest_training_image_as_listed(learnt, normal):
    query = levels(drawn(4, 5))
    network = learnt._learnt()[0]
    train, asked = (network.embed(learnt._seen(some)) for some in (normal, query))
    found, rows = nearest_distance(asked, train)
    np.testing.assert_allclose(learnt.image_scores(query), found, rtol=1e-4)
    np.testing.assert_array_equal(learnt.nearest(query), rows)
    assert learnt.nearest(normal).tolist() == list(range(N_IMAGES))


def test_the_order_of_images_changes_nothing_but_the_rows_of_the_nearest(learnt, normal):
    order = np.random.default_rng(3).permutation(N_IMAGES)
    other = replace(learnt).fit(normal.subset(order))
    query = levels(drawn(3, 5))
    np.testing.assert_array_equal(other.image_scores(query), learnt.image_scores(query))
    np.testing.assert_array_equal(order[other.nearest(query)], learnt.nearest(query))


def test_another_distance_takes_no_other_training_and_heat_grows_with_it(learnt, normal):
    other = replace(learnt, distance="euclidean").fit(normal)
    assert all((other.weights_[name] == value).all() for name, value in learnt.weights_.items())
    query = levels(drawn(3, 5))
    embedded = learnt._learnt()[0].embed(learnt._seen(query))
    expected = np.linalg.norm(embedded[:, None] - learnt.embeddings_, axis=2).min(axis=1)
    scores, heat = other.score(query)
    np.testing.assert_allclose(scores, expected, rtol=1e-4)
    place = learnt.order_.argsort()[other.nearest(query)]
    plain = learnt._learnt()[0].heat(
        learnt._seen(query),
        nearest=learnt.embeddings_[place],
        reference=learnt.means_[place],
        distance="euclidean",
    )
    np.testing.assert_allclose(heat, plain * expected[:, None, None], rtol=1e-3, atol=1e-6)


def test_the_map_has_a_cell_for_each_of_the_last_map(learnt):
    _, heat = learnt.score(levels(scratched(2)))
    assert heat.shape == (2, 2, 2)
    assert heat.dtype == np.float32
    assert (heat >= 0).all()


@pytest.mark.parametrize("loss", ["conventional", "l2_constrained", "center", "sphereface"])
def test_every_loss_is_saved_and_found_again(loss, normal, tmp_path):
    fitted = detectors.create("metric_learning", **QUICK, epochs=1, loss=loss).fit(normal)
    fitted.save(tmp_path)
    query = levels(drawn(3, 5))
    loaded = detectors.load(tmp_path)
    for one, other in zip(fitted.score(query), loaded.score(query), strict=True):
        np.testing.assert_array_equal(one, other)


def test_as_published_an_l2_constrained_embedding_has_two_numbers(normal, tmp_path):
    fitted = detectors.create(
        "metric_learning", **QUICK, epochs=1, loss="l2_constrained", as_published=True
    ).fit(normal)
    assert fitted.embeddings_.shape == (N_IMAGES, 2)
    fitted.save(tmp_path)
    assert detectors.load(tmp_path).image_scores(levels(drawn(2, 5))).shape == (2,)


def test_a_training_that_was_stopped_goes_on_to_the_same_detector(normal, tmp_path, monkeypatch):
    def created():
        return detectors.create("metric_learning", **QUICK, epochs=3, seed=4)

    class OneEpoch:
        n_told = 0

        def told(self, history):
            self.n_told += 1

        def wants_to_stop(self):
            return self.n_told >= 1

    with watching(OneEpoch()), pytest.raises(TrainingStopped):
        created().fit(normal)
    resumed = created().fit(normal)
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path))
    whole = created().fit(normal)
    assert resumed.training_curve()["epoch"].max() == 3
    assert resumed.training_curve().equals(whole.training_curve())
    for name, value in whole.weights_.items():
        np.testing.assert_array_equal(resumed.weights_[name], value)


def test_the_curve_counts_the_epochs_of_all_stages(normal):
    fitted = detectors.create(
        "metric_learning", **QUICK, epochs=1, head_epochs=1, rounds=2, validation=0.25
    ).fit(normal)
    curve = fitted.training_curve()
    assert sorted(curve["epoch"].unique()) == [1, 2, 3]
    assert set(curve["part"]) == {"train", "validation"}
    assert set(curve["measure"]) == {"loss", "accuracy"}


def test_options_of_a_training_are_those_of_the_detector():
    detector = detectors.create(
        "metric_learning", preset="paper", place="on-blob", width=(2, 10), margin=0.3, seed=7
    )
    options = detector.training_options()
    assert options["loss_options"] == {"margin": 0.3}
    assert options["plan"].seed == 7
    assert options["lessons"].twins.width == (2, 10)
    assert (options["lessons"].head_epochs, options["plan"].epochs) == (5, 5)
    assert options["lessons"].copies is None


def test_it_says_which_planted_defects_its_twins_resemble():
    lines = detectors.create("metric_learning")
    assert lines.resembles == ("line", "scratch")
    assert replace(lines, twin="stain").resembles == ("stain",)


@pytest.mark.parametrize("copies", [1, 4, None])
def test_bytes_grow_in_proportion_beyond_what_a_step_holds(copies):
    shapes = {"pixels": (64, 64, 3)}
    detector = detectors.create("metric_learning", **{**QUICK, "copies": copies})
    few, more, most = (detector.plan(n_images, shapes) for n_images in (20, 40, 60))
    assert more.seconds > 1.5 * few.seconds
    assert most.bytes - more.bytes == more.bytes - few.bytes > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": "center", "margin": 0.2}, "the loss center has no margin; arcface"),
        ({"loss": "sphereface", "scale": 3.0}, "the loss sphereface has no scale"),
        ({"twin": "stain", "width": (1.0, 3.0)}, "has no width"),
        ({"copies": 0}, "copies"),
        ({"validation": 1.0}, "validation"),
        ({"contrast": 0.0}, "contrast"),
    ],
)
def test_options_that_do_not_go_together_are_refused_before_anything_is_read(options, message):
    with pytest.raises(ParameterError, match=message):
        detectors.create("metric_learning", **options)


@pytest.mark.parametrize(
    "options",
    [{"loss": "arcfce"}, {"distance": "cosin"}, {"twin": "lin"}, {"place": "on-blop"}],
)
def test_unknown_names_are_refused_with_the_nearest(options):
    with pytest.raises(UnknownNameError, match="did you mean"):
        detectors.create("metric_learning", **options)


def test_one_image_is_not_enough(normal):
    with pytest.raises(ParameterError, match="at least 2 different training images"):
        detectors.create("metric_learning", **QUICK).fit(normal.subset([0]))


def test_where_there_is_no_object_to_draw_on_it_says_what_to_do():
    white = np.ones((4, 32, 32, 3), np.float32)
    white[np.arange(4), 0, 0] = np.linspace(0, 1, 4)[:, None]
    with pytest.raises(ParameterError, match="anywhere"):
        detectors.create("metric_learning", **QUICK, place="on-edge").fit(levels(white))


def test_a_transformer_learns_as_well_and_its_map_has_a_cell_a_token(normal):
    fitted = detectors.create(
        "metric_learning",
        **{**QUICK, "body": "timm:test_vit", "size": 64},
        weights="random",
        frozen="blocks.2",
    ).fit(normal)
    scores, heat = fitted.score(levels(scratched(2)))
    assert heat.shape == (2, 4, 4)
    assert (scores > 0).all()

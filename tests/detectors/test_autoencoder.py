"""The auto-encoder as a detector: its maps are residuals, and its training goes on where it was."""

import numpy as np
import pandas as pd
import pytest

from anomalylab import detectors
from anomalylab.errors import ParameterError, TrainingStopped, UnknownNameError
from anomalylab.features import Features
from anomalylab.training import watching
from anomalylab.training.autoencoder.residuals import residuals

pytestmark = pytest.mark.xdist_group("autoencoder")

N_TRAIN = 10


def stripes(n_images, seed):
    """Stripes of 80 x 80 pixels, turned and coloured a little differently each."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:80, :80] / 12
    images = [
        0.5 + 0.3 * np.sin(rows * np.cos(angle) + cols * np.sin(angle))[..., None] * colour
        for angle, colour in zip(
            rng.uniform(0, 0.3, n_images), rng.uniform(0.7, 1, (n_images, 3)), strict=True
        )
    ]
    return np.array(images, np.float32)


def made(**params):
    return detectors.create("autoencoder", preset="tiny", **{"epochs": 5, **params})


@pytest.fixture(scope="module")
def normal():
    return Features({"pixels": stripes(N_TRAIN, seed=0)})


@pytest.fixture(scope="module")
def query():
    images = stripes(4, seed=1)
    images[2, 30:44, 50:60] = (1, 0, 0)
    return Features({"pixels": images})


@pytest.fixture(scope="module")
def fitted(normal):
    return made().fit(normal)


def test_the_map_holds_one_residual_a_pixel_of_the_image_as_it_is_seen(fitted, query):
    scores, maps = fitted.score(query)
    assert maps.shape == (4, 64, 64)
    (seen,) = fitted.reconstructed(query)
    np.testing.assert_array_equal(maps, residuals(*seen, "l2"))
    assert scores == pytest.approx(maps.max(axis=(1, 2)))


def test_what_was_never_seen_is_not_given_back(fitted, query):
    scores, maps = fitted.score(query)
    assert scores.argmax() == 2
    row, col = np.unravel_index(maps[2].argmax(), (64, 64))
    assert 24 <= row < 35.2
    assert 40 <= col < 48


@pytest.mark.parametrize("kind", ["sum_sq", "mean_abs", "max_abs", "ssim"])
def test_another_residual_takes_no_other_training(fitted, normal, query, kind, monkeypatch):
    from anomalylab.training import course

    monkeypatch.setattr(course.Course, "_run_epochs", None)  # whoever trains fails
    other = made(residual=kind).fit(normal)
    (seen,) = fitted.reconstructed(query)
    assert other.score_map(query) == pytest.approx(residuals(*seen, kind), abs=1e-6)


def test_a_grid_holds_means_over_parts_of_the_image(fitted, normal, query):
    whole = fitted.score_map(query)
    coarse = made(grid=(8, 16)).fit(normal).score_map(query)
    assert coarse == pytest.approx(whole.reshape(4, 8, 8, 16, 4).mean(axis=(2, 4)), rel=1e-5)
    uneven = made(grid=(7, 64)).fit(normal).score_map(query)
    assert uneven[:, 0] == pytest.approx(whole[:, :9].mean(axis=1), rel=1e-5)


def test_the_top_score_is_the_mean_of_the_highest_hundredth(fitted, normal, query):
    whole = fitted.score_map(query).reshape(4, -1)
    top = made(image_score="top").fit(normal).image_scores(query)
    assert top == pytest.approx(np.sort(whole, axis=1)[:, -41:].mean(axis=1), rel=1e-6)


def test_a_training_that_was_stopped_goes_on_to_the_same_weights(
    normal, query, tmp_path, monkeypatch
):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path))
    whole = made(epochs=3, seed=7, batch_size=4).fit(normal)
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "other"))

    class Stops:
        asked = 0

        def told(self, history):
            """Look at nothing."""

        def wants_to_stop(self):
            self.asked += 1
            return self.asked == 4

    with watching(Stops()), pytest.raises(TrainingStopped):
        made(epochs=3, seed=7, batch_size=4).fit(normal)
    again = made(epochs=3, seed=7, batch_size=4).fit(normal)
    assert again.weights_.keys() == whole.weights_.keys()
    for name, weights in whole.weights_.items():
        np.testing.assert_array_equal(again.weights_[name], weights)
    pd.testing.assert_frame_equal(again.training_curve(), whole.training_curve())


def test_the_curve_tells_of_images_held_out(fitted):
    curve = fitted.training_curve()
    assert set(curve["part"]) == {"train", "validation"}
    assert curve["epoch"].max() == 5


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"size": 100}, "sides of 64, 72, 80, 88"),
        ({"latent": 513}, "1 to 512"),
        ({"architecture": "printed"}, "half of their sides"),
        ({"grid": (65, 1)}, "at most 64 x 64"),
        ({"noise": 2.0}, "noise"),
        ({"validation": 1.0}, "validation"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_read(params, message):
    with pytest.raises(ParameterError, match=message):
        made(**params)


@pytest.mark.parametrize("params", [{"loss": "l1"}, {"residual": "l1"}, {"image_score": "mean"}])
def test_unknown_names_are_answered_with_those_that_are_known(params):
    with pytest.raises(UnknownNameError):
        made(**params)


def test_presets_are_the_published_networks():
    seed = detectors.create("autoencoder", preset="seed")
    assert (seed.architecture, seed.seen_size, seed.built().latent) == ("seed", (256, 256), 500)
    assert (seed.epochs, seed.batch_size, seed.built().stem) == (1000, 32, 3)
    assert detectors.create("autoencoder", preset="bergmann").built().stem == 32
    assert detectors.create("autoencoder").seen_size == (128, 128)


def test_the_plan_counts_epochs_and_copies():
    costs = {
        (epochs, n_images): made(epochs=epochs, n_images=n_images).plan(100, {})
        for epochs, n_images in ((10, 100), (20, 100), (20, 400))
    }
    one, two, copies = costs.values()
    assert two.seconds == pytest.approx(2 * one.seconds, rel=0.1)
    assert copies.seconds == pytest.approx(4 * two.seconds, rel=0.1)
    assert copies.bytes - two.bytes == 300 * 3 * 64 * 64

"""The contract of detectors holds for methods that are trained on whole images."""

from dataclasses import dataclass

import numpy as np
import pytest

from anomalylab.detectors import Detector, pool_of
from anomalylab.errors import ParameterError
from anomalylab.features import Features, ImageLevel


@dataclass(kw_only=True)
class LinearAutoEncoder(Detector):
    """A network in miniature, trained by gradient descent on the pixels of whole images."""

    name = "linear_auto_encoder"
    levels: tuple[str, ...] | None = ("pixels",)
    n_steps: int = 30
    seed: int = 0

    def _fit(self, features):
        images = self._flat(features)
        self.mean_ = images.mean(axis=0)
        rng = np.random.default_rng(self.seed)
        self.weights_ = rng.normal(0, 0.1, (images.shape[1], 3))
        for _ in range(self.n_steps):
            code = (images - self.mean_) @ self.weights_
            error = code @ self.weights_.T - (images - self.mean_)
            gradient = (images - self.mean_).T @ error @ self.weights_ + error.T @ code
            self.weights_ -= 0.01 * gradient / len(images)

    def _score(self, features):
        centred = self._flat(features) - self.mean_
        error = (centred - centred @ self.weights_ @ self.weights_.T) ** 2
        maps = error.reshape(len(error), 8, 8, 3).mean(axis=3).astype(np.float32)
        return maps.max(axis=(1, 2)), maps

    @staticmethod
    def _flat(features):
        images = features.images("pixels")
        return np.stack([images[i].ravel() for i in range(len(images))])


@pytest.fixture
def bands(rng):
    sizes = [(20, 24), (26, 18)]
    images = [rng.normal(size=(*sizes[i % 2], 1)) for i in range(10)]
    return Features({"band": ImageLevel(lambda row: images[row], np.arange(10))})


@pytest.fixture
def pixels(rng):
    images = rng.uniform(size=(12, 8, 8, 3))
    return Features({"pixels": ImageLevel(lambda row: images[row], np.arange(12))})


def test_images_of_varying_size_are_not_taken_for_a_stored_level(bands):
    with pytest.raises(ParameterError, match="varying size"):
        bands.level("band")


def test_a_detector_of_features_never_reads_the_images(bands):
    both = Features({"block4": np.ones((10, 2, 2, 3), np.float32), **bands.levels})
    assert both.stored == ("block4",)
    assert both.pooled().shape == (10, 3)


@pytest.mark.parametrize("train", [[0, 2, 4, 6, 8], [9, 3, 5, 1]])
def test_a_trained_detector_answers_from_its_pool_as_a_refit_does(pixels, train):
    detector, query = LinearAutoEncoder(), np.array([11, 0, 7])
    scores, maps = pool_of(detector, pixels).score(np.array(train), query)
    expected = LinearAutoEncoder().fit(pixels.subset(train)).score(pixels.subset(query))
    np.testing.assert_allclose(scores, expected[0], rtol=1e-4)
    np.testing.assert_allclose(maps, expected[1], rtol=1e-4)


def test_left_out_training_scores_are_those_of_a_fit_without_the_image(pixels):
    scores, _ = LinearAutoEncoder().fit(pixels).training_scores()
    others = np.delete(np.arange(12), 5)
    expected = LinearAutoEncoder().fit(pixels.subset(others)).image_scores(pixels.subset([5]))
    np.testing.assert_allclose(scores[5], expected[0], rtol=1e-6)


def test_many_images_are_left_out_in_groups(rng):
    images = rng.uniform(size=(70, 8, 8, 3))
    many = Features({"pixels": ImageLevel(lambda row: images[row], np.arange(70))})
    detector = LinearAutoEncoder(n_steps=2).fit(many)
    scores, maps = detector.training_scores()
    assert scores.shape == (70,)
    assert maps.shape == (70, 8, 8)
    assert (scores != detector.training_scores(leave_out="none")[0]).all()


def test_fitted_on_images_it_is_saved_and_loaded(pixels, tmp_path, monkeypatch):
    from anomalylab import detectors

    monkeypatch.setitem(detectors.registry._factories, "linear_auto_encoder", LinearAutoEncoder)
    fitted = LinearAutoEncoder().fit(pixels)
    fitted.save(tmp_path)
    np.testing.assert_array_equal(
        detectors.load(tmp_path).image_scores(pixels), fitted.image_scores(pixels)
    )

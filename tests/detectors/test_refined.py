"""Any detector is followed by a network that has learnt to refine its maps."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from anomalylab import detectors, extractors, synthesise
from anomalylab.detectors import Refined, create
from anomalylab.detectors.drawn_copies import KINDS, drawn
from anomalylab.errors import ParameterError
from anomalylab.features import Features, ImageLevel
from anomalylab.training.refinement import RefinementNet

pytestmark = pytest.mark.xdist_group("refined")

SIZE = 32
N_IMAGES = 10


class Pictures:
    """Images in memory as shares of 0 to 1."""

    def __init__(self, images):
        self.images = images

    def __call__(self, row):
        return self.images[row]


def pictures_of(seed, n_images):
    """Grey images with a soft gradient and some noise."""
    rng = np.random.default_rng(seed)
    ramp = np.linspace(0.3, 0.6, SIZE)[:, None, None]
    return [
        np.clip(ramp + rng.normal(0, 0.02, (SIZE, SIZE, 3)), 0, 1).astype(np.float32)
        for _ in range(n_images)
    ]


@pytest.fixture(scope="module")
def extractor():
    return extractors.create("lite0", size=SIZE, levels=["block2"])


def described(extractor, images):
    stack = np.stack([np.rint(image * 255).astype(np.uint8) for image in images])
    pixels = ImageLevel(Pictures(images), np.arange(len(images)))
    return Features({**extractor(stack), "pixels": pixels})


@pytest.fixture(scope="module")
def training(extractor):
    return described(extractor, pictures_of(0, N_IMAGES))


@pytest.fixture(scope="module")
def query(extractor):
    images = pictures_of(1, 4)
    images[2][10:18, 12:20] = (0.9, 0.1, 0.1)
    return described(extractor, images)


OPTIONS = {"size": 32, "width": 4, "epochs": 2, "copies": 2, "blend": 1.0}


@pytest.fixture(scope="module")
def fitted(extractor, training):
    refined = Refined.of(create("patchcore"), **OPTIONS).described_by(extractor)
    return refined.fit(training)


def test_without_a_share_of_the_network_maps_are_those_of_the_detector(fitted, training, query):
    plain = create("patchcore").fit(training.only(["block2"]))
    scores, maps = plain.score(query.only(["block2"]))
    kept = blended(fitted, 0.0)
    refined_scores, refined = kept.score(query)
    np.testing.assert_array_equal(refined_scores, scores)
    assert refined.shape == (4, 32, 32)
    step = 32 // maps.shape[1]
    middle = refined.reshape(4, maps.shape[1], step, maps.shape[2], step).mean(axis=(2, 4))
    assert np.corrcoef(middle.ravel(), maps.ravel())[0, 1] > 0.97
    assert refined.max() <= maps.max() + 1e-4


def blended(refined, blend, **options):
    """The same fitted detector with another share of the network."""
    other = replace(refined, blend=blend, **options)
    vars(other).update({k: v for k, v in vars(refined).items() if k not in vars(other)})
    return other


def test_the_network_changes_maps_and_image_scores_only_where_asked(fitted, query):
    before, after = blended(fitted, 0.0).score(query), fitted.score(query)
    assert not np.array_equal(before[1], after[1])
    np.testing.assert_array_equal(before[0], after[0])
    by_map = blended(fitted, 1.0, image_score="map").score(query)
    np.testing.assert_array_equal(by_map[0], after[1].max(axis=(1, 2)))
    half = blended(fitted, 0.5).score_map(query)
    np.testing.assert_allclose(half, (before[1] + after[1]) / 2, atol=1e-4)


def test_a_training_image_is_scored_by_what_has_not_seen_it(fitted, training, extractor):
    scores, maps = fitted.training_scores()
    fold = fitted._left_out.fold
    outside = np.flatnonzero(fold == 1)
    alone = create("patchcore").fit(training.only(["block2"]).subset(np.flatnonzero(fold != 1)))
    expected = alone.score(training.only(["block2"]).subset(outside))
    np.testing.assert_array_equal(scores[outside], expected[0])
    unseen = blended(fitted, 0.0).training_scores()[1]
    assert maps.shape == unseen.shape == (N_IMAGES, 32, 32)
    assert len(fitted._networks) == 3


def test_the_network_of_a_fold_learns_from_no_image_of_it(training, extractor, monkeypatch):
    learnt = []

    def spy(self, examples):
        learnt.append(set(examples.groups.tolist()))
        return RefinementNet(self.width), pd.DataFrame()

    monkeypatch.setattr(Refined, "_trained", spy)
    refined = Refined.of(create("patchcore"), **OPTIONS).described_by(extractor).fit(training)
    fold, groups = refined._left_out.fold, training.group_numbers
    assert learnt == [*(set(groups[fold != number].tolist()) for number in range(3)), set(groups)]


def test_copies_are_scored_by_what_has_not_seen_the_image_beneath(fitted, training, query):
    scores, maps, before = fitted.score_copies(query, np.array([3, 3, 5, 0]))
    own, _ = fitted.training_scores()
    np.testing.assert_allclose(before, own[[3, 3, 5, 0]], rtol=1e-6)
    assert scores[2] > before[2]
    assert maps.shape == (4, 32, 32)


def test_saved_and_loaded_it_scores_the_same(fitted, query, tmp_path):
    fitted.save(tmp_path / "here")
    again = detectors.load(tmp_path / "here")
    assert again == fitted
    for one, other in zip(again.score(query), fitted.score(query), strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(ParameterError, match="not saved"):
        again.training_scores()
    assert {path.suffix for path in (tmp_path / "here").iterdir()} == {".json", ".safetensors"}


def test_a_network_that_learnt_from_another_detector_is_refused(fitted, query, tmp_path):
    fitted.save(tmp_path)
    record = json.loads((tmp_path / "detector.json").read_text())
    del record["sha256"]
    record["parameters"]["options"]["k"] = 2
    (tmp_path / "detector.json").write_text(json.dumps(record))
    with pytest.raises(ParameterError, match="learnt from those of another detector"):
        detectors.load(tmp_path).score(query)


def test_it_follows_a_detector_that_is_trained_itself(extractor, training, query, tmp_path):
    pni = create("pni", preset="tiny")
    refined = Refined.of(pni, **{**OPTIONS, "epochs": 1}).described_by(extractor).fit(training)
    refined.save(tmp_path)
    again = detectors.load(tmp_path)
    np.testing.assert_array_equal(again.score_map(query), refined.score_map(query))
    assert set(refined.training_curve()["measure"]) == {"loss", "before"}
    assert refined.chosen_levels(training.shapes) == ("block2", "pixels")


def test_four_kinds_of_defects_are_drawn_and_described(extractor, training):
    copies = drawn(training, extractor, copies=4, size=32, seed=0)
    assert len(copies.originals) == 4 * N_IMAGES
    assert copies.masks.any(axis=(1, 2)).mean() > 0.8
    assert set(KINDS) == set(synthesise.FOR_TRAINING) - {"line"}
    originals = np.stack([np.rint(training.images("pixels")[i] * 255) for i in range(N_IMAGES)])
    changed = (copies.images != originals[copies.originals]).any(axis=3)
    assert not (changed & ~copies.masks).any()
    again = drawn(training.subset(np.array([7, 2])), extractor, copies=4, size=32, seed=0)
    np.testing.assert_array_equal(again.images[:4], copies.images[28:32])
    level = copies.features.level("block2")
    np.testing.assert_allclose(level, extractor(copies.images)["block2"], rtol=1e-4, atol=1e-4)


def test_what_cannot_be_refined_is_refused(extractor, training):
    with pytest.raises(ParameterError, match="described_by"):
        Refined.of(create("patchcore"), **OPTIONS).fit(training)
    band = Features({**training.levels, "band": training.images("pixels")})
    with pytest.raises(ParameterError, match="looks at images at full size"):
        Refined.of(create("window_pca"), **OPTIONS).described_by(extractor).fit(band)
    refined = Refined.of(create("patchcore"), **OPTIONS).described_by(extractor)
    with pytest.raises(ParameterError, match="at least 2 training images"):
        refined.fit(training.subset([0]))
    with pytest.raises(ParameterError, match="no device cuda:7 here"):
        Refined.of(create("patchcore"), device="cuda:7").plan(9, training.shapes)
    for options, words in (({"size": 20}, "multiple of 8"), ({"blend": 1.5}, "blend")):
        with pytest.raises(ParameterError, match=words):
            Refined.of(create("patchcore"), **options)


def test_a_detector_of_whole_images_is_refused_before_any_is_read():
    with pytest.raises(ParameterError, match="window_pca looks at images at full size"):
        Refined.of(create("window_pca"))

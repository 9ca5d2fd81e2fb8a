"""Scores of every detector: their shape and order, and what they depend on and what not."""

from dataclasses import fields, replace

import numpy as np
import pytest
from detector_contract import ON_IMAGES, SHAPES, assert_same, copied, looks_at, with_images

from anomalylab import detectors
from anomalylab.errors import ParameterError
from anomalylab.features import Features


def test_scores_have_one_value_an_image_and_a_cell(detector, normal, query):
    image_scores, score_map = detector.fit(normal).score(query)
    assert image_scores.shape == (7,)
    assert score_map.shape == (7, 4, 6)
    assert score_map.dtype == np.float32
    assert np.isfinite(image_scores).all()
    assert np.isfinite(score_map).all()


def test_scores_and_maps_alone_are_those_of_one_pass(detector, normal, query):
    image_scores, score_map = detector.fit(normal).score(query)
    np.testing.assert_array_equal(detector.image_scores(query), image_scores)
    np.testing.assert_array_equal(detector.score_map(query), score_map)


def test_an_odd_image_scores_highest_and_highest_where_it_is_odd(detector, normal, query):
    stored, images = copied(query)
    stored["fine"][4, 1, 4] += 30
    stored["coarse"][4, 0, 2] += 30
    images["band"][4][6:12, 24:30] += 30 * (-1) ** np.arange(6)[:, None, None]
    images["pixels"][4][6:12, 24:30] = 1
    image_scores, score_map = detector.fit(normal).score(with_images(stored, images))
    assert image_scores.argmax() == 4
    row, col = np.unravel_index(score_map[4].argmax(), (4, 6))
    assert abs(row - 1) <= 1
    assert abs(col - 4) <= 1


def test_the_order_of_queries_is_the_order_of_scores(detector, normal, query):
    order = np.array([3, 0, 6, 1, 5, 2, 4])
    whole = detector.fit(normal).score(query)
    assert_same(detector.score(query.subset(order)), [part[order] for part in whole], rtol=1e-6)


def test_a_query_scores_the_same_alone_and_in_company(detector, normal, query):
    whole = detector.fit(normal).score(query)
    assert_same(detector.score(query.subset([2])), [part[[2]] for part in whole], rtol=1e-6)


def test_the_order_of_training_images_does_not_matter(detector, normal, query):
    if getattr(detector, "coreset", None) is not None:
        pytest.skip("a coreset starts at a row that the seed names")
    scores = detector.fit(normal).score(query)
    turned = replace(detector).fit(normal.subset(slice(None, None, -1))).score(query)
    assert_same(scores, turned, rtol=1e-4)


def test_the_same_seed_gives_the_same_scores(detector, normal, query):
    assert_same(detector.fit(normal).score(query), replace(detector).fit(normal).score(query))


def test_fitting_again_forgets_what_was_fitted_before(detector, normal, query):
    detector.fit(query).score(query)
    assert_same(detector.fit(normal).score(query), replace(detector).fit(normal).score(query))


def test_fitting_and_scoring_leave_parameters_and_features_alone(detector, normal, query):
    parameters = {f.name: getattr(detector, f.name) for f in fields(detector)}
    before = [copied(normal), copied(query)]
    detector.fit(normal).score(query)
    detector.training_scores()
    assert parameters == {f.name: getattr(detector, f.name) for f in fields(detector)}
    for features, (stored, images) in zip((normal, query), before, strict=True):
        for name, level in stored.items():
            np.testing.assert_array_equal(features.level(name), level)
        for name, some in images.items():
            for row, image in enumerate(some):
                np.testing.assert_array_equal(features.images(name)[row], image)


def test_features_may_be_read_only_memory_maps(detector, normal, query, tmp_path):
    scores = detector.fit(normal).score(query)
    levels = {}
    for name in SHAPES:
        np.save(tmp_path / f"{name}.npy", normal.level(name))
        levels[name] = np.load(tmp_path / f"{name}.npy", mmap_mode="r")
    mapped = Features({**normal.levels, **levels})
    assert_same(replace(detector).fit(mapped).score(query), scores)


def test_only_the_levels_asked_for_are_used(detector, normal, query):
    name = looks_at(detector)
    one = replace(detector, levels=(name,)).fit(normal).score(query)
    assert_same(one, replace(detector).fit(normal.only([name])).score(query.only([name])))


def test_an_embedding_is_a_map_of_one_cell(detector, rng):
    if detector.name in ON_IMAGES:
        pytest.skip("reads images, not features")
    embedding = Features({"pooled": rng.normal(size=(20, 1, 1, 6)).astype(np.float32)})
    assert detector.fit(embedding).score(embedding)[1].shape == (20, 1, 1)


def test_cells_match_where_cells_are_kept(detector, normal, query):
    detector.fit(normal)
    if not detector.keeps_cells:
        with pytest.raises(ParameterError, match="keeps no training cells"):
            detector.matches(query)
        return
    image, cell = detector.matches(query)
    assert image.shape == cell.shape == (7, 4, 6)
    assert image.min() >= 0
    assert image.max() < 20
    assert cell.min() >= 0
    assert cell.max() < 24
    assert (detector.matches()[0] != np.arange(20)[:, None, None]).all()


def test_saved_and_loaded_it_scores_the_same_to_the_last_bit(detector, normal, query, tmp_path):
    scores = detector.fit(normal).score(query)
    detector.save(tmp_path / "fitted")
    again = detectors.load(tmp_path / "fitted")
    assert type(again) is type(detector)
    assert {f.name: getattr(again, f.name) for f in fields(again)} == {
        f.name: getattr(detector, f.name) for f in fields(detector)
    }
    assert_same(again.score(query), scores)
    with pytest.raises(ParameterError, match="not saved"):
        again.training_scores()


def test_what_is_saved_holds_no_pickle(detector, normal, tmp_path):
    detector.fit(normal).save(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".safetensors"}

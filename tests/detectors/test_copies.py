"""Changed copies of training images, scored as if these were not in the training set."""

import numpy as np
import pytest

from anomalylab import detectors
from anomalylab.detectors import Masked
from anomalylab.detectors._worst_cells import largest_scores
from anomalylab.features import Features

N_IMAGES = 12
ORIGINALS = np.array([3, 3, 0, 7, 11, 3, 8])
SETTINGS = [
    ("patchcore", {}),
    ("patchcore", {"levels": "all", "k": 3, "squared": True}),
    ("patchcore", {"pooling": "windows", "n_channels": 6}),
    ("patchcore", {"reweight": True, "n_reweight": 3}),
    ("knn", {"k": 2}),
    ("knn", {"k": 2, "gallery": "same_location"}),
]


@pytest.fixture(scope="module")
def features():
    rng = np.random.default_rng(0)
    levels = {"a": rng.normal(size=(N_IMAGES, 6, 6, 5)), "b": rng.normal(size=(N_IMAGES, 3, 3, 8))}
    groups = np.array([0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 9])
    return Features({name: level.astype(np.float32) for name, level in levels.items()}, groups)


@pytest.fixture(scope="module")
def copies(features):
    """Copies that differ from their originals in a corner; the last by nothing."""
    rng = np.random.default_rng(1)
    levels = {}
    for name, level in features.levels.items():
        changed = level[ORIGINALS].copy()
        changed[:-1, :2, :2] += rng.normal(size=changed[:-1, :2, :2].shape).astype(np.float32)
        levels[name] = changed
    return Features(levels)


@pytest.mark.parametrize(("name", "params"), SETTINGS)
def test_copies_are_scored_as_by_a_fit_without_their_originals(features, copies, name, params):
    fitted = detectors.create(name, **params).fit(features)
    image_scores, maps, before = fitted.score_copies(copies, ORIGINALS)
    for i, original in enumerate(ORIGINALS):
        others = np.flatnonzero(features.groups != features.groups[original])
        refitted = detectors.create(name, **params).fit(features.subset(others))
        expected, expected_map = refitted.score(copies.subset([i]))
        np.testing.assert_allclose(image_scores[i], expected[0], rtol=1e-6)
        np.testing.assert_allclose(maps[i], expected_map[0], rtol=1e-5)
        np.testing.assert_allclose(before[i], refitted.image_scores(features.subset([original]))[0])
    np.testing.assert_allclose(image_scores[-1], before[-1])


@pytest.mark.parametrize(
    ("name", "params"), [*SETTINGS, ("patchcore", {"index": "ivf", "nlist": 4, "nprobe": 2})]
)
def test_image_scores_alone_are_the_same_to_the_last_bit(features, copies, name, params):
    fitted = detectors.create(name, **params).fit(features)
    image_scores, _, before = fitted.score_copies(copies, ORIGINALS)
    alone, alone_before = fitted.image_scores_of_copies(copies, ORIGINALS)
    np.testing.assert_array_equal(alone, image_scores)
    np.testing.assert_array_equal(alone_before, before)


def test_memories_can_hide_images_and_models_of_all_images_cannot():
    assert {
        name for name in detectors.registry if issubclass(detectors.registry.get(name), Masked)
    } == {
        "knn",
        "patchcore",
    }


def test_the_largest_score_is_found_by_scoring_few_cells():
    rng = np.random.default_rng(2)
    true = rng.random((5, 20, 20))
    cells = true[..., None].astype(np.float32)
    n_scored = []

    def score(rows, hidden):
        n_scored.append(len(rows))
        assert len(hidden) == len(rows)
        return rows[:, 0].astype(np.float64)

    found = largest_scores(cells, cells[..., 0] * 1.01, np.arange(5), score)
    np.testing.assert_array_equal(found, cells[..., 0].max(axis=(1, 2)))
    assert sum(n_scored) < 5 * 400 / 8


def test_cells_that_nothing_bounds_are_all_scored():
    cells = np.random.default_rng(3).random((3, 4, 4, 1)).astype(np.float32)
    found = largest_scores(
        cells, np.full((3, 4, 4), np.inf), np.zeros(3, int), lambda rows, _: rows[:, 0]
    )
    np.testing.assert_array_equal(found, cells[..., 0].max(axis=(1, 2)))
